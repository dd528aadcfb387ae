"""Starting, watching and stopping long work in a process of its own."""

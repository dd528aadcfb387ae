"""Starting, watching and stopping long work in a process of its own.

The queue itself is ``deita_store.jobs``: enqueue there, then ``start`` a worker and ``watch``.
"""

from deita_tui.jobs.launch import start, survives_logout
from deita_tui.jobs.running import run_in_process
from deita_tui.jobs.watching import watch

__all__ = ["run_in_process", "start", "survives_logout", "watch"]

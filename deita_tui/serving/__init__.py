"""The app in a browser: a small web server that lets nobody in who was not told a link.

``doors`` says which requests may be answered at all, ``guests`` who is known, ``answers`` what is
answered, ``tab`` is one open app with its process, and ``house`` the server over all of them. Each
tab runs the app in a process of its own, drawn by Textual's driver for browsers: packets on its
standard output, packets on its standard input, no shell anywhere.
"""

from deita_tui.serving.doors import is_loopback

__all__ = ["is_loopback"]

"""Keymaps that ship with the program, each a TOML file like the user's own.

The keys in ``actions`` are the default; a preset changes some of them.
"""

DEFAULT = "default"
NAMES = (DEFAULT, "prodigy")

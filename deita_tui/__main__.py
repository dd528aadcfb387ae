"""``python -m deita_tui`` is ``deita-tui``."""

from deita_tui.cli import main

main()

"""The app behind a browser's tab: ``python -m deita_tui.ui.served SERVER HOME FOLDER``.

``deita_tui.serving`` starts it, and Textual's driver for browsers draws it: in packets on standard
output, where therefore nothing else may be written.
"""

import os
import sys
from pathlib import Path

from deita_tui import ui
from deita_tui.ui.app import DeitaApp

WATCH_SECONDS = 2
"""Between two looks at whether the server is still there."""


class Served(DeitaApp):
    """The app, for as long as the server lives that shows it."""

    served = True
    server: int
    """The server's process."""

    def on_mount(self) -> None:
        """Watch the server: one that was killed has said nothing."""
        self.set_interval(WATCH_SECONDS, self._watch_server)

    def _watch_server(self) -> None:
        if os.getppid() != self.server:
            self.exit(return_code=1)


def keep_stdout() -> None:
    """Keep what any library prints away from the packets: it goes to stderr."""
    packets = os.dup(1)
    os.dup2(2, 1)
    # The driver looks here for what it writes to.
    sys.__stdout__ = os.fdopen(packets, "w", encoding="utf-8")  # type: ignore[misc]


def main(server: str, home: str, folder: str) -> int:
    """Run the app until its tab closes.

    Args:
        server: the number of the server's process.
        home: the folder of the projects that are named without a path.
        folder: the project to open.
    """
    keep_stdout()
    app = Served(Path(home), Path(folder))
    app.server = int(server)
    return ui.run_app(app)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

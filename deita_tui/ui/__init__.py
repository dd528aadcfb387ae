"""The app: Textual screens over ``Project``. No SQL, no file formats and no arithmetic in here."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp


def run(home: Path, folder: Path | None = None) -> int:
    """Run the app on this terminal until the user leaves it.

    Args:
        home: the folder of the projects that are named without a path.
        folder: a project to open at once.

    Returns:
        The process's exit code.
    """
    import gc

    from deita_tui.ui.ahead import Ahead

    ahead = Ahead(home, folder)
    ahead.start()
    # What is loaded now stays until the end. To look through it for garbage, again and again, takes
    # a tenth of the start, and holds up keys afterwards.
    gc.disable()
    from deita_tui.ui.app import DeitaApp

    gc.freeze()
    gc.enable()
    return run_app(DeitaApp(home, folder, ahead))


def run_app(app: "DeitaApp") -> int:
    """Run an app that was made until the user leaves it; the exit code."""
    import logging

    from deita_tui.ui.remembered import log_file

    app.home.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log_file(app.home),
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    app.run()
    return app.return_code or 0

"""The app: Textual screens over ``Project``. No SQL, no file formats and no arithmetic in here."""

from pathlib import Path


def run(home: Path, folder: Path | None = None) -> int:
    """Run the app on this terminal until the user leaves it.

    Args:
        home: the folder of the projects that are named without a path.
        folder: a project to open at once.

    Returns:
        The process's exit code.
    """
    import logging

    from deita_tui.ui.app import DeitaApp
    from deita_tui.ui.remembered import log_file

    home.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(
        filename=log_file(home),
        level=logging.WARNING,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    app = DeitaApp(home, folder)
    app.run()
    return app.return_code or 0

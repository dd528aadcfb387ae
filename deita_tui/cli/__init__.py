"""The command line: a thin translation of words into calls of ``Project``.

One module a group of commands. ``output`` is the only place that writes, ``exits`` names the codes.
"""


def main() -> None:
    """Run the command line."""
    import sys

    from deita_tui.cli import quick
    from deita_tui.cli.output import prepare

    prepare()
    if (asked := quick.wanted(sys.argv[1:])) is not None:
        from deita_tui import ui

        sys.exit(ui.run(*asked))
    from deita_tui.cli.app import app

    app(prog_name="deita-tui")

"""The command line: a thin translation of words into calls of ``Project``.

One module a group of commands. ``output`` is the only place that writes, ``exits`` names the codes.
"""


def main() -> None:
    """Run the command line."""
    from deita_tui.cli.app import app
    from deita_tui.cli.output import prepare

    prepare()
    app(prog_name="deita-tui")

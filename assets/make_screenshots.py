"""Takes the pictures of the screens that the README shows, from the demo.

    python assets/make_screenshots.py [--into assets]

The demo is made anew in a folder that is thrown away; a theme and a size that fit a web page.
"""

import argparse
import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

SIZE = (120, 36)
WAYS = {
    "overview": (),
    "browse": ("b",),
    "why": ("b", "down", "w"),
    "record": ("b", "enter"),
    "keys": ("b", "question_mark"),
    "tune": ("t", "minus", "minus"),
    "review": ("v", "Q", "home", "enter", "j", "j", "a"),
}
"""From the overview, by which keys each screen is come to."""


async def shot(home: Path, folder: Path | None, keys: tuple[str, ...], into: Path) -> None:
    """Open the app, press keys, wait until nothing changes any more, and take the picture."""
    from deita_tui.ui.app import DeitaApp

    app = DeitaApp(home, folder)
    async with app.run_test(size=SIZE) as pilot:

        def picture() -> str:
            drawn = app.export_screenshot(title="deita-tui", simplify=True)
            # A picture loads nothing from elsewhere: whatever monospaced font is there will do.
            return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)

        await _at_rest(picture)
        for key in keys:
            await pilot.press(key)
            await _at_rest(picture)
        into.write_text(picture(), encoding="utf-8")


async def _at_rest(picture: Callable[[], str]) -> None:
    before, same = "", 0
    while same < 4:
        await asyncio.sleep(0.4)
        now = picture()
        before, same = now, same + 1 if now == before else 0


def main() -> None:
    """Make the demo and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    into = parser.parse_args().into
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        os.environ["DEITA_TUI_HOME"] = scratch
        os.environ["DEITA_TUI_CONFIG"] = str(home / "config.toml")
        (home / "config.toml").touch()
        from deita_tui.project import Project

        with Project.demo(home / "demo") as project:
            project.catch_up()
            project.index()
            project.select(budget=400, save="main")
        asyncio.run(shot(home, None, (), into / "home.svg"))
        for name, keys in WAYS.items():
            asyncio.run(shot(home, home / "demo", keys, into / f"{name}.svg"))


if __name__ == "__main__":
    main()

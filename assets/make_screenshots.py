"""Takes the pictures of the screens that the README shows, from the demo.

    python -m assets.make_screenshots [--into assets]

The demo is made anew in a folder that is thrown away; a theme and a size that fit a web page.
"""

import argparse
import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Input, TextArea

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

SIZE = (120, 36)
_BORDERLINE = ("v", "Q", "home", "enter", "j")
"""To a record that is a little too similar to another one."""
WAYS: Mapping[str, Sequence[str]] = {
    "overview": (),
    "score": ("s",),
    "browse": ("b",),
    "record": ("b", "enter"),
    "keys": ("b", "question_mark"),
    "review": (*_BORDERLINE, "j", "a"),
    "why": (*_BORDERLINE, "j", "w"),
    "queues": ("v", "Q"),
    "tags": (*_BORDERLINE, "t"),
    "edit": (*_BORDERLINE, "e"),
    "journal": ("at",),
    "taste": ("y", "enter"),
    "tune": ("t", "minus", "minus"),
    "compare": ("c",),
    "export": ("x",),
    "jobs": ("j",),
}
"""From the overview, by which keys each screen is come to."""


def picture(app: "DeitaApp") -> str:
    """The screen as SVG. It loads nothing: whatever monospaced font is there will do."""
    drawn = app.export_screenshot(title="deita-tui", simplify=True)
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    here = re.escape(f"{Path.cwd()}{os.sep}")
    return re.sub(rf">([^<]*){here}([^<]*)<", _at_home, drawn)


def _at_home(found: re.Match[str]) -> str:
    """A text of the same length that does not say where the picture was taken."""
    told = f"{found[1]}~/{found[2]}"
    return f">{told}{chr(160) * (len(found[0]) - 2 - len(told))}<"


async def at_rest(app: "DeitaApp") -> None:
    """Wait until nothing changes any more."""
    before, same = "", 0
    while same < 4:
        await asyncio.sleep(0.3)
        if isinstance(app.focused, Input | TextArea):
            app.focused.cursor_blink = False
        now = picture(app)
        before, same = now, same + 1 if now == before else 0


def demo(home: Path) -> Path:
    """Make the demo with something selected and something decided, and keep the user's away.

    Args:
        home: the folder of the projects; it is the only one from here on.
    """
    os.environ["DEITA_TUI_HOME"] = str(home)
    os.environ["DEITA_TUI_CONFIG"] = str(home / "config.toml")
    os.environ["LOGNAME"] = "ada"
    (home / "config.toml").touch()
    os.chdir(home)
    from deita_tui.project import Project

    with Project.demo(home / "demo") as project:
        project.catch_up()
        project.index()
        project.select(budget=400, threshold=0.85, save="first")
        # As somebody decides: mostly by one taste, and not always.
        best = project.view("is:kept turns>1", sort="-score").ids
        last = project.view("is:kept", sort="score").ids
        for id_ in (*best[:40:2], *last[30:34]):
            project.decide(id_, "keep")
        for id_ in (*last[:24], *best[40:44]):
            project.decide(id_, "reject")
        project.undo()
        project.undo()
        project.tag(project.view("text:code").ids[:5], "code")
        project.select(budget=400, save="main")
    return home / "demo"


async def shot(home: Path, folder: Path | None, keys: Sequence[str], into: Path) -> None:
    """Open the app, press keys, wait until nothing changes any more, and take the picture."""
    from deita_tui.ui.app import DeitaApp

    app = DeitaApp(home, folder)
    async with app.run_test(size=SIZE) as pilot:
        await at_rest(app)
        for key in keys:
            await pilot.press(key)
            await at_rest(app)
        into.write_text(picture(app), encoding="utf-8")


def main() -> None:
    """Make the demo and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    parser.add_argument("names", nargs="*", help="only these; default: all")
    asked = parser.parse_args()
    into = asked.into.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        ways: dict[str, tuple[Path | None, Sequence[str]]] = {"home": (None, ())}
        folder = demo(home)
        ways |= {name: (folder, keys) for name, keys in WAYS.items()}
        for name in asked.names or ways:
            project, keys = ways[name]
            # What is decided for one picture, and where it is left, is not seen in the next.
            own = project and Path(shutil.copytree(project, home / name / project.name))
            asyncio.run(shot(home, own, keys, into / f"{name}.svg"))


if __name__ == "__main__":
    main()

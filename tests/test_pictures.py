"""The pictures in assets: drawn by the scripts beside them, and nothing in them asks for more."""

from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from assets import make_recording, make_screenshots
from assets.frames import Frame, animated
from assets.make_recording import COLUMNS, LINES, NAME, STORY
from tests.support import ROOT

ASSETS = ROOT / "assets"
PICTURES = sorted(ASSETS.glob("*.svg"))
SVG = "{http://www.w3.org/2000/svg}"


def test_every_picture_is_one_that_a_script_makes() -> None:
    made = {"home", *make_screenshots.WAYS, NAME.removesuffix(".svg")}
    assert {path.stem for path in PICTURES} == made


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_a_picture_is_small_and_loads_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text) < 1_000_000
    for asking in ("<script", "@font-face", "@import", "url(http", "href", "<image", "onload"):
        assert asking not in text
    # Nor does it say where it was taken.
    assert "/tmp" not in text
    assert ElementTree.fromstring(text).tag == f"{SVG}svg"


def test_the_recording_tells_the_whole_story() -> None:
    text = (ASSETS / NAME).read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    captions = {"".join(each.itertext()) for each in root.iter(f"{SVG}text")
                if each.get("class") == "caption"}  # fmt: skip
    assert captions == {f"{scene.shown}  {scene.caption}" for scene in STORY}
    assert f"animation-duration:{sum(scene.seconds for scene in STORY):g}s" in text
    assert "prefers-reduced-motion" in text
    for seen in ("too similar: 0.", "displaces 1 (#", "undone: ", "in place of #", "threshold"):
        assert seen in text.replace("\u00a0", " "), seen


class Words(App[None]):
    """Lines of text."""

    def __init__(self, *lines: str) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        yield from (Static(line, markup=False) for line in self._lines)


async def frame(*lines: str, seconds: float) -> Frame:
    app = Words(*lines)
    async with app.run_test(size=(20, 4)):
        return Frame(app.export_screenshot(simplify=True), "k", "it is < there", seconds)


def seen(root: ElementTree.Element, text: str, percent: float) -> set[str]:
    """The words that are visible at a time of the animation."""
    found = set()
    for each in root:
        words = {word for part in each.iter(f"{SVG}text") if part.text
                 for word in part.text.split()}  # fmt: skip
        name = (each.get("class") or "").removeprefix("now ")
        if not name or each.get("class") == "caption":
            found |= words
            continue
        steps = text.split(f"@keyframes {name}{{")[1].split("}}")[0].split("}")
        times = [(float(step.split("%")[0]), "visible" in step) for step in steps if step]
        states = [state for when, state in times if when <= percent]
        assert all(one < other for (one, _), (other, _) in pairwise(times))
        found |= words if states[-1] else set()
    return found


async def test_each_row_is_seen_when_its_frame_is() -> None:
    frames = [
        await frame("top", "one", seconds=1.0),
        await frame("top", "two", seconds=2.0),
        await frame("top", "one", "<&>", seconds=1.0),
    ]
    text = animated(frames, 20, 4, still=1)
    root = ElementTree.fromstring(text)
    for percent, wanted in ((0, {"one"}), (24, {"one"}), (26, {"two"}), (74, {"two"}),
                            (76, {"one", "<&>"}), (99, {"one", "<&>"})):  # fmt: skip
        assert seen(root, text, percent) & {"top", "one", "two", "<&>"} == wanted | {"top"}
    # Drawn without styles, it is the frame that was chosen.
    hidden = {word for each in root if each.get("visibility") == "hidden"
              for word in "".join(each.itertext()).split()}  # fmt: skip
    assert hidden == {"one", "<&>"}
    assert text.count(">top<") == 1


def test_the_story_fits_the_screen() -> None:
    assert (COLUMNS, LINES) == (100, 30)
    assert all(len(scene.caption) < 70 for scene in STORY)
    assert 0 <= make_recording.STILL < len(STORY)

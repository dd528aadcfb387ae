"""Records a short session of reviewing for the README, from the demo: an animated picture.

    python -m assets.make_recording [--into assets]

The app is driven by keys without a terminal, as for the other pictures; nothing is drawn by hand.
"""

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assets.frames import Frame, animated
from assets.make_screenshots import at_rest, demo, picture

COLUMNS, LINES = 100, 30
NAME = "session.svg"


@dataclass(frozen=True, slots=True)
class Scene:
    """A few keys, and the picture behind them."""

    keys: Sequence[str]
    shown: str
    """How the keys are called to the reader."""
    caption: str
    seconds: float = 2.0


STORY = (
    Scene((), "", "a project: scored, embedded, and 400 records selected", 2.5),
    Scene(("v",), "v", "review"),
    Scene(("Q",), "Q", "queues: what is worth a look"),
    Scene(("home", "enter"), "enter", "pairs about as alike as the threshold allows", 2.5),
    Scene(("j", "j"), "j", "the third one is out: a little too similar", 2.5),
    Scene(("w",), "w", "why? what stands in its way, word by word", 3.5),
    Scene(("escape",), "esc", "back", 1.2),
    Scene(("a",), "a", "keep it: the selection answers with whom that displaces", 3.5),
    Scene(("x",), "x", "reject the next one: that frees a place", 2.5),
    Scene(("u",), "u", "undo goes back to its row and its place"),
    Scene(("u",), "u", "and once more", 2.0),
    Scene(("o",), "o", "swap: keep this, reject its blocker, in one step", 3.5),
    Scene(("escape",), "esc", "back to the project", 1.5),
    Scene(("t",), "t", "tune: the whole selection under the fingers", 2.5),
    Scene(("minus",), "−", "a lower threshold", 1.0),
    Scene(("minus",), "−", "and lower", 1.0),
    Scene(("minus",), "−", "and lower: fewer alike, others come in", 2.0),
    Scene(("right_parenthesis",), ")", "a larger budget", 3.5),
)
STILL = 7
"""The scene that is shown where nothing moves."""


async def record(home: Path, folder: Path) -> list[Frame]:
    """Play the story, and take the picture of each scene when nothing changes any more."""
    from deita_tui.ui.app import DeitaApp

    app = DeitaApp(home, folder)
    frames = []
    async with app.run_test(size=(COLUMNS, LINES)) as pilot:
        await at_rest(app)
        for scene in STORY:
            for key in scene.keys:
                await pilot.press(key)
                await at_rest(app)
            frames.append(Frame(picture(app), scene.shown, scene.caption, scene.seconds))
    return frames


def main() -> None:
    """Make the demo, and record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path(__file__).parent)
    into = parser.parse_args().into.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        frames = asyncio.run(record(home, demo(home)))
    (into / NAME).write_text(animated(frames, COLUMNS, LINES, STILL), encoding="utf-8")


if __name__ == "__main__":
    main()

"""Pictures of a terminal as one animated picture: CSS alone, no script, no fonts from elsewhere.

A picture comes as Textual exports it (Rich's SVG). It is taken apart into its rows, so that a row
which stays the same over many frames is written once; each is shown for the frames that it is in.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from xml.etree import ElementTree

_SVG = "{http://www.w3.org/2000/svg}"
_STYLE = re.compile(r"\.[\w-]+-(r\d+) \{([^}]*)\}")
_MARGIN, _TOP = 12.0, 44.0
"""Around the terminal, and above it, where the caption stands."""
_ROW = 24.4
_CELL = 12.2
_LOOK = """
text { font: 20px "Fira Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; white-space: pre }
.caption { font: bold 18px arial, sans-serif; fill: #c5c8c6 }
.key { fill: #e0af68 }
.now { animation-iteration-count: infinite; animation-timing-function: step-end }
@media (prefers-reduced-motion: reduce) { .now { animation: none !important } }
"""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture."""

    picture: str
    """As ``App.export_screenshot(simplify=True)`` gives it."""
    key: str
    """What was pressed; empty where nothing was."""
    caption: str
    """What that does."""
    seconds: float
    """How long it is shown."""


def animated(frames: Sequence[Frame], columns: int, lines: int, still: int = -1) -> str:
    """All frames, over and over.

    Args:
        frames: in order.
        columns: of the terminal.
        lines: of the terminal.
        still: the frame that is shown where nothing moves.
    """
    looks: dict[str, str] = {}
    shown: dict[str, list[int]] = {}
    for at, frame in enumerate(frames):
        caption = f'<tspan class="key">{escape(frame.key)}</tspan>  {escape(frame.caption)}'
        told = f'<text class="caption" x="{_MARGIN + _CELL:g}" y="28">{caption}</text>'
        for piece in (told, *_rows(frame.picture, looks)):
            shown.setdefault(piece, []).append(at)
    ends = _ends(frames)
    width, height = columns * _CELL + 2 * _MARGIN, lines * _ROW + _TOP + _MARGIN
    wanted = {tuple(each) for each in shown.values() if len(each) < len(frames)}
    names = {each: f"f{place}" for place, each in enumerate(sorted(wanted))}
    styles = [f".{name}{{{look}}}" for look, name in looks.items()]
    styles += [_keyframes(name, each, ends) for each, name in names.items()]
    styles.append(f".now{{animation-duration:{ends[-1]:g}s}}")
    middle_frame = range(len(frames))[still]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">',
            f"<style>{_LOOK}{''.join(styles)}</style>",
            f'<rect width="{width:g}" height="{height:g}" rx="8" fill="#292929"/>',
            *(_piece(text, names.get(tuple(at)), middle_frame in at) for text, at in shown.items()),
            "</svg>\n",
        ]
    )


def seconds(frames: Sequence[Frame]) -> float:
    """How long all of them take."""
    return _ends(frames)[-1]


def _ends(frames: Sequence[Frame]) -> list[float]:
    ends = [0.0]
    for frame in frames:
        ends.append(round(ends[-1] + frame.seconds, 3))
    return ends


def _piece(text: str, name: str | None, still: bool) -> str:
    if name is None:
        return text
    # The attribute holds where no style is applied, and where motion is not wanted.
    hidden = "" if still else ' visibility="hidden"'
    return f'<g class="now {name}"{hidden}>{text}</g>'


def _keyframes(name: str, at: Sequence[int], ends: Sequence[float]) -> str:
    """When something is seen: a step for each time that it comes or goes."""
    steps = {0.0: "visible" if at[0] == 0 else "hidden"}
    for frame in at:
        steps[ends[frame]] = "visible"
        if frame + 1 not in at:
            steps[ends[frame + 1]] = "hidden"
    told = "".join(
        f"{100 * when / ends[-1]:.3f}%{{visibility:{how}}}" for when, how in sorted(steps.items())
    )
    return f"@keyframes {name}{{{told}}}.{name}{{animation-name:{name}}}"


def _rows(picture: str, looks: dict[str, str]) -> list[str]:
    """The rows of a terminal, each as what is drawn of it; styles are named over all frames."""
    named = {
        name: looks.setdefault(look.strip().rstrip(";"), f"r{len(looks)}")
        for name, look in _STYLE.findall(picture)
    }
    root = ElementTree.fromstring(picture)
    rows: dict[int, list[str]] = {}
    for part in root.iter():
        y = float(part.get("y", "0"))
        if part.tag == f"{_SVG}rect" and part.get("shape-rendering"):
            rows.setdefault(int((y - 1.5) / _ROW + 0.5), []).append(_rect(part))
        elif part.tag == f"{_SVG}text" and part.get("textLength"):
            rows.setdefault(int((y - 20) / _ROW + 0.5), []).append(_text(part, named))
    return [
        f'<g transform="translate({_MARGIN:g},{_TOP + row * _ROW:g})">{"".join(pieces)}</g>'
        for row, pieces in sorted(rows.items())
    ]


def _rect(part: ElementTree.Element) -> str:
    # A little wider than its cells, so that no seam is seen between two.
    x, width = float(part.get("x", "0")), float(part.get("width", "0"))
    return f'<rect x="{x:g}" width="{width:g}" height="24.9" fill="{part.get("fill")}"/>'


def _text(part: ElementTree.Element, named: dict[str, str]) -> str:
    text = part.text or ""
    if not text.strip("\u00a0 "):
        return ""
    look = named[part.get("class", "").rpartition("-")[2]]
    x, length = float(part.get("x", "0")), float(part.get("textLength", "0"))
    return (
        f'<text class="{look}" x="{x:g}" y="18.5" textLength="{length:g}">'
        f"{escape(text, quote=False)}</text>"
    )

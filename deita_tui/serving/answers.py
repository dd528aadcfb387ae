"""What is sent besides the app's own bytes: a few files that are known by name, and the headers.

The terminal of the page is xterm.js as the package textual-serve ships it, in one bundle with code
that connects to textual-serve's own server. Our page has its own code for that, which needs no
WebGL, finds a lost connection again, opens no address that the app names, and lets nothing read the
clipboard; so the bundle is served up to there.
"""

import html
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from deita_tui.errors import MissingExtraError, UsageError
from deita_tui.printable import printable

_OWN_CODE = "class w{constructor(e,t){this.element=e,"
"""Where textual-serve's code begins, behind the parts that it is made of."""

_PARTS = (
    "window.terminalParts={Terminal:v.Terminal,FitAddon:g.FitAddon,CanvasAddon:m.CanvasAddon,"
    "Unicode11Addon:C.Unicode11Addon,ClipboardAddon:b.ClipboardAddon}})()})();\n"
)

_FONTS = {
    "font.ttf": "RobotoMono-VariableFont_wght.ttf",
    "font-italic.ttf": "RobotoMono-Italic-VariableFont_wght.ttf",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A file of the page."""

    kind: str
    """Its media type."""
    body: bytes


def page(title: str) -> Answer:
    """The page of one tab; ``title`` is text."""
    return Answer("text/html", _own("page.html", title))


def entered(title: str) -> Answer:
    """What a browser gets that came with the link: it goes on to the page.

    Not a redirect: after one that began on another site the browser would hold the new cookie back.
    """
    return Answer("text/html", _own("entered.html", title))


def locked(title: str) -> Answer:
    """What a browser gets that is not known."""
    return Answer("text/html", _own("locked.html", title))


@cache
def parts() -> dict[str, Answer]:
    """The files that the page loads, by the only names under which they are served.

    Raises:
        MissingExtraError: the package with the terminal is not installed.
        UsageError: it is another version, which this program does not know.
    """
    theirs = _theirs()
    fonts = {name: Answer("font/ttf", (theirs / "fonts" / of).read_bytes())
             for name, of in _FONTS.items()}  # fmt: skip
    script = (theirs / "js" / "textual.js").read_text(encoding="utf-8")
    return {
        "page.css": Answer("text/css", _own("page.css")),
        "page.js": Answer("text/javascript", _own("page.js")),
        "terminal.css": Answer("text/css", (theirs / "css" / "xterm.css").read_bytes()),
        "terminal.js": Answer("text/javascript", cut(script).encode()),
        **fonts,
    }


def cut(bundle: str) -> str:
    """textual-serve's bundle without what connects to its server, its parts told to the page.

    Raises:
        UsageError: it is not built as this program knows it.
    """
    if bundle.count(_OWN_CODE) != 1:
        raise UsageError(
            "The installed textual-serve is another version than this program can use.",
            "Install the right one with: pip install 'deita-tui[serve]'",
        )
    return bundle.partition(_OWN_CODE)[0] + _PARTS


def headers(host: str) -> dict[str, str]:
    """What every answer says: nothing from outside, no frame, no guessing, nothing kept.

    Args:
        host: the Host of the request, which has been checked. Some browsers do not take ``'self'``
            to mean its WebSocket.
    """
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        # The terminal writes its style sheets itself.
        "style-src": "'self' 'unsafe-inline'",
        "font-src": "'self'",
        "img-src": "data:",
        "connect-src": f"'self' ws://{host} wss://{host}",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {of}" for name, of in policy.items()),
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "same-origin",
        "Server": "deita-tui",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


def _theirs() -> Traversable:
    try:
        return files("textual_serve") / "static"
    except ModuleNotFoundError as error:
        raise MissingExtraError("textual-serve", "serve", "serve the app to a browser") from error


def _own(name: str, title: str = "") -> bytes:
    text = (files("deita_tui.serving") / "static" / name).read_text(encoding="utf-8")
    return text.replace("{{title}}", html.escape(printable(title))).encode()

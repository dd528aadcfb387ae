"""Text from a data set, made harmless for a terminal.

A record may hold terminal escapes, right-to-left overrides, newlines, or characters that nobody
sees. Whatever prints dataset text, in the command line or on a screen, sends it through here.
"""

from unicodedata import category

_JOINERS = "\u200c\u200d"
"""Invisible, but Persian and emoji need them, and they cannot move anything."""


def printable(text: str) -> str:
    r"""``text`` on one line, with every character that could act on a terminal shown instead.

    Control characters become their pictures (␛ for escape, ↵ for a newline), everything else that
    has no glyph, such as a right-to-left override, its code: ``\u202e``.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _shown(c) for c in text)


def printable_json(text: str) -> str:
    """JSON ``text`` of the same value, in which no character could act on a terminal."""
    # JSON writes line breaks between tokens; inside a string they are escaped already.
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in " \n" else _escaped(c) for c in text)


def _shown(character: str) -> str:
    code = ord(character)
    if character == "\n":
        return "↵"
    if character == "\t" or category(character) == "Zs":
        return " "
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if character in _JOINERS:
        return character
    return _escaped(character)


def _escaped(character: str) -> str:
    """The character as JSON writes it in ASCII."""
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"

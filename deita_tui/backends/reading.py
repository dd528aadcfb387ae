"""A text as the token ids that an embedder reads: cut on the right, in bounded time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deita_tui.backends.embedders import END, END_TEXT

_USUAL = 8
"""Characters a token, generously: so many are tokenized at first, and mostly it is enough."""
_MOST = 64
"""No prose or code has longer tokens. Beyond so many characters a token a text is cut unseen:
tokenizing a row of 50 MB only to throw it away takes minutes."""
_MARGIN = 32
"""Where a text was cut, its last tokens may be others than those of the whole text."""

Encode = Callable[[str], list[int]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads texts for one model."""

    encode: Encode
    """Token ids of a text, without anything before or behind it."""
    limit: int
    """The most tokens, with those before and behind."""
    before: Sequence[int] = ()
    after: Sequence[int] = ()
    """Stands also behind a text that was cut."""
    end: int | None = None
    """The token that ``END`` becomes; without one it is read as ``END_TEXT``."""
    continued: Encode | None = None
    """As ``encode``, for what follows an ``end``; None where that makes no difference."""

    def __call__(self, text: str) -> tuple[list[int], bool]:
        """Token ids, at most ``limit``, and whether something was cut off."""
        room = max(0, self.limit - len(self.before) - len(self.after))
        if self.end is None:
            found, short = fitted(self.encode, text.replace(END, END_TEXT), room)
        else:
            found, short = self._pieces(text, self.end, room)
        return [*self.before, *found, *self.after], short

    def _pieces(self, text: str, end: int, room: int) -> tuple[list[int], bool]:
        ids: list[int] = []
        encode = self.encode
        for number, piece in enumerate(text.split(END)):
            if number:
                if len(ids) == room:
                    return ids, True
                ids.append(end)
                encode = self.continued or self.encode
            if piece:
                found, short = fitted(encode, piece, room - len(ids))
                ids += found
                if short:
                    return ids, True
        return ids, False


def fitted(encode: Encode, text: str, room: int) -> tuple[list[int], bool]:
    """The first ``room`` tokens of ``text``, and whether there are more.

    Only as much of it is tokenized as that needs.
    """
    most = room * _MOST
    chars = min(room * _USUAL, most)
    while True:
        ids = encode(text[:chars])
        if chars >= len(text):
            return ids[:room], len(ids) > room
        if len(ids) > room + _MARGIN or chars >= most:
            return ids[:room], True
        chars = min(chars * 4, most)

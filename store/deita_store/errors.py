"""The root of every error a user is told of, and the store's own branch of it.

The whole tree is drawn in ``deita_tui.errors``; the root lives here because nothing points up.
"""


class DeitaError(Exception):
    """Something a user can be told: what happened, where, and what to do about it.

    Args:
        message: one sentence: what is wrong, and where.
        hint: what to do next; empty where there is nothing to do.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class StoreError(DeitaError):
    """The project on disk cannot do what was asked."""


class WrongArgumentError(StoreError):
    """What was asked for is not there, or cannot be: a record, a source, a job, a tag."""


class NotAProjectError(StoreError):
    """The folder holds no project."""


class NewerProjectError(StoreError):
    """The project was written by a newer version of the program."""


class ReadOnlyError(StoreError):
    """The project lies where nothing can be written."""


class DamagedError(StoreError):
    """SQLite finds the file malformed, or a packed project fails its checksum."""


class NoSpaceError(StoreError):
    """The disk is full, or would be."""


class FilterError(StoreError):
    """A filter that cannot be understood; it knows where.

    Args:
        message: what is wrong.
        text: the whole filter.
        start: first wrong character.
        end: one past the last wrong character.
        hint: what to write instead.
    """

    def __init__(self, message: str, text: str, start: int, end: int, hint: str = "") -> None:
        super().__init__(message, hint)
        self.text = text
        self.start = start
        self.end = end

    def __str__(self) -> str:
        caret = " " * self.start + "^" * max(1, self.end - self.start)
        return "\n".join(part for part in (self.message, self.text, caret, self.hint) if part)

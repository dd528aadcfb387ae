"""What the exit code says."""

from enum import IntEnum

from deita_tui.errors import (
    DeitaError,
    FilterError,
    InputError,
    NotAProjectError,
    UsageError,
    WrongArgumentError,
)


class Exit(IntEnum):
    """The exit codes; scripts may rely on them."""

    DONE = 0
    FAILED = 1
    """It was understood, and could not be done."""
    USAGE = 2
    """What was asked, or the file that was given, makes no sense."""
    INTERRUPTED = 3
    """Stopped half-way with nothing lost: the same command goes on from there."""


def code_of(error: DeitaError) -> Exit:
    """The exit code that tells ``error``."""
    asked_wrong = (UsageError, InputError, FilterError, NotAProjectError, WrongArgumentError)
    return Exit.USAGE if isinstance(error, asked_wrong) else Exit.FAILED

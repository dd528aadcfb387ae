"""Errors a user is told of.

DeitaError
├── StoreError                  the project on disk
│   ├── WrongArgumentError      what was asked for is not there, or cannot be
│   ├── NotAProjectError
│   ├── NewerProjectError
│   ├── ReadOnlyError
│   ├── DamagedError
│   ├── NoSpaceError
│   └── FilterError             knows where in the filter
├── UsageError                  what was asked makes no sense
│   └── MissingExtraError       an optional package is not installed
├── InputError                  a file that cannot be read as records
│   └── UnknownFormatError
└── JobError                    long work that could not be done
    └── BusyError               another worker holds the project

Anything else that is raised is a bug, and is allowed to crash with its traceback.
"""

from deita_store.errors import (
    DamagedError,
    DeitaError,
    FilterError,
    NewerProjectError,
    NoSpaceError,
    NotAProjectError,
    ReadOnlyError,
    StoreError,
    WrongArgumentError,
)

__all__ = [
    "BusyError",
    "DamagedError",
    "DeitaError",
    "FilterError",
    "InputError",
    "JobError",
    "MissingExtraError",
    "NewerProjectError",
    "NoSpaceError",
    "NotAProjectError",
    "ReadOnlyError",
    "StoreError",
    "UnknownFormatError",
    "UsageError",
    "WrongArgumentError",
]


class UsageError(DeitaError):
    """What was asked makes no sense, or not here."""


class MissingExtraError(UsageError):
    """An optional package is not installed.

    Args:
        package: the import name that is missing.
        extra: the extra that brings it.
        purpose: what it is needed for, as the end of "… is needed to".
    """

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(
            f"{package} is needed to {purpose}, and it is not installed.",
            f"Install it with: pip install 'deita-tui[{extra}]'",
        )


class InputError(DeitaError):
    """A file that cannot be read as records."""


class UnknownFormatError(InputError):
    """No reader recognises the file; the hint says how to map it by hand."""


class JobError(DeitaError):
    """Long work that could not be done."""


class BusyError(JobError):
    """Another worker holds the project."""

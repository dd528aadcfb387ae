"""The id of a model on the Hugging Face hub, taken apart."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reference:
    """A hub id."""

    repository: str
    file: str
    """A ``.gguf`` in it, or empty."""
    revision: str
    """Branch, tag or commit; empty means the default branch."""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read ``org/name``, ``org/name@revision`` or ``org/name/file.gguf@revision``."""
        place, _, revision = text.partition("@")
        owner, name, *file = place.split("/", 2)
        return cls(f"{owner}/{name}", "".join(file), revision)

    @property
    def is_pinned(self) -> bool:
        """Does it name a commit, which never changes?"""
        return len(self.revision) == 40

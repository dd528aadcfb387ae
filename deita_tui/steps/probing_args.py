"""What methods are asked for that look beyond a text: at its neighbours, at anchors, at tags."""

import msgspec


class Probing(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where they find these."""

    complexity: str = ""
    """The scorer whose complexity chooses the probes of ICI; the only one without."""
    embedder: str = ""
    """Whose vectors tell neighbours, and the clusters that anchors come from; the one in use
    without."""
    anchors: int = 32
    """How many turns NUGGETS tries each turn on."""
    anchors_file: str = ""
    """A file whose records these are, instead of some of the pool."""
    column: str = ""
    """The files' own column that holds InsTag's tags; the user's tags without."""

"""Ways of embedding that have a name."""

from collections.abc import Mapping
from dataclasses import dataclass

from deita_tui.backends.pooling import Pool
from deita_tui.embedding.rendering import Rendering


@dataclass(frozen=True, slots=True)
class Preset:
    """What a name stands for."""

    rendering: Rendering
    pool: Pool
    limit: int
    """The most tokens of a text."""
    backends: tuple[str, ...]
    """Those that can do it."""


PRESETS: Mapping[str, Preset] = {
    # hkust-nlp/deita, src/deita/selection/embedder: the last token's state in the last layer, over
    # the whole conversation, BOS before it, cut on the right.
    "deita": Preset("vicuna_v1.1", "last", 2_048, ("auto", "hf", "llama", "fake")),
}

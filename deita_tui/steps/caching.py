"""What a scoring run takes from the user's cache of scores, and what it puts there.

Only what a model on this machine says of a text alone is shared: its identity names the weights by
their hash. A server's weights are hearsay, and drafts and what hangs on other records mean nothing
in another project.
"""

from collections.abc import Mapping, Sequence

from deita_store.scores import Score
from deita_tui import score_cache
from deita_tui.score_cache import CacheError, Kept, ScoreCache
from deita_tui.steps.windows import Window

_BACKENDS = frozenset({"hf", "llama"})
_ALONE = frozenset(
    {"deita", "ifd", "ifd_loss", "perplexity", "direct_complexity", "direct_quality", "selectit"}
    | {"selectit_published"}
)
"""Methods that look at nothing but the text, by their names in a scorer's config."""


class Shared:
    """One scorer's part of the cache; nothing where it is not to be shared.

    Args:
        identity: of the scorer.
        config: what that is the hash of.
        megabytes: that the cache may grow to; 0: it is not used.
    """

    def __init__(self, identity: str, config: Mapping[str, object], megabytes: int) -> None:
        self._identity = identity
        path = score_cache.place() if megabytes and is_shared(config) else None
        self._cache = ScoreCache(path, megabytes) if path else None
        self.notes: tuple[str, ...] = ()
        """Why it is of no use, where it is not; sentences."""

    def take(self, window: Window) -> list[Score]:
        """Scores of texts that the window lacks; taken out of those that are to be asked about."""
        if self._cache is None or not window.texts:
            return []
        try:
            found = self._cache.get(self._identity, list(window.texts))
        except CacheError as error:
            self._give_up(error)
            return []
        for each in found:
            del window.texts[each.text]
        return [
            Score(
                each.text, each.value, None, each.probabilities, each.mass, each.tokens,
                each.shortened,
            )
            for each in found
        ]  # fmt: skip

    def keep(self, batch: Sequence[Score]) -> None:
        """Offer what was scored to other projects; a failure is nobody else's business."""
        if self._cache is None:
            return
        kept = [
            Kept(each.text, each.value, each.probabilities, each.mass, each.tokens, each.shortened)
            for each in batch
            if each.value is not None
        ]
        try:
            self._cache.put(self._identity, kept)
        except CacheError as error:
            self._give_up(error)

    def _give_up(self, error: CacheError) -> None:
        self._cache = None
        self.notes = (f"{error} {error.hint or ''}".strip(),)


def is_shared(config: Mapping[str, object]) -> bool:
    """May what this scorer says of a text be taken for true in another project?"""
    judge = config.get("judge")
    method = str(config.get("method", "")).partition("/")[0]
    return isinstance(judge, Mapping) and judge.get("backend") in _BACKENDS and method in _ALONE

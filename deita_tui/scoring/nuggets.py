"""NUGGETS: with how many of a set of tasks does a turn help, if it is shown as an example?

Li et al., arXiv 2312.10302, §3.2: the golden score of a turn z is the share of anchors j with

    log p(y_j | z, x_j) > log p(y_j | x_j)

The anchors are a hundred turns near the centroids of a k-means over the pool in the paper; here as
many as one likes (see ``steps.anchoring``), since each costs a forward pass a turn. Where a turn is
an anchor itself, the others judge it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.methods import Asked, Logprobs
from deita_tui.scoring.shown import Layout, Target, behind, loss

LAYOUT = Layout("Instruction:\n", "\nResponse:\n")


@dataclass(frozen=True, slots=True)
class Anchor:
    """A task that turns are tried on."""

    texts: tuple[str, str]
    target: Target
    loss: float
    """Of its response without any example."""


@dataclass(frozen=True, slots=True)
class Nuggets:
    """The golden score for given anchors."""

    anchors: tuple[Anchor, ...]
    chosen: str
    """How, for the identity."""

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        content = "\0".join(text for each in self.anchors for text in each.texts)
        return {
            "method": "nuggets/1",
            "layout": sha256(LAYOUT.whole(("\0", "\0")).encode()).hexdigest()[:16],
            "shortening": "end/1",
            "anchors": {
                "count": len(self.anchors),
                "chosen": self.chosen,
                "sha256": sha256(content.encode()).hexdigest(),
            },
        }

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """Each anchor's response, behind the turn and its own instruction."""
        anchors = [each for each in self.anchors if each.texts != tuple(fields)]
        if not anchors:
            return Asked(problem="it is the only anchor")
        shown = [behind(fields, LAYOUT, each.target, tokens, limit, apart=True) for each in anchors]

        def number(answers: Sequence[Logprobs]) -> float:
            return golden([loss(each) for each in answers], [each.loss for each in anchors])

        shortened = any(cut for _, cut in shown)
        return Asked(tuple(question for question, _ in shown), number, shortened)


def golden(shown: Sequence[float], alone: Sequence[float]) -> float:
    """The share of anchors whose response is likelier behind the turn than without it.

    Args:
        shown: the mean loss of each behind the turn.
        alone: without it.
    """
    return sum(one < other for one, other in zip(shown, alone, strict=True)) / len(shown)

"""What a language model is asked, whoever runs it.

A backend has few verbs. It takes token ids and returns numbers: templates, digits and shortening
belong to ``deita_tui.scoring``. Heavy libraries are imported inside a backend's functions only.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

Item = tuple[Sequence[int], Sequence[int]]
"""A prefix and what follows it, as token ids."""


class Judge(Protocol):
    """A causal language model, asked only how likely each of a few tokens comes next."""

    identity: Mapping[str, str]
    """What decides its numbers: backend, sha256 of weights and tokenizer, resolved precision.
    Stored with every score (D12); never a device, a batch size, a path or a key."""

    limit: int
    """The most tokens that it takes in one prompt."""

    def tokens(self, text: str) -> list[int]:
        """Token ids of ``text`` as plain text: BOS as the model has it, no EOS, no specials."""
        ...

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        """Natural-log probabilities of ``choices`` right after each prompt.

        Args:
            prompts: n prompts as token ids, each of 1 to ``limit`` tokens.
            choices: k token ids.
            shared: this many leading tokens are the same in all prompts, and need computing once;
                fewer than the shortest prompt has. It depends on the template alone, never on the
                other prompts, so that a number does not either.

        Returns:
            (n, k) float64, over the whole vocabulary (not renormalised over the choices), in the
            order of ``prompts``. A prompt that the model could not answer is a row of NaN; why the
            last one is may be left in an attribute ``trouble``, as a sentence.

        Raises:
            DeitaError: it cannot answer anything any more. Whatever else it raises is taken to be
                about these prompts, and each is asked again alone.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


class LogProbs(Protocol):
    """A causal language model, asked how likely each token of a text is. Most judges are one."""

    identity: Mapping[str, str]
    """See ``Judge``."""

    limit: int
    """The most tokens that it takes, prefix and continuation together."""

    def tokens(self, text: str) -> list[int]:
        """See ``Judge``."""
        ...

    def logprobs(self, items: Sequence[Item]) -> "list[FloatArray]":
        """Natural-log probability of each token of a continuation, given all that stands before it.

        Args:
            items: (prefix, continuation) as token ids, together 2 to ``limit`` tokens; neither is
                empty: the first token of all has no probability, since nothing stands before it.

        Returns:
            For each item an array as long as its continuation; NaN throughout where the model gave
            no numbers. A number depends on its own item alone (within float noise).

        Raises:
            DeitaError: it cannot answer anything any more.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...

"""The tokens of one decode, in the memory layout that llama.cpp reads."""

import ctypes
from collections.abc import Sequence
from typing import Any


class Batch:
    """Room for ``capacity`` tokens of any number of sequences.

    The arrays are ours, so their bounds are checked and Python frees them; ``native`` points into
    them.
    """

    def __init__(self, llama: Any, capacity: int) -> None:
        import numpy as np

        self.capacity = capacity
        self._tokens = np.zeros(capacity, np.int32)
        self._places = np.zeros(capacity, np.int32)
        self._counts = np.ones(capacity, np.int32)
        self._sequences = np.zeros(capacity, np.int32)
        each = self._sequences.itemsize * np.arange(capacity)
        self._addresses = (self._sequences.ctypes.data + each).astype(np.uintp)
        self._asked = np.zeros(capacity, np.int8)
        self.native = llama.llama_batch(
            n_tokens=0,
            token=_pointer(self._tokens, llama.llama_token),
            pos=_pointer(self._places, llama.llama_pos),
            n_seq_id=_pointer(self._counts, ctypes.c_int32),
            seq_id=_pointer(self._addresses, ctypes.POINTER(llama.llama_seq_id)),
            logits=_pointer(self._asked, ctypes.c_int8),
        )

    def clear(self) -> None:
        """Make it empty again."""
        self.native.n_tokens = 0

    def add(
        self,
        tokens: Sequence[int],
        start: int,
        sequence: int,
        *,
        asked: bool,
        all_asked: bool = False,
    ) -> int:
        """Append tokens that stand at ``start`` and behind in ``sequence``.

        Args:
            tokens: one or more ids.
            start: the place of the first in its sequence.
            sequence: the number of the sequence.
            asked: is what comes out behind the last one wanted?
            all_asked: is it behind every one?

        Returns:
            The index of the last one in the batch.

        Raises:
            ValueError: they do not fit.
        """
        import numpy as np

        begin: int = self.native.n_tokens
        end = begin + len(tokens)
        if end == begin or end > self.capacity:
            raise ValueError(f"{end} tokens in a batch of {self.capacity}")
        self._tokens[begin:end] = tokens
        self._places[begin:end] = np.arange(start, start + len(tokens))
        self._sequences[begin:end] = sequence
        self._asked[begin:end] = all_asked
        self._asked[end - 1] = asked or all_asked
        self.native.n_tokens = end
        return end - 1


def _pointer(array: Any, kind: Any) -> Any:
    return ctypes.cast(array.ctypes.data, ctypes.POINTER(kind))

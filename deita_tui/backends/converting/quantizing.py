"""Squeezing a GGUF into fewer bits, which llama.cpp does itself."""

import os
from pathlib import Path

from deita_tui.backends import gguf
from deita_tui.errors import JobError, UsageError

TYPES = {
    "Q8_0": 7, "Q6_K": 18, "Q5_K_M": 17, "Q5_K_S": 16, "Q5_1": 9, "Q5_0": 8, "Q4_K_M": 15,
    "Q4_K_S": 14, "Q4_1": 3, "Q4_0": 2, "IQ4_NL": 25, "IQ4_XS": 30, "Q3_K_L": 13, "Q3_K_M": 12,
    "Q3_K_S": 11, "Q2_K": 10,
}  # fmt: skip
"""What can be asked for, and llama.cpp's number of it; the most precise first. Kinds that need an
importance matrix are left out: without one they are worth little."""


def quantize(source: Path, into: Path, kind: str, threads: int = 0) -> None:
    """Write the GGUF ``source`` as ``kind`` into ``into``, which appears when it is whole.

    Raises:
        UsageError: there is no such kind.
        JobError: llama.cpp could not do it.
    """
    if kind not in TYPES:
        raise UsageError(f"There is no type {kind}.", f"There are: {', '.join(TYPES)}.")
    llama = gguf.library()
    parameters = llama.llama_model_quantize_default_params()
    parameters.ftype = TYPES[kind]
    parameters.nthread = threads or gguf.physical_cores()
    growing = into.with_name(f"{into.name}.squeezed")
    gguf.log.clear()
    code = llama.llama_model_quantize(bytes(source), bytes(growing), parameters)
    if code != 0:
        growing.unlink(missing_ok=True)
        raise JobError(
            f"llama.cpp could not write {into.name} as {kind}: "
            f"{gguf.log.errors() or 'it does not say why'}.",
            "Is the disk full? Another type may work too.",
        )
    with growing.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(growing, into)

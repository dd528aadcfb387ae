"""Measuring a model in a process of its own."""

import subprocess
import sys

import msgspec

from deita_tui.errors import JobError
from deita_tui.fidelity.measuring import Failed, Measured, Request


class _Answer(msgspec.Struct):
    measured: Measured | None = None
    failed: Failed | None = None


def run(request: Request) -> Measured:
    """Measure a model, with its memory to itself.

    Raises:
        JobError: it could not be measured; the message says why.
    """
    command = [sys.executable, "-P", "-m", "deita_tui.fidelity.measuring"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            said, complaint = process.communicate(msgspec.json.encode(request))
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0 or not said:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        raise JobError(
            f"Measuring {request.model} ended with code {process.returncode}: {last[0]}",
            "A model that ends its process mostly did not fit into the memory.",
        )
    answer = msgspec.json.decode(said, type=_Answer)
    if answer.failed is not None:
        raise JobError(answer.failed.message, answer.failed.hint)
    assert answer.measured is not None
    return answer.measured

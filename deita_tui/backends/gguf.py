"""Loading a GGUF file with llama.cpp, quietly, and saying in a sentence why it does not load."""

import ctypes
import os
import re
import struct
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deita_tui.backends import splits
from deita_tui.errors import JobError, MissingExtraError, UsageError

if TYPE_CHECKING:
    from types import ModuleType

_ERROR, _CONTINUED = 4, 5  # ggml's log levels
_WAIT = "OMP_WAIT_POLICY"
_BETWEEN = " / "
_OLDEST, _NEWEST = 2, 3  # GGUF versions that llama.cpp reads


class Log:
    """What llama.cpp says, kept for error sentences and never shown by itself.

    llama.cpp writes to file descriptor 2 unless told otherwise, which under a TUI lands on the
    screen; its log is one for the whole process.
    """

    def __init__(self) -> None:
        self.lines: deque[tuple[int, str]] = deque(maxlen=200)
        self._callback: Any = None

    def attach(self, llama: "ModuleType") -> None:
        """Send everything that llama.cpp says here, for the rest of the process."""
        self._callback = llama.llama_log_callback(self._receive)
        llama.llama_log_set(self._callback, ctypes.c_void_p(0))

    @property
    def attached(self) -> bool:
        """Does llama.cpp talk to this log?"""
        return self._callback is not None

    def errors(self) -> str:
        """The error lines since the last ``clear``, as one line."""
        return _BETWEEN.join(text for level, text in self.lines if level == _ERROR and text)

    def clear(self) -> None:
        """Forget what was said so far."""
        self.lines.clear()

    def _receive(self, level: int, text: bytes, _: object) -> None:
        said = text.decode("utf-8", "replace").rstrip("\n")
        if level == _CONTINUED and self.lines:
            first, start = self.lines.pop()
            self.lines.append((first, start + said))
        else:
            self.lines.append((level, said))


log = Log()
"""The one log of this process: llama.cpp keeps a pointer to it until the process ends."""


def library() -> Any:
    """The low-level API of llama-cpp-python, silenced.

    Raises:
        MissingExtraError: llama-cpp-python is not installed.
    """
    try:
        with _patient_threads():
            from llama_cpp import llama_cpp
    except ImportError as error:
        raise MissingExtraError("llama_cpp", "llama", "run GGUF models") from error
    if not log.attached:
        log.attach(llama_cpp)
        llama_cpp.llama_backend_init()
    return llama_cpp


@contextmanager
def _patient_threads() -> Iterator[None]:
    """Have the OpenMP that llama.cpp brings sleep at its barriers, unless the user says otherwise.

    It spins there by default. Beside other work on the same cores that costs both: measured with
    2 threads on 2 busy cores, 62 to 94 tokens/s spinning and 330 sleeping, for a quarter of the
    processor time a token. The variable is read once, when the library is loaded.
    """
    if _WAIT in os.environ:
        yield
        return
    os.environ[_WAIT] = "passive"
    try:
        yield
    finally:
        del os.environ[_WAIT]


def size(path: Path) -> int:
    """Bytes of the model on disk, all parts together."""
    return sum(part.stat().st_size for part in splits.parts(path))


def check(path: Path) -> None:
    """Look at the head of the file, which tells most wrong files before anything is loaded.

    Raises:
        UsageError: it is no GGUF, of a version that is not read, or holds no weights.
    """
    with splits.parts(path)[0].open("rb") as file:
        head = file.read(24)
    if head[:4] != b"GGUF":
        raise UsageError(
            f"{path} is not a GGUF file.", "Give a .gguf file, or choose the hf backend."
        )
    if len(head) < 24:
        raise UsageError(f"{path} ends in its first bytes.", "Download it again.")
    version, tensors, _ = struct.unpack("<IQQ", head[4:])
    if not _OLDEST <= version <= _NEWEST:
        raise UsageError(
            f"{path} is GGUF version {version}; versions {_OLDEST} and {_NEWEST} can be read.",
            "A newer llama-cpp-python may read it, or convert the model again.",
        )
    if tensors == 0:
        raise UsageError(
            f"{path} holds a vocabulary and no weights.", "Choose the file with the model itself."
        )


def refused(path: Path) -> UsageError | JobError:
    """Why llama.cpp gave no model for ``path``: its own words, sorted into what a user can do."""
    said = log.errors()
    name = path.name
    if architecture := re.search(r"unknown model architecture: '([^']*)'", said):
        return UsageError(
            f"{name} is a model of architecture {architecture[1]!r}, which the installed "
            "llama-cpp-python does not know.",
            "Update llama-cpp-python, or choose the hf backend.",
        )
    if re.search(r"alloc|out of memory", said):
        return out_of_memory(path)
    if re.search(r"corrupt|incomplete|bounds|failed to read|invalid|missing|not found|EOF", said):
        return UsageError(f"{name} is damaged or incomplete: {_first(said)}.", "Get it again.")
    return UsageError(f"{name} cannot be loaded: {_first(said)}.")


def out_of_memory(path: Path) -> JobError:
    """The sentence for a model or its cache that does not fit."""
    return JobError(
        f"There is not enough memory for {path.name} ({size(path) / 1e9:.1f} GB on disk): "
        f"{_first(log.errors())}.",
        "Choose a smaller quantization, a shorter limit or kv_type f16, or put fewer layers "
        "on the GPU.",
    )


def _first(said: str) -> str:
    """The first thing that llama.cpp said, without the names of its functions."""
    first = said.split(_BETWEEN, 1)[0]
    return re.sub(r"^(\w+: )*(error loading model: )?(\w+: )*", "", first) or "no reason is given"


def tokens(llama: Any, vocabulary: int, text: str) -> list[int]:
    """Token ids of ``text`` as plain text, after BOS where the model's file asks for it.

    Args:
        llama: the library.
        vocabulary: the model's, as llama.cpp points to it.
        text: what to tokenize; nothing in it becomes a special token.
    """
    begins = llama.llama_vocab_get_add_bos(vocabulary)
    first = [llama.llama_vocab_bos(vocabulary)] if begins else []
    return [*first, *pieces(llama, vocabulary, text)]


def pieces(
    llama: Any, vocabulary: int, text: str, around: bool = False, specials: bool = False
) -> list[int]:
    """Token ids of ``text`` as llama.cpp makes them.

    Args:
        llama: the library.
        vocabulary: the model's, as llama.cpp points to it.
        text: what to tokenize.
        around: put before and behind it what the model's file asks for.
        specials: take what is spelled like a special token for one.
    """
    data = text.encode("utf-8")
    count = -(len(data) // 2 + 8)
    while count < 0:
        found = (llama.llama_token * -count)()
        count = llama.llama_tokenize(
            vocabulary, data, len(data), found, len(found), around, specials
        )
    return list(found[:count])


def physical_cores() -> int:
    """Cores that this process may use, two threads of one core counted once."""
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    if allowed is None:
        return os.cpu_count() or 1
    cores = {_siblings(cpu) for cpu in allowed}
    return max(1, len(cores))


def _siblings(cpu: int) -> str:
    listing = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
    try:
        return listing.read_text().strip()
    except OSError:
        return str(cpu)

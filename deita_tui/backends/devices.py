"""What this machine has to run a model on.

``cpu()`` and ``memory()`` read the system alone; only ``accelerators()`` imports torch.
"""

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from deita_tui.errors import UsageError

_FAST_BFLOAT16 = ("avx512_bf16", "amx_bf16", "bf16")
"""CPU flags of x86 (two) and 64-bit ARM (one) that multiply bfloat16 in hardware."""


@dataclass(frozen=True, slots=True)
class Device:
    """One place where a model can run."""

    name: str
    """As torch calls it: cpu, cuda:0, mps."""
    model: str
    """What the maker calls it; empty where the system does not say."""
    memory: int
    """Bytes in all; on a CPU the machine's memory."""
    bfloat16: bool
    """Does it multiply bfloat16 in hardware?"""

    def __str__(self) -> str:
        precision = ", bfloat16" if self.bfloat16 else ""
        model = f" ({self.model})" if self.model else ""
        return f"{self.name}{model}: {self.memory / 2**30:.1f} GiB{precision}"


@cache
def cpu() -> Device:
    """The processor and the memory beside it."""
    facts = _cpu_facts()
    flags = f"{facts.get('flags', '')} {facts.get('Features', '')}".split()
    model = facts.get("model name") or platform.processor() or platform.machine()
    return Device("cpu", model, memory(), any(flag in flags for flag in _FAST_BFLOAT16))


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> int:
    """Bytes of main memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


@cache
def accelerators() -> tuple[Device, ...]:
    """GPUs that torch can use, best first; none where torch is not installed."""
    try:
        import torch
    except ImportError:
        return ()
    if torch.cuda.is_available():
        return tuple(_cuda(number) for number in range(torch.cuda.device_count()))
    if torch.backends.mps.is_available():
        # Memory is shared with the CPU; bfloat16 there is emulated on the older chips.
        return (Device("mps", platform.processor(), memory(), False),)
    return ()


def choose(asked: str) -> tuple[Device, ...]:
    """The devices that ``asked`` means: auto, cpu, cuda (all of them), mps, or "cuda:0,cuda:2".

    Raises:
        UsageError: one of them is not there.
    """
    found = accelerators()
    if asked == "auto":
        return found or (cpu(),)
    if asked in ("cuda", "mps") and found and found[0].name.startswith(asked):
        return found
    there = {device.name: device for device in (cpu(), *found)}
    names = [name.strip() for name in asked.split(",")]
    missing = [name for name in names if name not in there]
    if missing:
        raise UsageError(
            f"There is no device {missing[0]!r} here; there are: {', '.join(there)}.",
            "Choose one of these, or auto.",
        )
    return tuple(there[name] for name in names)


def _cuda(number: int) -> Device:
    import torch

    facts = torch.cuda.get_device_properties(number)
    # From compute capability 8.0 on; torch says True for older cards too, which emulate it.
    return Device(f"cuda:{number}", facts.name, facts.total_memory, facts.major >= 8)


def _cpu_facts() -> dict[str, str]:
    """The first processor's lines in /proc/cpuinfo; empty where there is no such file."""
    path = Path("/proc/cpuinfo")
    if not path.exists():
        return {}
    first = path.read_text(errors="replace").split("\n\n", 1)[0]
    pairs = (line.split(":", 1) for line in first.splitlines() if ":" in line)
    return {name.strip(): value.strip() for name, value in pairs}

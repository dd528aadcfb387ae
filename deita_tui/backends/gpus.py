"""GPUs of this machine as the system tells of them, without loading torch, which takes seconds."""

import platform
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from deita_tui.backends.devices import Device, memory

_QUERY = "--query-gpu=index,name,memory.total,compute_cap"


@cache
def cards() -> tuple[Device, ...]:
    """NVIDIA's by their own tool, Apple's by the platform; others are not looked for."""
    if platform.system() == "Darwin" and platform.machine() == "arm64":
        return (Device("mps", platform.processor(), memory(), False),)
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return ()
    lines = _says([tool, _QUERY, "--format=csv,noheader,nounits"]).splitlines()
    return tuple(card for card in map(_card, lines) if card is not None)


def llama_offloads() -> bool:
    """Was the llama-cpp-python that is installed built to use a GPU?"""
    found = find_spec("llama_cpp")
    if found is None or found.origin is None:
        return False
    libraries = Path(found.origin).parent / "lib"
    kinds = ("cuda", "metal", "vulkan", "hip", "sycl")
    return any(any(kind in file.name for kind in kinds) for file in libraries.glob("*ggml*"))


def _card(line: str) -> Device | None:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 4 or not parts[2].isdigit():
        return None
    major = parts[3].partition(".")[0]
    newer = major.isdigit() and int(major) >= 8
    return Device(f"cuda:{parts[0]}", parts[1], int(parts[2]) << 20, newer)


def _says(command: list[str]) -> str:
    """What a command prints; nothing where it fails or hangs, as without a driver."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""

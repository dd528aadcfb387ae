"""What the machine is said to have."""

import subprocess
import sys

import pytest

from deita_tui.backends import devices
from deita_tui.errors import UsageError


def test_the_cpu() -> None:
    cpu = devices.cpu()
    assert cpu.name == "cpu"
    assert cpu.memory > 1 << 28
    assert devices.cores() >= 1
    assert str(cpu).startswith("cpu")


def test_looking_at_the_cpu_loads_no_torch() -> None:
    code = (
        "import sys; from deita_tui.backends import devices; devices.cpu(); devices.cores();"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("flags", "fast"),
    [
        ("flags : fpu avx512_bf16 avx2", True),
        ("flags : fpu amx_tile amx_bf16", True),
        ("Features : fp asimd bf16", True),
        ("flags : fpu avx512f avx2", False),
        ("", False),
    ],
)
def test_bfloat16_is_told_by_the_flags(
    flags: str, fast: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = [line.split(":") for line in flags.splitlines()]
    facts = {name.strip(): value.strip() for name, value in pairs}
    monkeypatch.setattr(devices, "_cpu_facts", lambda: facts)
    assert devices.cpu.__wrapped__().bfloat16 is fast


def _gpu(number: int) -> devices.Device:
    return devices.Device(f"cuda:{number}", "a card", 80 << 30, True)


@pytest.mark.parametrize(
    ("asked", "there", "chosen"),
    [
        ("auto", 2, ["cuda:0", "cuda:1"]),
        ("auto", 0, ["cpu"]),
        ("cuda", 2, ["cuda:0", "cuda:1"]),
        ("cuda:1", 2, ["cuda:1"]),
        ("cuda:1, cuda:0", 2, ["cuda:1", "cuda:0"]),
        ("cpu", 2, ["cpu"]),
    ],
)
def test_choosing(
    asked: str, there: int, chosen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = tuple(_gpu(number) for number in range(there))
    monkeypatch.setattr(devices, "accelerators", lambda: found)
    assert [device.name for device in devices.choose(asked)] == chosen


@pytest.mark.parametrize("asked", ["cuda", "cuda:0", "mps", "tpu", ""])
def test_a_device_that_is_not_there(asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "accelerators", tuple)
    with pytest.raises(UsageError, match="there are: cpu"):
        devices.choose(asked)

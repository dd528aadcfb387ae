"""What this machine can run, found without loading anything heavy."""

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from deita_store.disks import filesystem, is_network
from deita_tui import jobs, models
from deita_tui.backends import auto, devices, gpus
from deita_tui.figures import size
from deita_tui.findings import Finding

EXTRAS: Mapping[str, tuple[str, ...]] = {
    "hf": ("torch", "transformers", "tokenizers", "safetensors", "sentencepiece"),
    "llama": ("llama_cpp",),
    "convert": ("gguf",),
    "http": ("aiohttp",),
    "serve": ("aiohttp", "textual_serve"),
}
_DISTRIBUTIONS = {"llama_cpp": "llama-cpp-python"}
_TIGHT_BYTES = 2_000_000_000


def examine(folder: Path) -> Iterator[Finding]:
    """Look at the machine, and at the disk that ``folder`` is or would be on."""
    yield _python()
    yield Finding("platform", f"{platform.system()} {platform.release()} {platform.machine()}")
    yield from _devices()
    yield _sqlite()
    yield _file_system(folder)
    yield _disk(folder)
    for extra, modules in EXTRAS.items():
        yield _extra(extra, modules)
    yield from models.examine(folder)
    yield _logout()
    yield _terminal()


def glance(folder: Path) -> str:
    """The machine in a few words: room on the disk, graphics cards, llama.cpp."""
    free = shutil.disk_usage(_nearest(folder)).free
    cards = gpus.cards()
    card = (
        f"{cards[0].name}{f' and {len(cards) - 1} more' if cards[1:] else ''}" if cards else "none"
    )
    llama = "ok" if find_spec("llama_cpp") else "not installed"
    return f"{size(free)} free · GPU {card} · llama.cpp {llama}"


def _python() -> Finding:
    here = f"{platform.python_version()} ({sys.executable})"
    tested = sys.version_info[:2] == (3, 11)
    return Finding("Python", here, "" if tested else "Tested with Python 3.11 only.")


def _devices() -> Iterator[Finding]:
    cpu = devices.cpu()
    half = "bfloat16 in hardware" if cpu.bfloat16 else "no bfloat16 in hardware"
    yield Finding("processors", f"{devices.cores()} ({cpu.model or 'unknown'}), {half}")
    yield Finding("memory", f"{auto.available() / 1e9:.1f} GB free of {cpu.memory / 1e9:.1f} GB")
    cards = gpus.cards()
    yield Finding("GPUs", ", ".join(map(str, cards)) or "none")


def _sqlite() -> Finding:
    db = sqlite3.connect(":memory:")
    try:
        fts = db.execute("select sqlite_compileoption_used('ENABLE_FTS5')").fetchone()[0]
    finally:
        db.close()
    if fts:
        return Finding("SQLite", f"{sqlite3.sqlite_version}, with FTS5")
    advice = "Full-text search needs FTS5: use a Python whose SQLite has it."
    return Finding("SQLite", f"{sqlite3.sqlite_version}, without FTS5", advice, ok=False)


def _file_system(folder: Path) -> Finding:
    kind = filesystem(folder)
    if is_network(kind):
        advice = (
            "A project here can be damaged: SQLite's locks and its log do not work over a network. "
            f"Keep projects on a local disk ({folder} is on {kind})."
        )
        return Finding("file system", kind, advice, ok=False)
    return Finding("file system", kind or "unknown")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_nearest(folder)).free
    value = f"{free / 1e9:.1f} GB free for {folder}"
    if free < _TIGHT_BYTES:
        return Finding("disk", value, "That is tight: free some space before a large import.")
    return Finding("disk", value)


def _extra(extra: str, modules: tuple[str, ...]) -> Finding:
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        advice = f"Install it with: pip install 'deita-tui[{extra}]'"
        return Finding(f"extra {extra}", f"not installed ({', '.join(missing)} missing)", advice)
    return Finding(f"extra {extra}", ", ".join(f"{name} {_version(name)}" for name in modules))


def _version(module: str) -> str:
    try:
        return version(_DISTRIBUTIONS.get(module, module))
    except PackageNotFoundError:
        return "(version unknown)"


def _logout() -> Finding:
    trouble = jobs.survives_logout()
    if trouble is None:
        return Finding("after logout", "jobs go on when you log out or close the terminal")
    return Finding("after logout", "jobs end when you log out", trouble)


def _terminal() -> Finding:
    if not sys.stdout.isatty():
        return Finding("terminal", "none (output goes to a file or a pipe)")
    columns, lines = shutil.get_terminal_size()
    kind = os.environ.get("COLORTERM") or os.environ.get("TERM", "unknown")
    # What stands for standard output inside the app has no encoding.
    encoding = getattr(sys.stdout, "encoding", "utf-8")
    return Finding("terminal", f"{columns}x{lines}, {kind}, {encoding}")


def _nearest(folder: Path) -> Path:
    path = folder.absolute()
    while not path.exists():
        path = path.parent
    return path.resolve()

"""Which model a run really opens, and how: found, fetched and measured once, then kept to (D12).

The commit that a hub id stood for and the precision that ``auto`` took decide the numbers, so they
are stored with the project under what was asked for, and the same request gets the same answer.
"""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import msgspec

from deita_store import settings
from deita_store.store import Store
from deita_tui.backends import Judge, agreement, auto, revisions, weights
from deita_tui.backends.auto import Candidate
from deita_tui.backends.references import Reference
from deita_tui.backends.weights import Weights
from deita_tui.errors import UsageError
from deita_tui.steps.aside import Aside, Tell
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs

Opener = Callable[[str, str, Mapping[str, object]], Judge]
Advance = Callable[[str, tuple[int, int] | None], Progress]

_FLAGS = {
    "dtype": "--precision",
    "quantize": "--quantize",
    "kv_type": "--kv",
    "device": "--device",
    "threads": "--threads",
}
_ONLY_FOR = {
    "llama": ("dtype", "quantize", "max_batch_tokens"),
    "hf": ("kv_type", "flash_attention", "gpu_layers", "pack"),
    "http": ("dtype", "quantize", "kv_type", "device", "threads"),
}
"""Settings that a backend has no use for."""
_UNSAID = {"dtype": "auto", "quantize": "none"}
"""To say this is to leave it open."""


class Pick(msgspec.Struct, frozen=True):
    """What a request turned out to mean."""

    backend: str
    model: str
    """A path, or a hub id with the commit."""
    settings: dict[str, object]
    told: str = ""
    """How it came about; a sentence, or empty where there was nothing to choose."""
    notes: tuple[str, ...] = ()
    """What else a user should know; sentences."""
    job: int | None = None
    """Made by this job."""


def choose(
    store: Store,
    spec: JudgeSpec,
    args: ScoreArgs,
    open_judge: Opener,
    advance: Advance,
    job: int | None = None,
) -> Generator[Progress, None, Pick]:
    """Find out what ``spec`` means: once for a project, and then the same again.

    Args:
        store: the project.
        spec: what was asked for.
        args: of the run.
        open_judge: opens a model that is to be measured.
        advance: makes progress of a stage and, where bytes come, how many of how many.
        job: that all this is for.
    """
    # A server runs what it runs: there is nothing to fetch and nothing to measure.
    if spec.backend in ("fake", "http"):
        return Pick(spec.backend, spec.model, spec.settings)
    kept = remembered(store, spec)
    if kept is not None and args.again and kept.job != job:
        kept = None
    model = kept.model if kept else spec.model

    def fetch(tell: Tell) -> tuple[Weights, str, tuple[str, ...]]:
        return fetched(model, args.offline, tell)

    name = _short(spec.model)
    found, place, notes = yield from Aside(fetch).follow(
        lambda bytes_: advance(f"fetching {name}" if bytes_ else f"looking for {name}", bytes_)
    )
    if kept is not None:
        return kept

    def measure(_: Tell) -> Pick:
        return _pick(found, place, spec, args, open_judge)

    pick = yield from Aside(measure).follow(lambda _: advance(f"trying how to run {name}", None))
    pick = msgspec.structs.replace(pick, notes=notes, job=job)
    settings.put(store, _key(spec), msgspec.to_builtins(pick))
    return pick


def remembered(store: Store, spec: JudgeSpec) -> Pick | None:
    """What ``spec`` meant when it was used before; None if it never was."""
    known = settings.get(store, _key(spec))
    return None if known is None else msgspec.convert(known, Pick)


def foreign(backend: str, asked: Mapping[str, object]) -> list[str]:
    """Which settings a backend has no use for."""
    return [name for name in _ONLY_FOR.get(backend, ()) if name in asked]


def no_use(name: str, backend: str) -> UsageError:
    """What is said of such a setting."""
    flag = _FLAGS.get(name, name)
    why = {
        "llama": "the llama backend runs, in the precision of its file",
        "hf": "the hf backend runs",
        "http": "a server runs, in its own way",
    }[backend]
    return UsageError(f"{flag} is of no use for a model that {why}.", f"Leave {flag} out.")


def tokenizers_agree(pick: Pick, judge: Judge) -> str:
    """Whether a GGUF reads as the ``tokenizer.json`` beside it does; empty where none is there."""
    if pick.backend != "llama":
        return ""
    found = agreement.check(judge.tokens, weights.resolve(pick.model, offline=True).path)
    return str(found or "")


def fetched(text: str, offline: bool, tell: Tell) -> tuple[Weights, str, tuple[str, ...]]:
    """The model on this disk, how it is named for good, and what to know about it."""
    if not weights.is_hub_id(text) or _is_here(text):
        return weights.resolve(text), text, ()
    found = revisions.find(text, offline=offline)
    model = weights.resolve(found.text, offline=offline, progress=tell)
    reference = Reference.parse(text)
    file = f"/{reference.file}" if reference.file else ""
    pinned = f"{reference.repository}{file}@{model.revision}"
    return model, pinned, (found.note,) if found.note else ()


def _pick(model: Weights, place: str, spec: JudgeSpec, args: ScoreArgs, open_judge: Opener) -> Pick:
    # What had to be fetched is here by now.
    asked = {**spec.settings, "offline": True}
    natural = "llama" if model.kind == "gguf" else "hf"
    if spec.backend not in ("auto", natural):
        return Pick(spec.backend, place, asked)
    for name in foreign(natural, asked):
        raise no_use(name, natural)
    asked = {name: value for name, value in asked.items() if _UNSAID.get(name) != value}
    if "dtype" in asked:
        return Pick(natural, place, asked)
    device = str(asked.get("device", "auto"))
    if "quantize" in asked:
        return _quantized(model, place, asked, device)
    if natural == "llama":
        asked |= _offload(asked.pop("device", "auto"))

    def opened(way: Candidate) -> Judge:
        given = {"limit": args.max_tokens, **way.settings, **asked}
        return open_judge(way.backend, place, given)

    choice = auto.choose(model, opened, auto.candidates(model, device))
    if natural == "llama":
        return Pick("llama", place, asked, f"picked llama: {choice.reason}")
    told = f"picked hf, {choice.precision} on {choice.device}: {choice.reason}"
    # Not the device: it decides no number, and the project may be carried to another machine.
    return Pick("hf", place, {**asked, "dtype": choice.precision}, told)


def _quantized(model: Weights, place: str, asked: dict[str, object], device: str) -> Pick:
    """What is left of the model when it is squeezed is computed in the likeliest precision.

    It is not measured: of what fits into memory, and how fast it is, the whole model says nothing.
    """
    first = auto.candidates(model, device)[0]
    told = f"picked hf, {first.precision} around {asked['quantize']} weights: {first.why}"
    return Pick("hf", place, {**asked, "dtype": first.precision}, told)


def _offload(device: object) -> dict[str, object]:
    """A device, in llama.cpp's terms."""
    return {"gpu_layers": 0} if device == "cpu" else {}


def _is_here(text: str) -> bool:
    return Path(text).exists()


def _short(model: str) -> str:
    return model.partition("@")[0].rstrip("/").rsplit("/", 1)[-1]


def _key(spec: JudgeSpec) -> str:
    return f"pick:{spec.key}"

"""Which server answers at an address, and what it says of itself."""

from dataclasses import dataclass
from typing import Any, Literal

from deita_tui.backends.http_address import Address
from deita_tui.backends.http_wire import Refused, Wire, shown
from deita_tui.errors import JobError, UsageError

Kind = Literal["llama.cpp", "vllm", "openai"]


@dataclass(frozen=True, slots=True)
class Server:
    """What is known of a server. All of it is hearsay."""

    kind: Kind
    model: str
    """As the server wants it to be called in a question."""
    name: str
    """The same for people, and for the identity of scores: no path."""
    facts: tuple[str, ...]
    """What else it tells of the weights, like their number and precision."""
    limit: int | None
    """The most tokens of a prompt and an answer of one."""
    slots: int | None
    """Questions that it answers at a time."""
    vocabulary: int | None
    """Tokens that there are."""


def find(wire: Wire, address: Address) -> Server:
    """Ask a server what it is.

    Raises:
        UsageError: it does not have the model, or cannot be asked for one token's probability.
        JobError: it does not answer.
    """
    models = _models(_get(wire, "/v1/models"))
    props = _get(wire, "/props")
    if isinstance(props, dict) and "default_generation_settings" in props:
        return _llama(models, props, address)
    if isinstance(_get(wire, "/api/version"), dict) and _owner(models) != "vllm":
        raise UsageError(
            f"{address.root} is Ollama, which takes no token ids and does not tell which token a "
            "probability belongs to; so no digit can be told for certain.",
            "Run the same .gguf with --backend llama, or with llama.cpp's server.",
        )
    if not models:
        raise JobError(
            f"{address.root} names no models, so it is no completion server.",
            "Give its address without /v1, like http://127.0.0.1:8000.",
        )
    entry = _chosen(models, address)
    kind: Kind = "vllm" if _owner(models) == "vllm" else "openai"
    root = str(entry.get("root") or entry["id"])
    limit = entry.get("max_model_len")
    return Server(
        kind=kind,
        model=str(entry["id"]),
        name=_short(root),
        facts=(),
        limit=limit if isinstance(limit, int) else None,
        slots=None,
        vocabulary=None,
    )


def _llama(models: list[dict[str, Any]], props: dict[str, Any], address: Address) -> Server:
    entry = _chosen(models, address) if models else {"id": ""}
    meta = entry.get("meta")
    facts = meta if isinstance(meta, dict) else {}
    settings = props["default_generation_settings"]
    limit = settings.get("n_ctx") if isinstance(settings, dict) else None
    told = (f"{name} {facts[name]}" for name in ("n_params", "size") if name in facts)
    precision = props.get("model_ftype") or facts.get("ftype")
    slots, vocabulary = props.get("total_slots"), facts.get("n_vocab")
    return Server(
        kind="llama.cpp",
        model=str(entry["id"]),
        name=_short(str(props.get("model_path") or entry["id"])),
        facts=(*told, *([str(precision)] if precision else [])),
        limit=limit if isinstance(limit, int) and limit > 1 else None,
        slots=slots if isinstance(slots, int) and slots > 0 else None,
        vocabulary=vocabulary if isinstance(vocabulary, int) else None,
    )


def _models(said: Any) -> list[dict[str, Any]]:
    data = said.get("data") if isinstance(said, dict) else None
    return [each for each in data or () if isinstance(each, dict) and "id" in each]


def _chosen(models: list[dict[str, Any]], address: Address) -> dict[str, Any]:
    names = [str(each["id"]) for each in models]
    listed = ", ".join(map(shown, names[:20]))
    if not address.model:
        if len(models) == 1:
            return models[0]
        raise UsageError(
            f"{address.root} has several models: {listed}.",
            f"Name one behind a #, like {address.root}#{shown(names[0])}.",
        )
    for name, each in zip(names, models, strict=True):
        if address.model in (name, _short(name)):
            return each
    raise UsageError(f"{address.root} has no model {address.model!r}.", f"It has: {listed}.")


def _owner(models: list[dict[str, Any]]) -> str:
    return str(models[0].get("owned_by", "")).lower() if models else ""


def _get(wire: Wire, path: str) -> Any:
    """What the server says at ``path``; None where it has no such thing."""
    try:
        return wire.get(path)
    except Refused:
        return None


def _short(name: str) -> str:
    """A model's name without the folders that it lies in; a hub id stays whole."""
    text = shown(name).rstrip("/\\")
    is_path = text.startswith(("/", "~", ".")) or "\\" in text or text.count("/") > 1
    return text.replace("\\", "/").rsplit("/", 1)[-1] if is_path else text

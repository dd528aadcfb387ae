"""What a scoring run would take: rows, tokens, hours, GB. Loads no model and writes nothing."""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import cast

import msgspec

from deita_store import scores, settings
from deita_store.store import Store
from deita_tui.records import Pairing, from_body, pairs
from deita_tui.scoring import methods
from deita_tui.scoring import plan as estimates
from deita_tui.scoring.deita import TEMPLATES, Template
from deita_tui.scoring.plan import Plan
from deita_tui.steps import deriving
from deita_tui.steps.scoring import chosen
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs
from deita_tui.steps.stages import remembered
from deita_tui.steps.windows import Fields

_TEXT_ALONE = JudgeSpec("nothing but the text", "text")
_TOKENS_A_SECOND = 1_000_000
"""That methods without a model get through, about; it is a plan."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the caller can tell about the models without loading them."""

    count: Callable[[str], int] | None = None
    """Tokens of a text, by the model's own tokenizer."""
    rate: float | None = None
    """Prompt tokens a second; None: what the same model did in its pilot here."""
    bytes: Mapping[str, int] = field(default_factory=dict)
    """Of the weights, by model, where these are not a file or a folder here."""


def plan(store: Store, args: ScoreArgs, known: Known = Known()) -> Plan:
    """What ``scoring.run`` would do with ``args``; the project may be open for reading only."""
    todo = chosen(store, args)
    sample = _sample(store, todo)
    if args.methods:
        return Plan(tuple(_method(store, args, todo, sample, name, known) for name in args.methods))
    stages = [
        _stage(store, args, todo, sample, (spec, TEMPLATES[measures]), known)
        for measures, spec in (("complexity", args.complexity), ("quality", args.quality))
        if spec is not None
    ]
    return Plan(tuple(stages))


def _stage(
    store: Store,
    args: ScoreArgs,
    todo: "array[int]",
    sample: list[Fields],
    asked: tuple[JudgeSpec, Template],
    known: Known,
) -> estimates.Stage:
    spec, template = asked
    turns, texts = _counts(store, template, todo)
    scorer = remembered(store, spec, template)
    done = None if scorer is None else scores.count_given(store, scorer, todo)
    left = texts - (done or 0)
    # Each text once, as the judge is asked: what is met often is mostly short.
    fields = list(dict.fromkeys(each if template.reads == "pair" else each[:1] for each in sample))
    tokens, counted = estimates.tokens(template, fields, left, args.max_tokens, known.count)
    rate = known.rate
    if rate is None and scorer is not None:
        rate = cast(
            "float | None", (scores.health(store, scorer.id) or {}).get("tokens_per_second")
        )
    return estimates.Stage(
        measures=template.measures,
        model=spec.model,
        records=len(todo),
        turns=turns,
        texts=texts,
        done=done,
        tokens=tokens,
        counted=counted,
        seconds=tokens / rate if rate else None,
        model_bytes=known.bytes.get(spec.model) or estimates.model_bytes(spec.model),
    )


def _method(
    store: Store,
    args: ScoreArgs,
    todo: "array[int]",
    sample: list[Fields],
    name: str,
    known: Known,
) -> estimates.Stage:
    """A method's share: its texts, without what it puts around them."""
    entry = methods.find(name)
    fields = 2 if entry.reads == "pair" else 1
    bare = Template(name, entry.reads, ("", *[" "] * (fields - 1), ""))
    spec = args.model if entry.kind in ("model", "probe") and args.model else _TEXT_ALONE
    found = _stage(store, args, todo, sample, (spec, bare), known)
    if spec is not _TEXT_ALONE:
        passes = 2 * args.probing.anchors if name == "nuggets" else entry.passes
        seconds = None if found.seconds is None else found.seconds * passes
        return msgspec.structs.replace(found, tokens=found.tokens * passes, seconds=seconds)
    return msgspec.structs.replace(found, seconds=found.tokens / _TOKENS_A_SECOND, model_bytes=0)


def _counts(store: Store, template: Template, todo: "array[int]") -> tuple[int, int]:
    """Turns, and different texts; where these are not derived yet each turn counts as one."""
    last = deriving.watermark(store)
    turns, texts = scores.texts(store, template.reads, [each for each in todo if each <= last])
    later = scores.count_turns(store, [each for each in todo if each > last])
    return turns + later, texts + later


def _sample(store: Store, todo: "array[int]") -> list[Fields]:
    """Instruction and response of the first texts in the order of the run: a fair sample."""
    pairing = cast("Pairing", settings.get(store, "pairing", "deita-tui"))
    bodies = scores.bodies(store, todo[: estimates.SAMPLE])
    turns = (turn for body in bodies.values() for turn in pairs(from_body(body).messages, pairing))
    return [(turn.instruction, turn.response) for turn in turns if turn.problem is None]

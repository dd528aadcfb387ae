"""A random little project, and what each filter must find in it, worked out in plain Python."""

import random
import re
from collections.abc import Callable, Sequence

from hypothesis import strategies as st

from deita_store.filter_tree import All, Any, Node, Not, Term, Value, all_of, any_of, terms
from tests.store.made import Chosen, Item, said

WORDS = ("red", "black", "tree", "node", "Naïve", "cafe", "sorting", "sort", "42nd")
UNSPACED = ("红黑树", "红", "算法", "ต้นไม้", "木")
SOURCES = ("alpaca", "dolly", "alpaca-cleaned", "Ünïon")
TAGS = ("todo", "hard one", "x*y")
NOTES = (None, "", "ask Ada", "licence?")
REST, LAST = "over_budget", 50


def items(seed: int, count: int = 60) -> list[Item]:
    rng = random.Random(seed)
    return [_item(rng, number) for number in range(count)]


def chosen() -> Chosen:
    return Chosen(rest=REST, last_record=LAST)


def _item(rng: random.Random, number: int) -> Item:
    turns = rng.choice((1, 1, 1, 2, 3))
    texts = [" ".join(rng.choices(WORDS + UNSPACED, k=rng.randint(1, 6))) for _ in range(2 * turns)]
    outcome = rng.choice((None, "kept", "too_similar", "rejected", "unscored"))
    if number >= LAST:
        outcome = None  # the selection does not know it
    return Item(
        # The number keeps every text, and so every score, apart.
        said(*(f"{text} no{number}x{turn}" for turn, text in enumerate(texts))),
        source=rng.choice(SOURCES),
        external_id=rng.choice((None, f"CC-{number}", "twice")),
        copies=rng.choice((0, 1, 1, 1, 2)),
        complexity=_scores(rng, turns),
        quality=_scores(rng, turns),
        decision=rng.choice((None, None, "keep", "reject")),
        flag=rng.random() < 0.2,
        rating=rng.choice((None, None, 1, 3, 6)),
        note=rng.choice(NOTES),
        tags=tuple(sorted(rng.sample(TAGS, rng.choice((0, 0, 1, 2))))),
        outcome=outcome,
        rank=rng.randint(1, 99) if outcome == "kept" else None,
        score=rng.choice((None, 3.5, round(rng.uniform(0, 30), 2))) if outcome else None,
        similarity=round(rng.uniform(0.8, 1), 3) if outcome == "too_similar" else None,
        revision=rng.choice((0, 0, 0, 1)),
    )


def _scores(rng: random.Random, turns: int) -> tuple[float | None, ...] | None:
    if rng.random() < 0.2:
        return None
    return tuple(rng.choice((None, *[rng.randint(10, 60) / 10] * 6)) for _ in range(turns))


# Filters ----------------------------------------------------------------------------------------

_numbers = st.one_of(
    st.integers(-2, 70).map(str),
    st.sampled_from(("3.5", "0.9", ".5", "1e1", "1..3", "2..", "..40", "0.85..0.95")),
)
_NUMERIC = ("id", "turns", "chars", "copies", "score", "c", "q", "rank", "similarity", "rating",
            "revision")  # fmt: skip
_NAMED = {
    "source": st.sampled_from((*SOURCES, "ALPACA")),
    "external_id": st.sampled_from(("CC-7", "cc-7", "twice", "never")),
    "tag": st.sampled_from((*TAGS, "TODO", "none")),
    "note": st.sampled_from(("ask ada", "licence?", "")),
    "import": st.sampled_from(("pool.jsonl", "1", "2")),
}
_CHOSEN = {
    "is": ("kept", "too_similar", "over_budget", "unscored", "rejected", "pinned", "undecided",
           "flagged", "edited", "multi", "failed", "removed"),
    "has": ("note", "tag", "rating", "external_id", "extras"),
    "decision": ("keep", "reject", "none"),
    "outcome": ("kept", "too_similar", "over_budget", "filtered"),
    "flag": ("yes", "no"),
}  # fmt: skip


def _listed(value: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[Value, ...]]:
    return st.lists(value, min_size=1, max_size=3).map(tuple)


def _exact(text: str) -> Value:
    return Value((text,))


_compared = st.builds(
    Term,
    st.sampled_from(_NUMERIC),
    st.sampled_from(("<", "<=", ">", ">=")),
    st.sampled_from(("3.5", "2", "0.9", "40", "-1")).map(lambda text: (_exact(text),)),
)
_numeric = st.builds(
    Term, st.sampled_from(_NUMERIC), st.sampled_from((":", "!=")), _listed(_numbers.map(_exact))
)
_named = st.one_of(
    *(
        st.builds(
            Term,
            st.just(name),
            st.sampled_from((":", "!=")),
            _listed(
                st.one_of(
                    texts.map(_exact),
                    st.sampled_from((("al", ""), ("", "o"), ("a", "a"), ("", ""))).map(Value)
                    if name != "source"
                    else st.sampled_from((("al", ""), ("", "y"))).map(Value),
                )
            ),
        )
        for name, texts in _NAMED.items()
    )
)
_states = st.one_of(
    *(
        st.builds(
            Term,
            st.just(name),
            st.sampled_from((":", "!=")),
            _listed(st.sampled_from(known).map(_exact)),
        )
        for name, known in _CHOSEN.items()
    )
)
_texts = st.builds(
    Term,
    st.just("text"),
    st.just(":"),
    _listed(
        st.one_of(
            st.lists(st.sampled_from(("red", "black", "TREE", "node", "cafe", "42nd", "sorted")),
                     min_size=1, max_size=2).map(lambda words: _exact(" ".join(words))),
            st.sampled_from((*UNSPACED, "黑", "算法 红", "ต้น", "x1", "d t")).map(_exact),
            st.sampled_from(("sor", "red bl", "blac")).map(lambda stem: Value((stem, ""))),
        )
    ),
)  # fmt: skip


def _joined(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    several = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(inner.map(Not), several.map(all_of), several.map(any_of))


nodes: st.SearchStrategy[Node] = st.recursive(
    st.one_of(_compared, _numeric, _named, _states, _texts), _joined, max_leaves=6
)


# What they must find ----------------------------------------------------------------------------


def expected(node: Node, pool: Sequence[Item]) -> list[int]:
    """The ids that a filter must find."""
    removed = any(
        term.name == "is" and any(value.text == "removed" for value in term.values)
        for term in terms(node)
    )
    return [
        id_
        for id_, item in enumerate(pool, start=1)
        if (removed or item.copies) and _holds(node, id_, item)
    ]


def _holds(node: Node, id_: int, item: Item) -> bool:
    match node:
        case Not(part):
            return not _holds(part, id_, item)
        case All(parts):
            return all(_holds(part, id_, item) for part in parts)
        case Any(parts):
            return any(_holds(part, id_, item) for part in parts)
        case Term(name, operator, values):
            if name in _NUMERIC:
                return _number(_quantity(name, id_, item), operator, values)
            test = _TESTS[name]
            return any(test(value, id_, item) for value in values) == (operator == ":")


def _quantity(name: str, id_: int, item: Item) -> float | None:
    if name == "id":
        return id_
    if name in ("c", "q"):
        scores = item.complexity if name == "c" else item.quality
        known = [score for score in scores or () if score is not None]
        return sum(known) / len(known) if known else None
    found = getattr(item, name)
    return None if found is None else float(found)


def _number(found: float | None, operator: str, values: Sequence[Value]) -> bool:
    if found is None:
        return operator == "!="
    if operator in (":", "!="):
        return any(_within(found, value.text) for value in values) == (operator == ":")
    limit = float(values[0].text)
    return {
        "<": found < limit, "<=": found <= limit, ">": found > limit, ">=": found >= limit
    }[operator]  # fmt: skip


def _within(found: float, text: str) -> bool:
    if ".." not in text:
        return found == float(text)
    low, high = text.split("..")
    return (not low or found >= float(low)) and (not high or found <= float(high))


def _lower(text: str) -> str:
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)


def _same(value: Value, text: str | None) -> bool:
    if text is None:
        return False
    pattern = ".*".join(re.escape(_lower(part)) for part in value.parts)
    return re.fullmatch(pattern, _lower(text), re.DOTALL) is not None


def outcome(id_: int, item: Item) -> str | None:
    return (item.outcome or REST) if id_ <= LAST else None


def _state(value: Value, id_: int, item: Item) -> bool:
    states = {
        "pinned": item.decision == "keep",
        "rejected": item.decision == "reject",
        "undecided": item.decision is None,
        "flagged": item.flag,
        "edited": item.revision > 0,
        "multi": item.turns > 1,
        "failed": None in (*(item.complexity or ()), *(item.quality or ())),
        "removed": item.copies == 0,
    }
    return states[value.text] if value.text in states else outcome(id_, item) == value.text


def _part(value: Value, id_: int, item: Item) -> bool:
    external = item.external_id is not None and item.copies > 0
    return {
        "note": bool(item.note),
        "tag": bool(item.tags),
        "rating": item.rating is not None,
        "external_id": external,
        "extras": False,
    }[value.text]


def _text(value: Value, id_: int, item: Item) -> bool:
    if not item.copies:
        return False
    whole = "\n".join(message.content for message in item.record.messages)
    needle = value.parts[0]
    if not re.search("[a-z0-9]{3}", needle.lower()) or not needle.isascii():
        return needle.lower() in whole.lower()
    # Words as an index of words cuts them, without accents.
    plain = whole.lower().replace("ï", "i")
    pattern = r"[^\w]+".join(map(re.escape, needle.lower().split()))
    end = r"\w*" if len(value.parts) > 1 else ""
    return re.search(rf"(?<!\w){pattern}{end}(?!\w)", plain) is not None


_TESTS: dict[str, Callable[[Value, int, Item], bool]] = {
    "source": lambda value, id_, item: _same(value, item.source),
    "external_id": lambda value, id_, item: item.copies > 0 and _same(value, item.external_id),
    "tag": lambda value, id_, item: any(_same(value, tag) for tag in item.tags),
    "note": lambda value, id_, item: _same(value, item.note),
    "import": lambda value, id_, item: (
        item.copies > 0 and (_same(value, "pool.jsonl") or _same(value, "1"))
    ),
    "is": _state,
    "has": _part,
    "decision": lambda value, id_, item: (item.decision or "none") == value.text,
    "outcome": lambda value, id_, item: outcome(id_, item) == value.text,
    "flag": lambda value, id_, item: ("yes" if item.flag else "no") == value.text,
    "text": _text,
}

"""What a filter is once it is understood: a small tree, and its one canonical spelling."""

from dataclasses import dataclass, field
from typing import Literal

Operator = Literal[":", "!=", "<", "<=", ">", ">="]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Value:
    """One value as it was written.

    ``parts`` are its literal pieces, between which any text may stand: a single one means exactly
    that text; `alpaca*` is ("alpaca", "").
    """

    parts: tuple[str, ...]
    quoted: bool = field(default=False, compare=False)
    span: Span = field(default=(0, 0), compare=False)

    @property
    def text(self) -> str:
        """The value with its wildcards as they are written."""
        return "*".join(self.parts)


@dataclass(frozen=True, slots=True)
class Range:
    """From ``low`` to ``high``, both included; None leaves an end open."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Term:
    """One condition: any of the values, or none of them where the operator is `!=`."""

    name: str
    operator: Operator
    values: tuple[Value, ...]
    span: Span = field(default=(0, 0), compare=False)
    name_span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """What the part does not match."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class All:
    """What every part matches; without parts, everything."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Any:
    """What at least one part matches."""

    parts: "tuple[Node, ...]"


Node = Term | Not | All | Any


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that was understood; ``str()`` gives its canonical spelling."""

    text: str
    node: Node

    def __str__(self) -> str:
        return spell(self.node)

    def __bool__(self) -> bool:
        return self.node != All(())


def all_of(parts: list[Node]) -> Node:
    """The parts joined by "and", without needless nesting."""
    flat = [p for part in parts for p in (part.parts if isinstance(part, All) else (part,))]
    return flat[0] if len(flat) == 1 else All(tuple(flat))


def any_of(parts: list[Node]) -> Node:
    """The parts joined by "or", without needless nesting."""
    flat = [p for part in parts for p in (part.parts if isinstance(part, Any) else (part,))]
    return flat[0] if len(flat) == 1 else Any(tuple(flat))


def terms(node: Node) -> list[Term]:
    """Every condition in it."""
    match node:
        case Term():
            return [node]
        case Not(part):
            return terms(part)
        case All(parts) | Any(parts):
            return [term for part in parts for term in terms(part)]


def spell(node: Node) -> str:
    """The text that parses to ``node``."""
    match node:
        case Term(name, operator, values):
            return name + operator + ",".join(spell_value(value) for value in values)
        case Not(part):
            inner = spell(part)
            return f"-({inner})" if isinstance(part, All | Any) else f"-{inner}"
        case All(parts):
            return " ".join(f"({spell(p)})" if isinstance(p, Any) else spell(p) for p in parts)
        case Any(parts):
            return " or ".join(spell(part) for part in parts)


def spell_value(value: Value) -> str:
    """A value so that it is read back the same: quoted where it must be."""
    if len(value.parts) == 1 and (not value.parts[0] or any(map(_is_special, value.parts[0]))):
        escaped = value.parts[0].replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return "*".join("".join(map(_escape, part)) for part in value.parts)


def _is_special(char: str) -> bool:
    return char.isspace() or char in '"()\\*,'


def _escape(char: str) -> str:
    return f"\\{char}" if _is_special(char) else char

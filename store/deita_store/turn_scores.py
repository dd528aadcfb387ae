"""What every scorer said of each turn of one record."""

from dataclasses import dataclass

from deita_store.store import Store


@dataclass(frozen=True, slots=True)
class TurnScore:
    """One scorer about one turn of the version in force; a value, or the reason why there is none.

    A turn that cannot be scored has its reason from every scorer that dealt with the record.
    """

    scorer_id: int
    scorer: str
    measures: str
    turn: int
    """From 0."""
    value: float | None
    reason: str | None
    probabilities: tuple[float, ...] | None
    """Of the digits 1 to 6."""
    mass: float | None
    tokens: int | None
    shortened: bool
    draft: bool
    """Is the scorer's word no more than a draft?"""


def of_record(store: Store, record_id: int) -> list[TurnScore]:
    """What was said of a record, turn by turn, oldest scorer first; what was not is left out."""
    rows = store.db.execute(
        "select s.id, s.name, s.measures, t.turn, v.value, coalesce(v.reason, t.problem),"
        " v.mass, v.tokens, coalesce(v.shortened, 0),"
        " coalesce(json_extract(s.config, '$.draft'), 0), v.p1, v.p2, v.p3, v.p4, v.p5, v.p6"
        " from records r join turns t on t.conversation_id = r.conversation_id"
        " cross join scorers s"
        " left join scores v on t.problem is null and v.scorer_id = s.id"
        " and v.text = case s.reads when 'instruction' then t.instruction else t.pair end"
        " left join record_scores d"
        " on d.scorer_id = s.id and d.conversation_id = t.conversation_id"
        " where r.id = ?"
        " and (v.text is not null or (t.problem is not null and d.scorer_id is not null))"
        " order by t.turn, s.id",
        (record_id,),
    )
    return [
        TurnScore(
            id_, name, measures, turn, value, reason,
            None if None in digits else tuple(digits), mass, tokens, bool(short), bool(draft),
        )
        for id_, name, measures, turn, value, reason, mass, tokens, short, draft, *digits in rows
    ]  # fmt: skip

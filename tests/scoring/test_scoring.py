import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import scores
from deita_store import settings as project_settings
from deita_store.store import Store
from deita_tui import records
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import JobError, UsageError
from deita_tui.scoring import digits
from deita_tui.scoring.deita import COMPLEXITY, QUALITY, combine, judgement
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.runs import BOTH, C, Judges, follow, pool, rows, run, run_for, sums, texts
from tests.scoring.small_project import Pair, fill, project, record

POOL = pool(60)


def judge(**settings: object) -> JudgeSpec:
    return JudgeSpec("c", "fake", settings)


def one(**settings: object) -> ScoreArgs:
    return ScoreArgs(complexity=judge(**settings))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "project", POOL) as made:
        yield made


def test_every_turn_gets_the_score_of_the_formula(store: Store) -> None:
    run(store, BOTH)
    asked = FakeJudge("q", FakeSettings())
    found = digits.resolve(asked.tokens, QUALITY)
    for pairs in POOL:
        for pair in pairs:
            prompt = asked.tokens(QUALITY.render(pair))
            (logprobs,) = asked.next_logprobs([prompt], found.ids).tolist()
            said = judgement(logprobs)
            assert said is not None
            row = store.db.execute(
                "select value, p1, p6, mass, tokens, shortened from scores where text = ?",
                (records.pair_key(records.Turn(*pair)),),
            ).fetchone()
            p = said.probabilities
            assert row == (said.value, p[0], p[5], said.mass, len(prompt), 0)


def test_records_are_summed_and_ranked_by_the_product(store: Store) -> None:
    run(store, BOTH)
    value = dict(store.db.execute("select text, value from scores").fetchall())
    expected = {}
    for number, pairs in enumerate(POOL, start=1):
        turns = records.pairs(record(pairs).messages)
        c = [value[records.instruction_key(turn.instruction)] for turn in turns]
        q = [value[records.pair_key(turn)] for turn in turns]
        expected[number] = combine(c, q) or 0
        sums = store.db.execute(
            "select scored, failed, mean from record_scores where conversation_id = ? "
            "order by scorer_id",
            (number,),
        ).fetchall()
        assert [row[:2] for row in sums] == [(len(turns), 0)] * 2
        assert sorted(row[2] for row in sums) == pytest.approx(
            sorted([sum(c) / len(c), sum(q) / len(q)])
        )
    best = scores.best(store, "deita", len(POOL))
    assert [expected[each] for each in best] == pytest.approx(sorted(expected.values())[::-1])


def test_no_text_is_judged_twice(store: Store) -> None:
    judges = Judges()
    report = run(store, BOTH, judges)
    instructions, pairs = texts(POOL)
    assert judges.rows == {"c": instructions, "q": pairs}
    assert [(each.measures, each.scored) for each in report.stages] == [
        ("complexity", instructions),
        ("quality", pairs),
    ]


def test_the_same_command_again_asks_nothing(store: Store) -> None:
    run(store, BOTH)
    before, judges = rows(store), Judges()
    report = run(store, BOTH, judges)
    assert judges.rows == {"c": 0, "q": 0}
    assert [each.scored for each in report.stages] == [0, 0]
    assert rows(store) == before


def test_what_comes_later_is_all_that_is_asked(store: Store) -> None:
    run(store, BOTH)
    fill(store, [[("a new question", "and an answer"), POOL[0][0]]])
    judges = Judges()
    report = run(store, BOTH, judges)
    assert judges.rows == {"c": 1, "q": 1}
    assert [each.reused for each in report.stages] == [1, 1]
    assert len(sums(store)) == 2 * (len(POOL) + 1)


def test_another_model_is_another_scorer(store: Store) -> None:
    run(store, ScoreArgs(complexity=C))
    run(store, ScoreArgs(complexity=JudgeSpec("other", "fake")))
    run(store, ScoreArgs(complexity=C, max_tokens=300))
    assert len(scores.scorers(store)) == 3
    (count,) = store.db.execute("select count(*) from scores").fetchone()
    assert count == 3 * texts(POOL)[0]


def test_a_judge_for_both_is_loaded_once(store: Store) -> None:
    judges = Judges()
    run(store, ScoreArgs(complexity=C, quality=C), judges)
    assert len(judges.opened) == 1
    assert judges.opened[0].closed
    assert judges.rows == {"c": sum(texts(POOL))}


@cache
def straight() -> tuple[object, object]:
    """What a run over the pool comes to that nothing disturbs."""
    with tempfile.TemporaryDirectory() as folder, project(Path(folder) / "it", POOL) as store:
        run(store, BOTH)
        return rows(store), sums(store)


@settings(deadline=None, max_examples=15)
@given(
    steps=st.lists(st.integers(1, 12), max_size=6),
    batch_tokens=st.sampled_from([1, 700, 5_000]),
)
def test_a_run_that_is_stopped_anywhere_ends_with_the_same_rows(
    steps: list[int], batch_tokens: int
) -> None:
    args = msgspec.structs.replace(BOTH, batch_tokens=batch_tokens)
    with tempfile.TemporaryDirectory() as folder:
        judges = Judges()
        with project(Path(folder) / "it", POOL) as store:
            for count in steps:
                run_for(store, args, count, judges)
            run(store, args, judges)
            assert (rows(store), sums(store)) == straight()
    instructions, pairs = texts(POOL)
    assert judges.rows == {"c": instructions, "q": pairs}


def test_turns_that_cannot_be_scored_say_why(tmp_path: Path) -> None:
    conversations: list[list[Pair]] = [[("a", "")], [("b", "c"), (" ", "d")], [("e", "f")]]
    with project(tmp_path / "project", conversations) as store:
        report = run(store, BOTH)
        assert {each[1:] for each in sums(store) if each[0] == "quality"} == {
            (1, 0, 1, None),
            (2, 1, 1, report.stages[1].health and _value(store, "quality", "b", "c")),
            (3, 1, 0, _value(store, "quality", "e", "f")),
        }
        problems = store.db.execute("select problem from turns where problem not null").fetchall()
    assert sorted(problems) == [("empty instruction",), ("empty response",)]


def _value(store: Store, measures: str, *pair: str) -> float:
    key = records.pair_key(records.Turn(*pair))
    (value,) = store.db.execute("select value from scores where text = ?", (key,)).fetchone()
    return float(value)


def test_a_conversation_without_turns_is_dealt_with(tmp_path: Path) -> None:
    with project(tmp_path / "project", [[], [("a", "b")]]) as store:
        run(store, BOTH)
        assert ("quality", 1, 0, 0, None) in sums(store)
        assert list(scores.pending(store, 1, scores.order(store, 0))) == []


def test_long_texts_are_shortened_and_marked(tmp_path: Path) -> None:
    with project(tmp_path / "project", [[("short", "b")], [("long " * 200, "b")]]) as store:
        run(store, ScoreArgs(complexity=C, max_tokens=400))
        found = store.db.execute("select tokens, shortened from scores order by tokens").fetchall()
    assert found == [(128, 0), (400, 1)]


def test_the_judges_own_limit_holds_too(tmp_path: Path) -> None:
    with project(tmp_path / "project", [[("long " * 200, "b")]]) as store:
        run(store, one(limit=300))
        assert store.db.execute("select tokens, shortened from scores").fetchall() == [(300, 1)]


def test_a_limit_below_the_template_fails_every_text_with_a_reason(store: Store) -> None:
    with pytest.raises(JobError, match="the template alone is longer than 50 tokens"):
        run(store, ScoreArgs(complexity=C, max_tokens=50))
    assert {row[3] for row in rows(store)} == {"the template alone is longer than 50 tokens"}


# What to score ----------------------------------------------------------------------------------

LARGE: list[list[Pair]] = [[(f"question {n} " + "x" * (n % 60), f"answer {n}")] for n in range(300)]


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "large", LARGE) as made:
        yield made


def test_a_limit_covers_the_same_records_for_both_and_grows(large: Store) -> None:
    run(large, msgspec.structs.replace(BOTH, limit=40))
    first = {(measures, id_) for measures, id_, *_ in sums(large)}
    assert {id_ for measures, id_ in first if measures == "quality"} == {
        id_ for measures, id_ in first if measures == "complexity"
    }
    assert len(first) == 80
    judges = Judges()
    run(large, msgspec.structs.replace(BOTH, limit=60), judges)
    assert judges.rows == {"c": 20, "q": 20}
    assert first < {(measures, id_) for measures, id_, *_ in sums(large)}
    assert scores.reach(large, 1) == {"limit": 60, "records": 60}


def test_a_cheap_score_decides_what_the_dear_one_sees(large: Store) -> None:
    cheap = ScoreArgs(complexity=JudgeSpec("cheap", "fake"), name="lite")
    run(large, cheap)
    best = set(scores.best(large, "lite", 25))
    run(large, msgspec.structs.replace(BOTH, top=25, by="lite"))
    (scorer,) = (each for each in scores.scorers(large, "deita") if each.measures == "quality")
    seen = large.db.execute(
        "select conversation_id from record_scores where scorer_id = ?", (scorer.id,)
    ).fetchall()
    assert {row[0] for row in seen} == best
    assert scores.reach(large, scorer.id) == {"top": 25, "by": "lite", "records": 25}
    with pytest.raises(UsageError, match="needs a score to rank by"):
        run(large, msgspec.structs.replace(BOTH, top=25))


def test_a_filter_decides_too(large: Store) -> None:
    report = run(large, msgspec.structs.replace(BOTH, where='text:"question 7"'))
    assert report.stages[0].records == report.stages[0].scored
    assert 0 < report.stages[0].records < 300


def test_removed_records_are_not_scored(large: Store) -> None:
    with large.transaction() as db:
        db.execute("update records set live = 0 where id > 100")
    assert run(large, BOTH).stages[0].records == 100


def test_an_edited_record_is_scored_again_and_undo_costs_nothing(store: Store) -> None:
    run(store, BOTH)
    body = records.body(record([("edited question", POOL[0][0][1])])).decode()
    with store.transaction() as db:
        version = db.execute(
            "insert into conversations (record_id, revision, turns, chars, body) "
            "values (1, 1, 1, 20, ?)",
            (body,),
        ).lastrowid
        db.execute("update records set conversation_id = ? where id = 1", (version,))
    judges = Judges()
    run(store, BOTH, judges)
    assert judges.rows == {"c": 1, "q": 1}
    with store.transaction() as db:
        db.execute("update records set conversation_id = 1 where id = 1")
    run(store, BOTH, judges)
    assert judges.rows == {"c": 1, "q": 1}


def test_the_pairing_of_the_project_holds(tmp_path: Path) -> None:
    conversations: list[list[Pair]] = [[("a", "b"), ("c", "d")]]
    with project(tmp_path / "project", conversations) as store:
        project_settings.put(store, "pairing", "reference")
        report = run(store, BOTH)
        assert [each.scored for each in report.stages] == [2, 2]


def test_progress_only_grows_and_ends_at_the_total(large: Store) -> None:
    for stage in ("complexity", "quality"):
        told = [each for each in follow(large, BOTH) if each.stage == stage]
        done = [each.done for each in told]
        assert done == sorted(done)
        assert told[-1].done == told[-1].total == 300


def test_no_prompt_is_longer_than_its_judge_takes(store: Store) -> None:
    run(store, one(limit=150))
    longest = store.db.execute("select max(tokens) from scores").fetchone()
    assert longest == (150,)
    assert COMPLEXITY.measures == scores.scorers(store)[0].measures

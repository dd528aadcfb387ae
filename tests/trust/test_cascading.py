"""The cascade in a project: scores that stay, a certificate that is kept, and it goes on."""

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest

from deita_store import scores
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.steps import cascading, scoring
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs
from tests.trust.judged import Judge, args, made, run


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cascade") / "pool"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DEITA_TUI_CACHE", str(folder.parent / "scores.db"))
        made(folder, 900)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "pool")
    return tmp_path / "pool"


def test_it_scores_a_part_and_certifies_what_that_finds(folder: Path) -> None:
    judge = Judge()
    with Store.open(folder) as store:
        report = run(store, args(goal=0.95), judge)
        assert report is not None
        assert report.end in ("reached", "limit")
        assert report.scored < report.records
        assert judge.closed == 1, "the model is opened once for all rounds"
        (scorer,) = scores.scorers(store, "made")
        every = scores.order(store, 0)
        pending = len(scores.pending(store, scorer.id, every))
        assert len(every) - pending == report.scored == report.asked
        assert cascading.report(store, scorer.id) == report
        assert cascading.report(store, 1) is None
        assert report.low is not None
        assert report.high is not None
        with Project.open(folder) as project:
            project.select(save="cascaded", budget=40, formula="c", scorer="made")
        full = scoring.run(store, args().score, None, lambda *_: judge)
        for _ in full:
            pass
        with Project.open(folder) as project:
            project.select(save="full", budget=40, formula="c", scorer="made")
            kept = [
                set(project.view("is:kept", selection=name).ids) for name in ("cascaded", "full")
            ]
        share = len(kept[0] & kept[1]) / 40
        assert report.low <= share <= report.high


def test_stopped_anywhere_it_goes_on_and_comes_to_the_same(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "other")
    with Store.open(tmp_path / "other") as store:
        whole, first = run(store, args(), one := Judge()), one.rows
    broken = Judge()
    with Store.open(folder) as store:
        for steps in (3, 9, 14, 25):
            run(store, args(), broken, steps)
        pieces = run(store, args(), broken)
    assert whole is not None
    assert pieces is not None
    assert broken.rows == first, "nothing is scored twice"
    same = {"seconds": 0.0}
    assert msgspec.structs.replace(pieces, **same) == msgspec.structs.replace(whole, **same)


def test_what_was_scored_before_is_used(folder: Path) -> None:
    judge = Judge()
    with Store.open(folder) as store:
        before = msgspec.structs.replace(args().score, limit=400)
        for _ in scoring.run(store, before, None, lambda *_: judge):
            pass
        report = run(store, args(), judge)
        assert report is not None
        assert report.scored - report.asked == 400


def test_a_judge_that_nothing_foretells_saves_nothing_and_that_is_said(folder: Path) -> None:
    with Store.open(folder) as store:
        params = Params(budget=40, formula="c", turns="mean")
        report = run(store, args(params=params), Judge(noise=60.0))
        assert report is not None
        assert report.end == "no saving"
        assert report.scored == 200
        assert report.low is None
        assert np.isfinite([found for _, found in report.curve]).all()


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (Params(budget=40, formula="rank(c)"), "takes the rank"),
        (Params(budget=40, formula="q"), "does not ask for complexity"),
        (Params(budget=40, formula="c", selector="random"), "does not go by scores alone"),
        (Params(budget=0, formula="c"), "Without a budget"),
        (Params(budget=40, formula="c", head=0.5), "--head"),
    ],
)
def test_what_makes_no_sense_is_refused(folder: Path, params: Params, told: str) -> None:
    with Store.open(folder) as store, pytest.raises(UsageError, match=told.replace("(", r"\(")):
        run(store, args(params=params), Judge())


def test_the_cheap_scorer_must_have_scored_everything(folder: Path) -> None:
    with Store.open(folder) as store:
        with pytest.raises(UsageError, match="No scorer called 'nobody'"):
            run(store, args(by="nobody"), Judge())
        with store.transaction() as db:
            db.execute("delete from record_scores where scorer_id = 1 and conversation_id % 9 = 0")
        with pytest.raises(UsageError, match="lite has not scored all"):
            run(store, args(), Judge())


def test_any_cheap_score_will_do_and_both_measures_can_be_had(folder: Path) -> None:
    judge = Judge()
    spec = JudgeSpec("made", "fake")
    both = ScoreArgs(complexity=spec, quality=spec, name="made")
    with Project.open(folder) as project:
        project.score(scorer="instruction_chars")
    with Store.open(folder) as store:
        wanted = args(
            by="instruction_chars", score=both, params=Params(budget=40, formula="c*q"), most=0.6
        )
        report = run(store, wanted, judge)
        assert report is not None
        assert len(report.scorer_ids) == 2
        assert report.scored <= 0.6 * report.records

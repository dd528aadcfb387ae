"""``cascade``, ``compare-scorers`` and ``evaluate-scorer``, as a user meets them."""

import json
import shutil
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.support import Run
from tests.trust.judged import made

FAKE = ("--complexity-model", "one", "--backend", "fake")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trust") / "pool"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DEITA_TUI_CACHE", str(folder.parent / "scores.db"))
        made(folder, 420)
    return folder


@pytest.fixture
def pool(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "pool")
    return tmp_path / "pool"


def test_a_cascade_says_what_it_found_and_status_keeps_it(deita_tui: Run, pool: Path) -> None:
    words = ("cascade", pool, "--budget", "40", *FAKE, "--sample", "150", "--turns", "mean")
    told = " ".join(deita_tui(*words).stderr.split())
    assert "rank correlation of lite and one" in told
    assert "lite says too little about one" in told
    done = deita_tui(*words, "--most", "0.6", "--check", "100", "--json")
    report = json.loads(done.stdout)
    assert report["scored"] <= 0.6 * 420
    assert report["low"] <= report["overlap"] <= report["high"]
    assert "drawn from" in done.stderr
    status = deita_tui("status", pool)
    assert "cascade by lite" in status.stdout
    kept = json.loads(deita_tui("status", pool, "--json").stdout)
    (scorer,) = [each for each in kept["scored"] if each["scorer"] == "one"]
    assert scorer["cascade"]["low"] == report["low"]
    assert all(each["cascade"] is None for each in kept["scored"] if each["scorer"] == "lite")


def test_scores_that_are_there_are_compared_by_their_name(deita_tui: Run, pool: Path) -> None:
    deita_tui("score", pool, *FAKE, "--limit", "60", "--scorer", "one")
    done = deita_tui("compare-scorers", pool, "lite", "one", "--sample", "200", "--budget", "100")
    assert "60 records that both have scored" in " ".join(done.stderr.split())


def test_a_cascade_without_an_expensive_scorer_is_refused(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("cascade", pool, "--budget", "40", "--scorer", "lite", expect=2)
    assert "cost nothing" in done.stderr
    done = deita_tui("cascade", pool, "--budget", "40", *FAKE, "--formula", "q", expect=2)
    assert "does not ask for complexity" in done.stderr


def test_two_scorers_are_compared_on_a_fair_sample(deita_tui: Run, pool: Path) -> None:
    deita_tui("score", pool, *FAKE, "--limit", "60", "--scorer", "one")
    done = deita_tui("compare-scorers", pool, "lite", "one", "--sample", "60", "--budget", "100")
    told = " ".join(done.stderr.split())
    assert "60 records that both have scored (a fair sample)" in told
    assert "complexity: lite" in told
    assert "noise" in told
    assert "selections of 100 of 420 by c share" in told
    made = deita_tui("compare-scorers", pool, "lite", "response_chars", "--sample", "60", expect=1)
    assert "0 records in common" in made.stderr or "in common" in made.stderr
    same = deita_tui("compare-scorers", pool, "one", "one", "--sample", "60", "--json")
    found = json.loads(same.stdout)
    (measure,) = found["measures"]
    assert measure["agreement"]["spearman"] == pytest.approx(1.0)
    assert measure["agreement"]["noise"] == 0
    assert found["overlap"]["expected"] == 1


def test_a_side_that_is_not_scored_is_scored_first(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("compare-scorers", pool, "other,backend=fake", "lite", "--sample", "40")
    assert "complexity: other" in done.stderr
    assert "quality: other" in done.stderr
    assert "texts/s" in done.stderr
    done = deita_tui("compare-scorers", pool, "other,colour=red", "lite", expect=2)
    assert "'colour=red' in 'other,colour=red' is no setting." in done.stderr


def labelled(pool: Path, file: Path, records: int) -> None:
    with Project.open(pool, read_only=True) as project:
        lines = []
        for id_ in list(project.view().ids)[:records]:
            found = project.record(id_)
            said = [
                {"role": message.role, "content": message.content} for message in found.messages
            ]
            size = sum(len(message.content) for message in found.messages)
            lines.append({"messages": said, "label": size, "source": "made"})
    stranger = [{"role": "user", "content": "New?"}, {"role": "assistant", "content": "New."}]
    lines.append({"messages": stranger, "label": 3, "source": "made"})
    file.write_text("\n".join(map(json.dumps, lines)))


def test_a_labelled_file_judges_scorers_beside_length(
    deita_tui: Run, pool: Path, tmp_path: Path
) -> None:
    labelled(pool, tmp_path / "labels.jsonl", 80)
    done = deita_tui("evaluate-scorer", pool, "lite", "--labels", tmp_path / "labels.jsonl")
    assert "1 of 81 labelled records are not in the project." in done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    who = [row[1] for row in rows[1:]]
    assert who == [
        "lite (complexity)", "lite (quality)", "instruction length", "response length", "random",
    ]  # fmt: skip
    found = json.loads(
        deita_tui("evaluate-scorer", pool, "--labels", tmp_path / "labels.jsonl", "--json").stdout
    )
    marks = {mark["who"]: mark["correlation"]["value"] for mark in found["sets"][0]["marks"]}
    assert marks["response length"] > 0.4
    done = deita_tui(
        "evaluate-scorer", pool, "--labels", tmp_path / "labels.jsonl", "--label", "no", expect=2
    )
    assert "has a number in a field 'no'" in done.stderr


def test_the_users_own_decisions_judge_too(deita_tui: Run, pool: Path) -> None:
    done = deita_tui("evaluate-scorer", pool, expect=2)
    assert "Nothing is kept, rejected or rated yet" in done.stderr
    deita_tui("decide", pool, *map(str, range(1, 31)), "--keep")
    deita_tui("decide", pool, *map(str, range(31, 61)), "--reject")
    found = json.loads(deita_tui("evaluate-scorer", pool, "lite", "--json").stdout)
    (card,) = found["sets"]
    assert (card["name"], card["records"]) == ("kept or rejected", 60)
    done = deita_tui("evaluate-scorer", pool, "nobody", expect=2)
    assert "No scorer called 'nobody'" in done.stderr

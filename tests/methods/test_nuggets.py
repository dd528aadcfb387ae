"""NUGGETS: against the published loop, and its anchors."""

import json
from pathlib import Path

import pytest

from deita_tui.backends import hf
from deita_tui.backends.hf import HfSettings
from deita_tui.errors import InputError, UsageError
from deita_tui.project import Project
from deita_tui.scoring.methods import Spoken
from deita_tui.scoring.nuggets import LAYOUT, Anchor, Nuggets
from deita_tui.scoring.shown import target
from tests.backends.conftest import write_sentencepiece
from tests.methods.test_ici import PROBES, SHOWN, fake, project, ready, rows, values
from tests.methods.test_ifd import losses, mean, tiny

__all__ = ["project", "ready"]


def test_the_golden_score_equals_the_published_loop(tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    judge = hf.open(tiny(folder, write_sentencepiece(folder)), HfSettings(dtype="float32"))
    tasks = [turn for turn, _ in PROBES] * 1
    # The example's keys and values stand before the task's own tokens: tokenized apart.
    shown = judge.tokens(f"Instruction:\n{SHOWN[0]}\nResponse:\n{SHOWN[1]}")
    wins, anchors = [], []
    for instruction, response in tasks:
        prompt = f"Instruction:\n{instruction}\nResponse:\n"
        whole, start = judge.tokens(prompt + response), len(judge.tokens(prompt))
        zero = mean(losses(judge, whole, start))
        one = mean(losses(judge, [*shown, *whole[1:]], len(shown) + start - 1))
        wins.append(one < zero)
        made = target((instruction, response), LAYOUT, judge.tokens, 1024)
        assert made is not None
        anchors.append(Anchor((instruction, response), made, zero))
    asked = Nuggets(tuple(anchors), "here").ask(SHOWN, judge.tokens, 1024)
    items = [(e.prefix, e.continuation) for e in asked.questions if isinstance(e, Spoken)]
    assert asked.number is not None
    found = asked.number([row.tolist() for row in judge.logprobs(items)])
    assert found == pytest.approx(sum(wins) / len(wins), abs=1e-4)
    # An anchor is judged by the others.
    assert len(Nuggets(tuple(anchors), "here").ask(tasks[0], judge.tokens, 1024).questions) == 2
    judge.close()


def test_anchors_of_the_pool_stay_when_it_grows(ready: Project, tmp_path: Path) -> None:
    (first,) = fake(ready, "nuggets", anchors=6).stages
    found = values(ready, first.scorer_id)
    assert len(found) == 60
    assert all(0 <= value <= 1 for value in found.values())
    file = tmp_path / "more.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(64)[60:]))
    ready.import_(file)
    ready.catch_up()
    ready.embed(embedder="lite")
    (second,) = fake(ready, "nuggets", anchors=6).stages
    assert (second.scorer_id, second.scored, second.ready) == (first.scorer_id, 4, 60)
    (fewer,) = fake(ready, "nuggets", anchors=3).stages
    assert fewer.scorer_id != first.scorer_id


def test_anchors_of_a_file_outlive_it(ready: Project, tmp_path: Path) -> None:
    file = tmp_path / "anchors.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(90)[80:84]))
    job = ready.queue_score(scorer="nuggets", anchors=file, model="fake", backend="fake")
    file.unlink()
    ready.catch_up()
    state = next(each for each in ready.jobs() if each.id == job)
    assert state.state == "done"
    (scorer,) = [each for each in ready.scorers() if each.name == "nuggets"]
    assert scorer.config["anchors"]["count"] == 4  # type: ignore[index]


def test_what_makes_no_sense_is_refused(ready: Project, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text(json.dumps({"messages": [{"role": "user", "content": "Hm?"}]}) + "\n")
    with pytest.raises(InputError):
        fake(ready, "nuggets", anchors=empty)
    with pytest.raises(UsageError, match="There is no file"):
        fake(ready, "nuggets", anchors="nowhere.jsonl")
    with pytest.raises(UsageError, match="leaves nothing"):
        fake(ready, "nuggets", anchors=0)
    with pytest.raises(UsageError, match="--anchors is for nuggets"):
        fake(ready, "ifd", anchors=3)

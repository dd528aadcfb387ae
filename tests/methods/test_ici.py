"""In-context influence: against the published loop, by formula, and over a project."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tokenizers import Tokenizer, processors

from deita_tui.backends import hf
from deita_tui.backends.hf import HfJudge, HfSettings
from deita_tui.errors import JobError, UsageError
from deita_tui.project import Project
from deita_tui.scoring import clusters
from deita_tui.scoring.ici import LAYOUT, Ici, Probe
from deita_tui.scoring.methods import Asked, Spoken
from deita_tui.scoring.shown import behind, target
from tests.backends.conftest import write_bpe
from tests.methods.test_ifd import losses, mean, tiny

SHOWN = ("Explain why the birds return to the north.", "Because of the weather there.")
PROBES = [
    (("How many apples are there in 42 boxes of 16?", "There are 672 apples."), 0.8),
    (("Write a short poem about the sea.", "The wind and the sea, the sea and the wind."), 0.25),
    (("Describe the spring.", "The birds return to the north in spring, all of them."), -0.1),
]
NAMES = ["ici", "wici", "ici_published", "wici_published"]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> HfJudge:
    """A byte-level BPE with BOS: then a text has the same tokens wherever it stands."""
    folder = tmp_path_factory.mktemp("models") / "bpe-bos"
    size = write_bpe(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|end|> $A", special_tokens=[("<|end|>", tokenizer.token_to_id("<|end|>"))]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return hf.open(tiny(folder, size), HfSettings(device="cpu", dtype="float32"))


def asked(judge: HfJudge, name: str, limit: int = 1024) -> Asked:
    targets = [target(turn, LAYOUT, judge.tokens, limit, alone=True) for turn, _ in PROBES]
    probes = [Probe(each, like) for each, (_, like) in zip(targets, PROBES, strict=True) if each]
    return Ici(name, lambda fields: probes, {}).ask(SHOWN, judge.tokens, limit)


def number(judge: HfJudge, found: Asked) -> float:
    items = [(e.prefix, e.continuation) for e in found.questions if isinstance(e, Spoken)]
    assert found.number is not None
    return found.number([row.tolist() for row in judge.logprobs(items)])


def perplexity(judge: HfJudge, text: str, said: str) -> float:
    """Of the end of a text, which is ``said``."""
    ids = judge.tokens(text)
    return math.exp(mean(losses(judge, ids, len(ids) - len(judge.tokens(said)) + 1)))


@pytest.fixture(scope="module")
def deltas(judge: HfJudge) -> list[float]:
    """IFD of each probe, less its IFD behind the example, as the published loop has them."""
    found = []
    for (instruction, response), _ in PROBES:
        alone = perplexity(judge, response, response)
        ifd = perplexity(judge, f"{instruction}\n{response}", response) / alone
        before = f"{SHOWN[0]}\n{SHOWN[1]}{instruction}\n"
        few = perplexity(judge, before + response, response) / alone
        found.append(ifd - few)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_equals_the_published_loop(judge: HfJudge, deltas: list[float], name: str) -> None:
    weights = [1 - similarity if name.startswith("wici") else 1.0 for _, similarity in PROBES]
    found = list(zip(deltas, weights, strict=True))
    if name.endswith("published"):
        terms = [delta * weight for delta, weight in found if delta > 0]
        expected = float(np.mean(terms)) if terms else 0.0
    else:
        half = 2 if name == "wici" else 1
        expected = sum(delta * weight / half for delta, weight in found) / len(found)
    assert number(judge, asked(judge, name)) == pytest.approx(expected, abs=1e-4)


def test_a_long_example_is_cut_and_never_the_response(judge: HfJudge) -> None:
    probe = target(PROBES[0][0], LAYOUT, judge.tokens, 100, alone=True)
    assert probe is not None
    long = (SHOWN[0], "and the weather " * 300)
    shown, cut = behind(long, LAYOUT, probe, judge.tokens, 100, apart=False)
    assert cut
    assert len(shown.prefix) + len(shown.continuation) == 100
    assert shown.continuation == probe.kept == probe.alone.continuation
    assert list(shown.prefix[-len(probe.prompt) + 1 :]) == list(probe.prompt[1:])
    # The published code takes a lost response for the best example of all.
    assert not behind(SHOWN, LAYOUT, probe, judge.tokens, 1024, apart=False)[1]


def test_a_response_that_is_too_long_is_cut_alike_on_all_sides(judge: HfJudge) -> None:
    probe = target(("Say it.", "again and again " * 200), LAYOUT, judge.tokens, 80, alone=True)
    assert probe is not None
    assert len(probe.prompt) + len(probe.kept) == 40
    shown, _ = behind(SHOWN, LAYOUT, probe, judge.tokens, 80, apart=False)
    assert shown.continuation == probe.given.continuation == probe.alone.continuation
    assert target(("why " * 100, "Because of it."), LAYOUT, judge.tokens, 80) is None


def test_clusters_do_not_depend_on_anything_but_rows_and_seed() -> None:
    rows = np.concatenate([np.eye(3)[place] + np.arange(8)[:, None] * 1e-3 for place in range(3)])
    labels, centres = clusters.kmeans(rows, 3, seed=5)
    assert [len(set(labels[start : start + 8])) for start in (0, 8, 16)] == [1, 1, 1]
    assert len(centres) == len(set(labels.tolist())) == 3
    assert np.array_equal(labels, clusters.kmeans(rows, 3, seed=5)[0])
    same, one = clusters.kmeans(np.ones((4, 2)), 3, seed=0)
    assert (same.tolist(), len(one)) == ([0, 0, 0, 0], 1)


THINGS = ("bridge", "clock", "pump", "kite", "lathe", "press", "crane", "boat")


def rows(count: int) -> list[dict[str, Any]]:
    return [
        {"instruction": f"Explain how a {THINGS[n % 8]} works, in {n} steps.",
         "output": f"A {THINGS[n % 8]} has {n} parts, and each of them moves the next one. " * 2}
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    file = tmp_path / "pool.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows(60)))
    with Project.create(tmp_path / "p") as made:
        made.import_(file)
        made.catch_up()
        yield made


@pytest.fixture
def ready(project: Project) -> Project:
    project.score(scorer="lite")
    project.embed(embedder="lite")
    return project


def fake(project: Project, scorer: str, **more: Any) -> Any:
    return project.score(scorer=scorer, model="fake", backend="fake", **more)


def values(project: Project, scorer: int) -> dict[bytes, float]:
    told = project.store.db.execute("select text, value from scores where scorer_id = ?", (scorer,))
    return dict(told.fetchall())


def test_what_is_missing_is_said_before_a_job_waits_for_it(project: Project) -> None:
    with pytest.raises(UsageError, match="nothing has a score for complexity"):
        fake(project, "wici")
    project.score(scorer="lite")
    with pytest.raises(Exception, match="Nothing is embedded"):
        fake(project, "wici")
    with pytest.raises(UsageError, match="No scorer of complexity is called 'deita'"):
        fake(project, "wici", probes_by="deita")


def test_every_turn_gets_a_number_that_a_selection_can_use(ready: Project) -> None:
    report = fake(ready, "wici,ici")
    assert [(stage.scored, stage.failed) for stage in report.stages] == [(60, 0), (60, 0)]
    assert ready.select(budget=5, threshold=1.0, formula="wici*q").kept == 5
    again = fake(ready, "wici")
    assert [stage.scored for stage in again.stages] == [0]


def test_a_run_in_two_halves_comes_to_the_same(ready: Project, tmp_path: Path) -> None:
    fake(ready, "wici", limit=20)
    (whole,) = fake(ready, "wici").stages
    assert (whole.scored, whole.ready) == (40, 20)
    with Project.create(tmp_path / "other") as other:
        other.import_(tmp_path / "pool.jsonl")
        other.catch_up()
        other.score(scorer="lite")
        other.embed(embedder="lite")
        (at_once,) = fake(other, "wici").stages
        assert values(other, at_once.scorer_id) == values(ready, whole.scorer_id)


def test_another_pool_is_another_scorer_and_asks_little_again(
    ready: Project, tmp_path: Path
) -> None:
    (first,) = fake(ready, "wici").stages
    (memory,) = (ready.folder / "cache" / "shown").iterdir()
    size = memory.stat().st_size
    file = tmp_path / "more.jsonl"
    file.write_text(json.dumps({"instruction": "Name a colour.", "output": "Blue, as the sky is."}))
    ready.import_(file)
    ready.catch_up()
    ready.score(scorer="lite")
    ready.embed(embedder="lite")
    (second,) = fake(ready, "wici").stages
    assert second.scorer_id != first.scorer_id
    assert second.scored == 61
    assert memory.stat().st_size - size < size / 2
    assert ready.score(scorer="random").stages[0].scored == 61


def test_what_is_remembered_may_be_lost_or_damaged(ready: Project) -> None:
    fake(ready, "ici")
    (memory,) = (ready.folder / "cache" / "shown").iterdir()
    content = bytearray(memory.read_bytes())
    for place in range(20, len(content), 28):
        content[place] ^= 0xFF  # a bit of every mean
    memory.write_bytes(bytes(content[:-5]))
    (after,) = fake(ready, "wici").stages
    found = values(ready, after.scorer_id)
    memory.unlink()
    for table in ("scores", "record_scores"):
        ready.store.db.execute(f"delete from {table} where scorer_id = ?", (after.scorer_id,))
    (anew,) = fake(ready, "wici").stages
    assert anew.scored == 60
    assert values(ready, anew.scorer_id) == found


def test_a_model_that_says_the_same_of_everything_is_stopped(ready: Project) -> None:
    with pytest.raises(JobError, match="does not tell one text from another"):
        fake(ready, "ici", settings={"constant": True})

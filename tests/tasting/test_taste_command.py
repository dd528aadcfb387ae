"""``deita-tui taste``, and an export by taste that is verified after it was learned anew."""

import json
import random
from pathlib import Path

from deita_tui.project import Project
from tests.support import Run
from tests.tasting.tasted import judged_project

_WORDS = [line.split() for line in (
    "sea wave harbour salt gull tide sail reef storm anchor coral fish island beach pier lagoon",
    "garden rose soil spade seed bloom hedge lawn fern tulip orchard bee weed moss pond willow",
    "list sort loop array index hash tree stack queue graph cache thread lock parse token string",
    "prime proof lemma ring field matrix vector limit series sum integral root factor set map norm",
)]  # fmt: skip


def _file(folder: Path, count: int = 150) -> Path:
    """Records about the sea and gardens, and about code and numbers, all of their own words."""
    path, draw = folder / "pool.jsonl", random.Random(4)
    with path.open("w", encoding="utf-8") as file:
        for at in range(count):
            words = _WORDS[at % 4]
            asked, said = (" ".join(draw.choices(words, k=k)) for k in (6, draw.randint(8, 40)))
            row = {"instruction": f"Explain: {asked} {at}?", "output": f"Well, {said} {at}."}
            file.write(json.dumps(row) + "\n")
    return path


def test_taste_tells_learns_and_forgets(deita_tui: Run, tmp_path: Path) -> None:
    with judged_project(tmp_path / "project", 120, 20):
        pass
    told = deita_tui("taste", "./project").stdout
    assert "too few" in told
    assert "nothing is learned yet" in told
    assert "20 of either" in deita_tui("taste", "./project", "--learn", expect=1).stderr
    with judged_project(tmp_path / "more"):
        pass
    told = deita_tui("taste", "./more", "--learn").stdout
    assert "higher quality" in told
    assert "400 records with a value" in told
    found = json.loads(deita_tui("taste", "./more", "--json").stdout)
    assert found["in_use"]["current"]
    assert found["low"] < found["auc"] < found["high"]
    listed = deita_tui("list", "./more", "--where", "taste>0.5", "--jsonl").stdout.splitlines()
    assert all(json.loads(line)["taste"] > 0.5 for line in listed)
    assert json.loads(deita_tui("taste", "./more", "--forget", "--json").stdout)["forgotten"]
    assert "No taste" in deita_tui("taste", "./more", "--forget").stderr
    deita_tui("taste", "./more", "--forget", "--learn", expect=2)


def test_an_export_by_taste_is_made_again_after_it_was_learned_anew(
    deita_tui: Run, tmp_path: Path
) -> None:
    deita_tui("new", "./p")
    deita_tui("import", "./p", _file(tmp_path))
    deita_tui("score", "./p", "--scorer", "lite")
    deita_tui("embed", "./p", "--embedder", "lite")
    with Project.open(tmp_path / "p") as project:
        for id_ in range(1, 121):
            project.decide(id_, "keep" if (id_ - 1) % 4 < 2 else "reject")
    deita_tui("taste", "./p", "--learn")
    asked = ("--budget", "70", "--formula", "c*q*taste", "--save", "mine")
    deita_tui("select", "./p", *asked)
    deita_tui("export", "./p", "out", "--target", "trl", "--selection", "mine")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    (told,) = (each for each in manifest["scorers"] if each["measures"] == "taste")
    assert (told["name"], told["config"]["act"]) == ("taste@120", 120)
    assert (told["config"]["keeps"], told["config"]["rejects"]) == (60, 60)
    with Project.open(tmp_path / "p") as project:
        project.decide(range(121, 131), "reject")
    deita_tui("taste", "./p", "--learn")
    deita_tui("verify", "out", "--project", "./p")

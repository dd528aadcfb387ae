"""`scores` and `vectors`: from one project to another on the command line."""

import json
from pathlib import Path

from tests.support import SAMPLE, Run, wait_for_worker


def test_one_project_scores_and_another_selects(deita_tui: Run, tmp_path: Path) -> None:
    for name in ("./big", "./small"):
        deita_tui("new", name)
        deita_tui("import", name, SAMPLE)
    wait_for_worker(tmp_path / "big")
    deita_tui("score", "./big", "--scorer", "lite")
    deita_tui("embed", "./big", "--embedder", "lite")
    told = json.loads(deita_tui("scores", "export", "./big", "s.parquet", "--json").stdout)
    assert told["scorers"] == ["lite complexity", "lite quality"]
    deita_tui("vectors", "export", "./big", "v.parquet")
    taken = json.loads(deita_tui("scores", "import", "./small", "s.parquet", "--json").stdout)
    assert taken["added"] == told["rows"]
    assert "were there already" in deita_tui("scores", "import", "./small", "s.parquet").stderr
    deita_tui("vectors", "import", "./small", "v.parquet")
    reports = [
        json.loads(deita_tui("select", name, "--budget", "3", "--json").stdout)
        for name in ("./big", "./small")
    ]
    assert reports[0]["kept"] == reports[1]["kept"] > 0
    refused = deita_tui("scores", "export", "./big", "s.parquet", expect=2)
    assert "there already" in refused.stderr


def test_fields_are_listed_and_taken(deita_tui: Run, tmp_path: Path) -> None:
    rows = [
        {"instruction": f"Say {n}", "output": f"{n}!", "complexity_scores": [n], "ppl": n * 2}
        for n in range(1, 6)
    ]
    (tmp_path / "pool.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    deita_tui("new", "./p")
    told = deita_tui("import", "./p", "pool.jsonl").stderr
    assert "deita-tui scores fields ./p complexity_scores=complexity ppl=perplexity" in told
    listed = deita_tui("scores", "fields", "./p")
    assert "complexity_scores=complexity ppl=perplexity" in listed.stderr
    done = deita_tui("scores", "fields", "./p", "complexity_scores=complexity", "--name", "theirs")
    assert "complexity of 5 turns" in done.stderr
    status = json.loads(deita_tui("status", "./p", "--json").stdout)
    assert status["scored"]
    deita_tui("scores", "fields", "./p", "nonsense", expect=2)

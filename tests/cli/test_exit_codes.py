"""Wrong arguments leave with 2 and a sentence, whichever command they are given to."""

from pathlib import Path

import pytest

from tests.support import SAMPLE, Run

WRONG = (
    "decide HERE 99 --keep",
    "decide HERE 0123456789abcdef --keep",
    "decide HERE 1 --rate 9",
    "decide HERE 1 --tag ''",
    "decide HERE 1 --keep --reject",
    "decide HERE 1",
    "decide HERE --where soruce:x --keep --yes",
    "decide HERE 1 --where source:x --keep",
    "remove HERE --source nowhere",
    "remove HERE --import 99",
    "remove HERE",
    "purge HERE 99 --yes",
    "purge HERE --refused 99 --yes",
    "jobs HERE pause 99",
    "jobs HERE resume 99",
    "jobs HERE cancel",
    "list HERE --selection nothing",
    "list HERE --sort nothing",
    "list HERE --columns nothing",
    "list HERE --where (",
    "refused HERE --import 99",
    "show HERE 99",
    "import HERE nowhere.jsonl",
    "import HERE SAMPLE --replace 99",
    "import HERE SAMPLE --format nothing",
    "import HERE SAMPLE --map nothing",
    "score HERE --complexity-model ./nothing",
    "score HERE --scorer nothing",
    "score HERE --where (",
    "score HERE --top 3 --by nothing",
    "pack HERE nowhere/sample.zip",
    "pack HERE sample/sample.zip",
    "unpack nowhere.zip ./new",
    "status nowhere",
    "undo nowhere",
    "journal nowhere",
    "pack nowhere x.zip",
)


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_argument_is_told_and_leaves_with_2(
    deita_tui: Run, sample: Path, line: str
) -> None:
    words = {"HERE": str(sample), "SAMPLE": str(SAMPLE), "''": ""}
    done = deita_tui(*(words.get(word, word) for word in line.split()), expect=2)
    assert "error: " in done.stderr.lower()
    assert done.stdout == ""


FAILED = (
    "new ./sample",
    "pack HERE there.zip",
    "unpack there.zip ./full",
    "jobs HERE pause 1",
)


@pytest.mark.parametrize("line", FAILED)
def test_what_was_understood_and_cannot_be_done_leaves_with_1(
    deita_tui: Run, sample: Path, tmp_path: Path, line: str
) -> None:
    (tmp_path / "there.zip").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    words = {"HERE": str(sample)}
    done = deita_tui(*(words.get(word, word) for word in line.split()), expect=1)
    assert "error: " in done.stderr

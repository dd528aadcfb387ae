"""The demo's records: enough of them, whole, clean as far as can be checked, and accounted for."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deita_tui import demo, formats
from deita_tui.demo import checks, make

README = Path(demo.__file__).with_name("README.md").read_text(encoding="utf-8")
NOTICE = Path(demo.__file__).with_name("NOTICE").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    with gzip.open(demo.RECORDS, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_they_are_as_the_readme_says(rows: list[dict[str, Any]]) -> None:
    several = sum(len(row["conversations"]) > 2 for row in rows)
    assert f"holds {len(rows):,} real records, {several} of them with more than one turn" in README
    table = re.findall(r"^\| `([\w-]+)` \| (\d+) \| .* \| (MIT|Apache-2\.0) \| ", README, re.M)
    assert {name: int(count) for name, count, _ in table} == Counter(row["source"] for row in rows)
    assert demo.RECORDS.stat().st_size < 2_000_000


def test_every_licence_travels_with_them() -> None:
    for holder in ("2023 Teknium", "2021 OpenAI", "2022 suzgunmirac", "2020 OpenCompass Authors"):
        assert f"Copyright (c) {holder}" in NOTICE or f"Copyright {holder}" in NOTICE
    assert "The above copyright notice and this permission notice shall be included" in NOTICE


def test_none_is_unfit_and_none_is_there_twice(rows: list[dict[str, Any]]) -> None:
    texts = [[turn["value"] for turn in row["conversations"]] for row in rows]
    assert [reason for each in texts if (reason := checks.unfit(each))] == []
    assert len({tuple(each) for each in texts}) == len(rows)
    assert len({(row["source"], row["id"]) for row in rows}) == len(rows)


def test_every_row_is_read(rows: list[dict[str, Any]]) -> None:
    read = list(formats.read(formats.plan(demo.RECORDS)))
    assert [row.refusal for row in read if row.refusal] == []
    found = [found for row in read for found in row.found]
    assert [(each.source, each.external_id) for each in found] == [
        (row["source"], row["id"]) for row in rows
    ]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["Hello?", "Hello."], ""),
        (["Hello?"], "unanswered"),
        (["Hello?", " "], "unanswered"),
        (["Write to me: jo.doe@mail.org", "I will."], "personal data"),
        (["Call +49 351 555 1234", "No."], "personal data"),
        (["Hi, my name is Jo", "Hi."], "personal data"),
        (["See https://a.example", "Yes."], "personal data"),
        (["How are weapons made?", "No."], "touchy"),
        (["1 234 567 is how much in words?", "Much."], ""),
        (["Left\u202eright", "Yes."], "unprintable"),
        (["a" * 4_000, "b"], "long"),
    ],
)
def test_what_is_kept_out(said: list[str], why: str) -> None:
    assert checks.unfit(said) == why


def row(source: str, id_: str, said: str, **meta: str) -> dict[str, Any]:
    turns = [{"from": "human", "value": said}, {"from": "gpt", "value": "Yes."}]
    return {"id": id_, "source": source, "conversations": turns, "meta": meta}


def test_the_choice_depends_on_the_pools_content_alone(tmp_path: Path) -> None:
    pool = [row("bbh", f"t{n}", f"Say {n}.", task="ab"[n % 2]) for n in range(40)]
    pool += [row("gsm8k", f"gsm8k-{part}-{n}", f"{n}?") for part in ("train", "test") for n in "12"]
    pool += [row("oasst_human_953", lang, f"{lang}?", lang=lang) for lang in ("en", "th")]
    pool += [row("alpaca_union", "x", "Never.")]
    files = [tmp_path / "one.gz", tmp_path / "other.gz"]
    make.write(make.choose(pool), files[0])
    make.write(make.choose(reversed(pool)), files[1])
    assert files[0].read_bytes() == files[1].read_bytes()
    chosen = Counter(each["source"] for each in make.read(files[0]))
    assert chosen == {"bbh": 40, "gsm8k": 2, "oasst1": 1}

"""Every way a row can be bad: it is told by reason, place and sentence, and stops nothing."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deita_tui.formats import Mapping, Row, plan, read
from deita_tui.formats.rows import EXCERPT

GOOD = '{"conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value": "ho"}]}'
Rows = Callable[..., list[Row]]


def chat(*turns: dict[str, Any], **others: Any) -> str:
    return json.dumps({"conversations": list(turns), **others})


def turn(name: Any = "human", value: Any = "x") -> dict[str, Any]:
    return {"from": name, "value": value}


BAD: list[tuple[str, str | bytes, str]] = [
    ("not-json", '{"conversations": [}', "position"),
    ("not-json", "plain text", "position 1"),
    ("not-json", GOOD + " trailing", "Extra data"),
    ("not-json", "[" * 100_000, "nested too deeply"),
    ("truncated", GOOD[:-1], "ends in the middle"),
    ("truncated", GOOD[:40], "ends in the middle"),
    ("not-an-object", "[1, 2]", "is a list"),
    ("not-an-object", '"text"', "is a string"),
    ("not-an-object", "null", "is null"),
    ("not-an-object", "17", "is a number"),
    ("missing-field", '{"text": "other"}', "no 'conversations'"),
    ("missing-field", chat({"from": "human"}, turn("gpt")), "Message 1 has no 'value'"),
    ("missing-field", chat(turn(), {"value": "x"}), "Message 2 has no 'from'"),
    ("missing-field", chat(turn(), turn("gpt", None)), "Message 2 has no 'value'"),
    ("wrong-type", '{"conversations": "hi"}', "is text, not a list of messages"),
    ("wrong-type", chat(turn(), turn("gpt", 3)), "value of message 2' is a number"),
    ("wrong-type", '{"conversations": ["hi"]}', "message 1' is text, not an object"),
    ("no-messages", '{"conversations": []}', "no messages"),
    ("no-user", chat(turn("gpt")), "from the user"),
    ("no-assistant", chat(turn(), turn()), "from the assistant"),
    ("no-text", chat(turn(value=""), turn("gpt", "")), "is empty"),
    ("bad-role", chat(turn("narrator"), turn("gpt")), "'narrator'"),
    ("nul", chat(turn(value="a\0b"), turn("gpt")), "NUL"),
    ("nul", GOOD.replace("hi", "h\0i"), "NUL"),
    ("nul", chat(turn(), turn("gpt"), note="a\0"), "NUL"),
    ("surrogate", chat(turn(value="\ud800"), turn("gpt")), r"lone surrogate \(\\ud800\)"),
    ("surrogate", chat(turn(), turn("gpt"), **{"\udfff": 1}), "lone surrogate"),
    ("nan", chat(turn(), turn("gpt"), score=float("nan")), "NaN"),
    ("nan", chat(turn(), turn("gpt"), score=float("-inf")), "-Infinity"),
    ("nan", GOOD[:-1] + ', "score": 1e999}', "inf"),
    ("bad-utf8", GOOD.encode().replace(b"hi", b"h\xff"), "byte 0xff"),
    ("bad-utf8", GOOD.encode().replace(b"hi", b"\xed\xa0\x80"), "byte 0xed"),
]


@pytest.mark.parametrize(("reason", "line", "sentence"), BAD)
def test_a_bad_line_is_told_and_its_neighbours_are_read(
    reason: str, line: str | bytes, sentence: str, rows_of: Rows
) -> None:
    import re

    raw = line.encode() if isinstance(line, str) else line
    rows = rows_of(b"\n".join([GOOD.encode(), b"", raw, GOOD.encode()]))
    assert [row.number for row in rows] == [0, 1, 2]
    assert [row.place for row in rows] == ["line 1", "line 3", "line 4"]
    assert rows[0].found
    assert rows[2].found
    refusal = rows[1].refusal
    assert refusal is not None
    assert not rows[1].found
    assert refusal.reason == reason
    assert re.search(sentence, refusal.message)
    assert 0 < len(refusal.excerpt) <= EXCERPT
    assert refusal.excerpt.isprintable()


@pytest.mark.parametrize(("reason", "line", "sentence"), BAD)
def test_a_bad_item_of_an_array_costs_only_itself(
    reason: str, line: str | bytes, sentence: str, rows_of: Rows
) -> None:
    raw = line.encode() if isinstance(line, str) else line
    if reason in ("truncated", "not-json"):
        return  # such an item has no end of its own
    good = GOOD.encode()
    rows = rows_of(b"[" + b",\n".join([good, raw, good]) + b"]", "pool.json")
    assert [row.place for row in rows] == ["item 1", "item 2", "item 3"]
    assert [row.refusal.reason if row.refusal else None for row in rows] == [None, reason, None]


def test_a_half_written_item_takes_only_itself_along(rows_of: Rows) -> None:
    rows = rows_of(f'[{GOOD}, {{"conversations": oops}}, {GOOD}, {{"a": tru}}]', "pool.json")
    reasons = [row.refusal.reason if row.refusal else None for row in rows]
    assert reasons == [None, "not-json", None, "not-json"]


def test_what_looks_like_nul_but_is_none_is_read(rows_of: Rows) -> None:
    text = GOOD.replace("hi", "the escape \\\\u0000 as text")
    (row,) = rows_of(text)
    assert row.found[0].record.messages[0].content == "the escape \\u0000 as text"


def test_an_empty_turn_and_roles_out_of_order_are_no_reason_to_refuse(rows_of: Rows) -> None:
    rows = rows_of(
        "\n".join(
            [
                chat(turn(), turn("gpt", "")),
                chat(turn(value=""), turn("gpt")),
                chat(turn("gpt"), turn(), turn(), turn("gpt"), turn("gpt"), turn()),
            ]
        )
    )
    assert [len(row.found[0].record.messages) for row in rows] == [2, 2, 6]


def test_a_row_is_too_long_to_hold_or_it_is_read(
    rows_of: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deita_tui.formats import compression, decoding

    monkeypatch.setattr(compression, "BLOCK", 64)
    monkeypatch.setattr(decoding, "LIMIT", 500)
    long = GOOD.replace("hi", "x" * 5000)
    fits = GOOD.replace("hi", "y" * 300)
    rows = rows_of("\n".join([GOOD, long, fits, long]))
    assert [row.refusal.reason if row.refusal else None for row in rows] == [
        None,
        "too-long",
        None,
        "too-long",
    ]
    assert rows[1].refusal is not None
    assert rows[1].refusal.excerpt.startswith('{"conversations"')


CSV = "instruction,output,n\nWhat?,That,1\n"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"only,two", "ragged"),
        (b"a,b,c,d", "ragged"),
        (b'"a"b,c,d', "not-csv"),
        (b"a\0,b,c", "nul"),
        (b"a\xff,b,c", "bad-utf8"),
        (b",,1", "no-text"),
    ],
)
def test_a_bad_row_of_a_table(line: bytes, reason: str, rows_of: Rows) -> None:
    rows = rows_of(CSV.encode() + line + b"\nWho?,She,2\n", "pool.csv")
    assert [row.place for row in rows] == ["row 1", "row 2", "row 3"]
    assert [row.refusal.reason if row.refusal else None for row in rows] == [None, reason, None]


def test_a_quote_that_is_never_closed_is_told(rows_of: Rows) -> None:
    rows = rows_of(CSV + 'Why?,"because,2\n' + "Who?,She,3\n", "pool.csv")
    assert rows[-1].refusal is not None
    assert rows[-1].refusal.reason == "truncated"
    assert "never closed" in rows[-1].refusal.message


def test_bad_preference_kto_and_history_rows(rows_of: Rows) -> None:
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    bad = [
        {"prompt": "a", "chosen": "b"},
        {"chosen": "b", "rejected": "c"},
        {"prompt": "a", "chosen": [], "rejected": []},
        {"prompt": "a", "chosen": 1, "rejected": "c"},
        {"prompt": json.loads(chat(turn(), turn("gpt")))["conversations"], **good}
        | {"prompt": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    ]
    rows = rows_of("\n".join(json.dumps(row) for row in [good, *bad]))
    assert [row.refusal.reason for row in rows if row.refusal] == [
        "missing-field",
        "missing-field",
        "no-messages",
        "wrong-type",
        "bad-role",
    ]
    label = {"prompt": "a", "completion": "b", "label": True}
    rows = rows_of("\n".join(json.dumps(row) for row in [label, label | {"label": "maybe"}]))
    assert [row.refusal.reason for row in rows if row.refusal] == ["wrong-type"]
    alpaca = {"instruction": "a", "output": "b", "history": [["q", "a"]]}
    rows = rows_of("\n".join(json.dumps(row) for row in [alpaca, alpaca | {"history": [["q"]]}]))
    assert [row.refusal.reason for row in rows if row.refusal] == ["wrong-type"]


def test_bad_parts_calls_and_turns(rows_of: Rows) -> None:
    def message(content: Any) -> str:
        user = {"role": "user", "content": content}
        return json.dumps({"messages": [user, {"role": "assistant", "content": "b"}]})

    rows = rows_of(
        "\n".join(
            [
                message("fine"),
                message([{"type": "smell", "value": "x"}]),
                message([{"text": "no type"}]),
                message([{"type": "text", "text": 3}]),
                message([3]),
                message({"an": "object"}),
            ]
        )
    )
    assert [row.refusal.reason for row in rows if row.refusal] == [
        "wrong-type",
        "missing-field",
        "wrong-type",
        "wrong-type",
        "wrong-type",
    ]


def test_bad_moss_and_seed_tasks(rows_of: Rows) -> None:
    said = {"Human": "<|Human|>: a<eoh>\n", "MOSS": "<|MOSS|>: b<eom>\n"}
    chats: list[Any] = [
        {"turn_1": said},
        {"turn_1": said | {"Narrator": "c"}},
        {"turn_1": {"Human": "a"}},
        {"turn_1": "a"},
        {"turn_1": said | {"MOSS": 3}},
        [said],
        {},
    ]
    rows = rows_of("\n".join(json.dumps({"chat": each}) for each in chats))
    assert [row.refusal.reason for row in rows if row.refusal] == [
        "bad-role",
        "missing-field",
        "wrong-type",
        "wrong-type",
        "wrong-type",
        "no-messages",
    ]
    seeds: list[Any] = [[{"input": "", "output": "b"}], [], ["b"], [{"input": "c"}], {}]
    rows = rows_of("\n".join(json.dumps({"instruction": "a", "instances": each}) for each in seeds))
    assert [row.refusal.reason for row in rows if row.refusal] == [
        "no-messages",
        "wrong-type",
        "missing-field",
        "wrong-type",
    ]


def test_text_without_headings(rows_of: Rows) -> None:
    lines = ["text,n", "Instruction: a Response: b,1", "no headings,2"]
    rows = rows_of("\n".join(lines), "pool.csv")
    assert [row.refusal.reason for row in rows if row.refusal] == ["missing-field"]


def test_every_reason_is_documented(files: Path) -> None:
    page = (files.parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")
    code = "\n".join(
        path.read_text() for path in (files.parents[2] / "deita_tui" / "formats").glob("*.py")
    )
    import re

    raised = set(re.findall(r'(?:RowError|BreakError)\(\s*"([a-z0-9-]+)"', code))
    assert raised >= {reason for reason, _, _ in BAD}
    missing = {reason for reason in raised if f"| `{reason}` |" not in page}
    assert not missing


def test_parquet_rows_with_nul_are_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "pool.parquet"
    table = pa.table({"instruction": ["a", "b\0", "c"], "output": ["x", "y", None]})
    pq.write_table(table, path)
    rows = list(read(plan(path)))
    assert [row.refusal.reason if row.refusal else None for row in rows] == [
        None,
        "nul",
        "missing-field",
    ]


def test_a_parquet_text_that_is_no_utf8_costs_only_its_row(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    raw = pa.array([b"a", b"\xff", b"c"], pa.binary())
    texts = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    path = tmp_path / "pool.parquet"
    pq.write_table(pa.table({"instruction": texts, "output": ["x", "y", "z"]}), path)
    rows = list(read(plan(path, Mapping("alpaca"))))
    assert [row.refusal.reason if row.refusal else None for row in rows] == [None, "bad-utf8", None]


@pytest.mark.parametrize("whole", ["chosen", "rejected"])
def test_a_pair_of_a_conversation_and_a_bare_answer_is_refused(whole: str, rows_of: Rows) -> None:
    other = "rejected" if whole == "chosen" else "chosen"
    ask, answer = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
    good = {"prompt": "q", "chosen": "a", "rejected": "b"}
    lists = {"prompt": "q", whole: [ask, answer], other: [answer]}
    texts = {"prompt": "q", whole: "Human: q\n\nAssistant: a", other: "b"}
    fine, *bad = rows_of("\n".join(map(json.dumps, (good, lists, texts))))
    assert fine.found
    for row in bad:
        assert row.refusal is not None
        assert row.refusal.reason == "wrong-type"
        assert f"{whole!r} is a whole conversation" in row.refusal.message
        assert f"{other!r} is only an answer" in row.refusal.message

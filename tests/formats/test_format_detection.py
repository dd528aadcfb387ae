"""What is detected, what a user can say instead, and what is never guessed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.errors import InputError, UnknownFormatError, UsageError
from deita_tui.formats import Mapping, Plan, plan, read

TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20).filter(
    lambda text: text == text.strip() and text
)


def saved(folder: Path, rows: list[dict[str, Any]], name: str = "pool.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def planned(folder: Path, row: dict[str, Any], mapping: Mapping | None = None) -> Plan:
    return plan(saved(folder, [row]), mapping)


CHAT = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
SHARED = [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"messages": CHAT}, "messages"),
        ({"conversations": SHARED}, "sharegpt"),
        ({"conversations": CHAT}, "messages"),
        ({"messages": CHAT, "prompt": "a", "prompt_id": "x"}, "messages"),
        ({"instruction": "a", "input": "", "output": "b"}, "alpaca"),
        ({"instruction": "a", "input": "", "output": "b", "prompt": "### a"}, "alpaca"),
        ({"instruction": "a", "input": "", "output": "b", "text": "Instruction: a"}, "alpaca"),
        ({"prompt": "a", "response": "b"}, "prompt-completion"),
        ({"system_prompt": "s", "question": "a", "response": "b"}, "qa"),
        ({"query": "a", "response": "b"}, "qa"),
        ({"prompt": "a", "chosen": "b", "rejected": "c"}, "preference"),
        ({"messages": CHAT, "label": True}, "kto"),
        ({"messages": CHAT, "label": 3}, "messages"),
        ({"prompt": CHAT[:1], "chosen": CHAT[1:], "rejected": CHAT[1:]}, "preference"),
    ],
)
def test_a_format_is_known_by_its_columns(
    row: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    assert planned(tmp_path, row).mapping.format == expected


@pytest.mark.parametrize(
    "row",
    [
        {"messages": CHAT, "prompt": "x", "completion": "y"},
        {"messages": CHAT, "conversations": SHARED},
        {"instruction": "x", "output": "y", "conversations": SHARED},
        {"instruction": "x", "output": "y", "question": "z", "answer": "w"},
    ],
)
def test_a_file_that_two_formats_fit_is_not_guessed_at(row: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError) as error:
        planned(tmp_path, row)
    assert "--format" in error.value.hint
    choices = error.value.hint.split("--format ")[1:]
    for choice in choices:
        name = choice.split()[0]
        assert planned(tmp_path, row, Mapping(name)).mapping.format == name


def test_two_columns_that_could_be_the_answer_are_named(tmp_path: Path) -> None:
    row = {"question": "a", "answer": "b", "response": "c"}
    with pytest.raises(UnknownFormatError, match="answer and response could both be the output"):
        planned(tmp_path, row)
    chosen = planned(tmp_path, row, Mapping.parse("question=question,response=answer"))
    assert chosen.extras == ("response",)


def test_the_sample_is_more_than_one_row(tmp_path: Path) -> None:
    odd = [{"note": "a header"}, {"note": "another"}]
    path = saved(tmp_path, [*odd, *[{"instruction": "a", "output": "b"}] * 5])
    found = plan(path)
    assert found.mapping.format == "alpaca"
    assert any("2 of the first 7 rows do not fit" in note for note in found.notes)
    assert [bool(row.refusal) for row in read(found)] == [True] * 2 + [False] * 5


def test_a_column_that_comes_late_is_still_read(tmp_path: Path) -> None:
    late = {"conversations": SHARED, "system": "Be late."}
    path = saved(tmp_path, [*[{"conversations": SHARED}] * 300, late])
    (*_, last) = read(plan(path))
    assert last.found[0].record.messages[0].content == "Be late."
    assert last.found[0].extras == {}


def test_what_cannot_be_understood_says_what_it_has_and_what_to_try(tmp_path: Path) -> None:
    path = saved(tmp_path, [{"frage": "Wo ist es?", "antwort": "Hier, glaube ich.", "n": 1}])
    with pytest.raises(UnknownFormatError) as error:
        plan(path)
    assert "frage, antwort, n" in error.value.message
    assert error.value.hint.endswith("--map instruction=frage,response=antwort")
    (row,) = read(plan(path, Mapping.parse("instruction=frage,response=antwort")))
    assert row.found[0].extras == {"n": 1}


def test_a_table_without_a_header_is_mapped_by_numbers(files: Path) -> None:
    with pytest.raises(UnknownFormatError) as error:
        plan(files / "no_header.tsv")
    assert "1 'What gives rise" in error.value.message
    assert "--map instruction=1,response=3" in error.value.hint


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("instruction", "no list of part=column pairs"),
        ("instruction=", "no list of part=column pairs"),
        ("=x", "no list of part=column pairs"),
        ("a=b=c", "no list of part=column pairs"),
        ("instruction=a,instruction=b", "names instruction twice"),
        ("", "no list of part=column pairs"),
    ],
)
def test_a_wrong_map_says_how_to_write_it(text: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as error:
        Mapping.parse(text)
    assert "--map instruction=prompt,response=answer" in error.value.hint


def test_a_map_of_what_is_not_there_is_refused(files: Path) -> None:
    with pytest.raises(UsageError, match="no column 'frage'"):
        plan(files / "alpaca.json", Mapping.parse("instruction=frage,response=output"))
    with pytest.raises(UsageError, match="No format has the parts"):
        plan(files / "alpaca.json", Mapping.parse("bread=input,response=output"))
    with pytest.raises(UsageError, match="no format 'xml'"):
        plan(files / "alpaca.json", Mapping("xml"))
    with pytest.raises(UnknownFormatError, match="cannot be read as messages"):
        plan(files / "alpaca.json", Mapping("messages"))


def test_a_map_wins_over_detection(files: Path) -> None:
    swapped = plan(
        files / "question_answer.jsonl", Mapping.parse("instruction=answer,response=question")
    )
    row = next(read(swapped))
    assert row.found[0].record.messages[0].content.startswith("16")


def test_role_names_can_be_mapped(tmp_path: Path) -> None:
    turns = [{"who": "frager", "text": "Wo?"}, {"who": "antworter", "text": "Da."}]
    path = saved(tmp_path, [{"turns": turns}])
    told = "messages=turns,role_tag=who,content_tag=text,user_tag=frager,assistant_tag=antworter"
    found = plan(path, Mapping.parse(told, "messages"))
    (row,) = read(found)
    assert [message.role for message in row.found[0].record.messages] == ["user", "assistant"]
    assert row.found[0].layout == {}


@given(st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=5))
def test_a_mapping_survives_its_own_writing(columns: dict[str, str]) -> None:
    mapping = Mapping(None, tuple(columns.items()))
    assert Mapping.parse(str(mapping)) == mapping
    assert dict(Mapping.from_json(mapping.to_json()).columns) == columns


def test_the_index_of_llama_factory_maps_its_neighbours(tmp_path: Path) -> None:
    path = saved(tmp_path, [{"frage": "a", "antwort": "b"}], "mine.json")
    index = {
        "mine": {"file_name": "mine.json", "columns": {"prompt": "frage", "response": "antwort"}},
        "elsewhere": {"file_name": "../mine.json", "columns": {"prompt": "antwort"}},
    }
    (tmp_path / "dataset_info.json").write_text(json.dumps(index))
    found = plan(path)
    assert dict(found.mapping.columns) == {"instruction": "frage", "output": "antwort"}
    assert any("dataset_info.json" in note for note in found.notes)


def test_an_index_with_tags_names_roles_and_keys(tmp_path: Path) -> None:
    turns = [{"wer": "ich", "was": "a"}, {"wer": "du", "was": "b"}]
    path = saved(tmp_path, [{"chat": turns}])
    tags = {"role_tag": "wer", "content_tag": "was", "user_tag": "ich", "assistant_tag": "du"}
    entry = {
        "file_name": path.name,
        "formatting": "sharegpt",
        "columns": {"messages": "chat"},
        "tags": tags,
    }
    (tmp_path / "dataset_info.json").write_text(json.dumps({"x": entry}))
    (row,) = read(plan(path))
    assert [message.content for message in row.found[0].record.messages] == ["a", "b"]


def test_an_index_that_does_not_fit_is_told_and_not_used(tmp_path: Path) -> None:
    path = saved(tmp_path, [{"instruction": "a", "output": "b"}])
    entry = {"file_name": path.name, "columns": {"prompt": "gone", "response": "output"}}
    (tmp_path / "dataset_info.json").write_text(json.dumps({"x": entry}))
    found = plan(path)
    assert found.mapping.format == "alpaca"
    assert any("does not fit" in note for note in found.notes)


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.jsonl", b"", "is empty"),
        ("a.json", b" \n ", "is empty"),
        ("a.json", b"[]", "no rows"),
        ("a.jsonl", b"garbage\n", "no rows .*line 1"),
        ("a.zip", b"PK\x03\x04....", "zip archive"),
        ("a.jsonl", b"Salted__abc", "encrypted"),
        ("a.pkl", b"\x80\x04\x95\x10", "pickle"),
        ("a.json", '{"a": 1}'.encode("utf-16"), "UTF-16"),
        ("a.bin", bytes(range(256)), "neither JSON nor a table"),
        ("a.csv", b"\x00\xff\xfe\x01" * 9, "binary file"),
        ("a.gz", b"\x1f\x8b\x08garbage", "cannot be read|no rows|empty"),
        ("a.parquet", b"PAR1 but no more", "damaged Parquet"),
        ("dataset_info.json", b"{}", "only describes other files"),
    ],
)
def test_what_is_no_file_of_rows_is_told(
    name: str, data: bytes, problem: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=problem):
        plan(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.jsonl cannot be opened"):
        plan(tmp_path / "nowhere.jsonl")


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ({"role": "user"}, "--format messages --map messages=talk"),
        ({"role": "narrator", "content": "a"}, "--format messages --map messages=talk"),
        ({"from": "human"}, "--format sharegpt --map messages=talk"),
    ],
)
def test_broken_messages_are_not_taken_for_an_instruction(
    turn: dict[str, Any], expected: str, tmp_path: Path
) -> None:
    row = {"talk": [turn], "topic": "some text", "note": "other"}
    with pytest.raises(UnknownFormatError) as raised:
        planned(tmp_path, row)
    assert expected in (raised.value.hint or "")

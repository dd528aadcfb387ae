"""A conversation as lines: code kept, prompts folded, scores beside the answer of their turn."""

from itertools import islice
from time import process_time

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from deita_tui.printable import printable
from deita_tui.records import Call, Message, Record, pairs
from deita_tui.ui.widgets.turn_lines import lines

roles = st.sampled_from(("system", "user", "assistant", "tool"))
texts = st.text(st.characters(codec="utf-8"), max_size=300)
records = st.lists(st.builds(Message, role=roles, content=texts), min_size=1, max_size=6)


def record(*messages: tuple[str, str]) -> Record:
    return Record(tuple(Message(role, text) for role, text in messages))  # type: ignore[arg-type]


@given(records, st.integers(10, 60), st.booleans())
def test_no_line_is_wider_than_its_room_or_acts_on_the_terminal(
    messages: list[Message], width: int, unfolded: bool
) -> None:
    for line in lines(Record(tuple(messages)), (), width, unfolded):
        assert line.text == printable(line.text)
        if line.kind in ("text", "code"):
            assert cell_len(line.text) <= max(width, 2)


@given(records)
def test_scores_stand_beside_the_answers_of_turns(messages: list[Message]) -> None:
    turns = pairs(messages)
    scores = [f"turn {number}" for number in range(len(turns))]
    told = [line for line in lines(Record(tuple(messages)), scores, 40) if line.right]
    assert [line.right for line in told] == scores
    assert all(line.role == "assistant" and line.kind == "title" for line in told)


def test_code_is_shown_as_it_is_written() -> None:
    code = "```python\ndef f(x):\n\treturn   x  # " + "y" * 40 + "\n```"
    found = [
        line for line in lines(record(("user", f"See:\n{code}\nafter")), (), 30)
        if line.kind == "code"
    ]  # fmt: skip
    texts = [line.text for line in found]
    assert texts[:2] == ["```python", "def f(x):"]
    assert texts[2].startswith("    return   x  # yyy")
    assert "".join(texts[2:4]) == "    return   x  # " + "y" * 40
    assert texts[-1] == "```"


def test_a_long_prompt_is_folded_a_short_one_is_not() -> None:
    long, short = "be brief and kind " * 30, "be brief"
    folded = [line for line in lines(record(("system", long)), (), 40) if line.kind == "fold"]
    assert len(folded) == 1
    assert f"{len(long):,} characters, p unfolds" in folded[0].text
    whole = [line.text for line in lines(record(("system", long)), (), 40, True)]
    assert " ".join("".join(f"{text} " for text in whole[1:]).split()) == long.strip()
    (line,) = [line for line in lines(record(("system", short)), (), 40) if line.kind == "fold"]
    assert line.text == short


def test_what_else_a_record_holds_is_shown() -> None:
    call = Call("look_up", '{"city": "Oslo"}')
    kept = (
        Message("user", "Weather?", media=("img-1",)),
        Message("assistant", "", reasoning="I should look it up.", calls=(call,)),
        Message("tool", "rain", name="look_up"),
        Message("assistant", "Rain."),
    )
    found = list(lines(Record(kept, rejected=(Message("assistant", "Sun."),), label=True), (), 60))
    text = "\n".join(line.text for line in found)
    for part in ("img-1", "I should look it up.", "look_up", "Oslo", "tool (look_up)", "Rain.",
                 "not chosen: assistant", "Sun.", "this answer was wanted"):  # fmt: skip
        assert part in text, part


def test_the_first_lines_of_a_huge_record_do_not_wait_for_the_others() -> None:
    huge = record(("user", "漢字 " * 2_000_000), ("assistant", "word " * 2_000_000))
    began = process_time()
    first = list(islice(lines(huge, (), 80), 400))
    little = process_time() - began
    began = process_time()
    list(islice(lines(huge, (), 80), 8_000))
    assert len(first) == 400
    assert little < process_time() - began

"""What of a record is embedded."""

from hypothesis import given
from hypothesis import strategies as st

from deita_tui import records
from deita_tui.backends.embedders import END
from deita_tui.embedding.rendering import VICUNA, key, render, shown
from deita_tui.records import Message, Turn

TURNS = [Turn("About tea?", "Tea is a drink."), Turn("And coffee?", "So is coffee.")]

# Records hold no NUL (D18).
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=60)
TURN = st.builds(Turn, TEXT, TEXT)


def test_the_vicuna_rendering_is_the_references_to_the_byte() -> None:
    assert shown(render(TURNS, "conversation", "vicuna_v1.1")) == (
        "A chat between a curious user and an artificial intelligence assistant. "
        "The assistant gives helpful, detailed, and polite answers to the user's questions. "
        "USER: About tea? ASSISTANT: Tea is a drink.</s>"
        "USER: And coffee? ASSISTANT: So is coffee.</s>"
    )


def reference(turns: list[Turn]) -> str:
    """The template as it is described: two separators in turn, nothing behind a silent role."""
    text = VICUNA
    for number, (role, said) in enumerate(
        (role, said)
        for turn in turns
        for role, said in (("USER", turn.instruction), ("ASSISTANT", turn.response))
    ):
        text += f"{role}: {said}{(' ', '</s>')[number % 2]}" if said else f"{role}:"
    return text


@given(st.lists(TURN, min_size=1, max_size=5))
def test_every_conversation_is_rendered_as_the_template_says(turns: list[Turn]) -> None:
    text = render(turns, "conversation", "vicuna_v1.1")
    assert shown(text) == reference(turns)
    assert text.count(END) == sum(bool(turn.response) for turn in turns)


@given(st.lists(TURN, max_size=5))
def test_plain_text_is_what_was_said_and_nothing_else(turns: list[Turn]) -> None:
    asked = [turn.instruction for turn in turns]
    answered = [turn.response for turn in turns]
    assert render(turns, "instruction") == "\n".join(asked)
    assert render(turns, "response") == "\n".join(answered)
    both = [text for pair in zip(asked, answered, strict=True) for text in pair]
    assert render(turns, "conversation") == "\n".join(both)


@given(st.lists(TURN, max_size=3))
def test_a_part_of_a_conversation_has_no_template(turns: list[Turn]) -> None:
    assert render(turns, "response", "vicuna_v1.1") == render(turns, "response")
    assert render(turns, "instruction", "vicuna_v1.1") == render(turns, "instruction")


def test_what_a_record_says_cannot_end_an_answer() -> None:
    text = render([Turn("a", "b</s>c")], "conversation", "vicuna_v1.1")
    assert text.count(END) == 1
    assert text.endswith(END)


def test_a_record_without_a_turn_has_no_text() -> None:
    silent = records.pairs([Message("system", "Be kind."), Message("user", "Hello?")])
    assert render(silent, "conversation", "vicuna_v1.1") == ""
    assert render(silent, "conversation") == ""


@given(TEXT, TEXT)
def test_a_key_is_16_bytes_and_tells_texts_apart(one: str, other: str) -> None:
    assert len(key(one)) == 16
    assert (key(one) == key(other)) is (one == other)

"""The draft scorers that ship: that they are the ones of the card, and how they behave."""

import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.lite import scorers

FOLDER = Path(scorers.__file__).parent
CARD = (FOLDER / "README.md").read_text(encoding="utf-8")
FILES = ("embedder.npz", "embedder.tokenizer.json", "complexity.npz", "quality.npz")

QUESTION = "How can I keep my houseplants healthy during the winter?"
GOOD = """Winter is hard on houseplants, since there is less light and the air is dry.

- **Light**: move them closer to a window that faces south, and turn them every week.
- **Water**: let the upper layer of the soil dry out first; roots rot in cold, wet soil.
- **Humidity**: group plants together, or place them on a tray with pebbles and water.
- **Warmth**: keep them away from radiators and from cold draughts.

Stop fertilising until spring, because most plants rest now."""


@pytest.mark.parametrize("name", FILES)
def test_what_ships_is_what_the_card_is_about(name: str) -> None:
    assert sha256((FOLDER / name).read_bytes()).hexdigest() in CARD


def test_it_is_small_and_its_licence_comes_along() -> None:
    assert scorers.size() < 10_000_000
    notice = (FOLDER / "NOTICE").read_text(encoding="utf-8")
    assert "all-MiniLM-L6-v2" in notice
    assert "Apache License" in notice


def test_the_card_has_a_line_for_every_set_with_its_interval() -> None:
    lines = re.findall(r"^\| (complexity|quality): (\w+).*\[.*\].*\|$", CARD, re.MULTILINE)
    assert len(lines) == 14
    assert "draft" in CARD


def quality(*answers: str, question: str = QUESTION) -> list[float]:
    values, reasons = scorers.open("quality").score([(question, each) for each in answers])
    assert reasons == [None] * len(answers)
    return list(values.tolist())


def test_a_full_answer_is_put_above_poor_ones() -> None:
    good, *poor = quality(
        GOOD,
        "Water them.",
        "I'm sorry, but as an AI language model I cannot help with that.",
        QUESTION,
        "plants plants plants plants " * 40,
    )
    assert good > 4
    assert all(good > each + 0.5 for each in poor)


def test_more_that_is_asked_for_is_more_complex() -> None:
    values, _ = scorers.open("complexity").score(
        [
            ("Name a colour.",),
            ("Write a short story about a lighthouse keeper.",),
            (
                "Write a story of at most 300 words about a lighthouse keeper. It must contain "
                "exactly three characters, avoid the letter z in every title, be told in reverse "
                "order, include a riddle whose solution is revealed only in the last sentence, "
                "and explain why the keeper cannot leave.",
            ),
        ]
    )
    assert values.tolist() == sorted(values.tolist())
    assert values[0] < 2.5 < 3.5 < values[2]


@given(st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80)), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_score_lies_on_its_scale_or_has_a_reason_and_depends_on_its_text_alone(
    pairs: list[tuple[str, str]],
) -> None:
    for measures, width in (("complexity", 1), ("quality", 2)):
        draft = scorers.open(measures)
        values, reasons = draft.score([pair[:width] for pair in pairs])
        for pair, value, reason in zip(pairs, values, reasons, strict=True):
            assert np.isnan(value) == (reason is not None)
            assert np.isnan(value) or 1 <= value <= 6
            alone, _ = draft.score([pair[:width]])
            assert alone.tobytes() == np.array([value]).tobytes()


def test_without_a_known_token_there_is_no_score() -> None:
    values, reasons = scorers.open("quality").score([(QUESTION, "\U0001f9ff"), (QUESTION, "Yes.")])
    assert reasons == ["no token of it is known", None]
    assert np.isnan(values).tolist() == [True, False]


def test_neither_a_model_runtime_nor_a_trainer_is_loaded() -> None:
    code = (
        "import sys\n"
        "from deita_tui.lite import scorers\n"
        "from deita_tui.embedding import lite\n"
        "lite.open().embed(['a text'])\n"
        "for measures in scorers.READS: scorers.open(measures).score([('a', 'b')])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd="/"
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    banned = {"torch", "transformers", "sklearn", "scipy", "model2vec", "sentence_transformers"}
    assert not banned & loaded
    assert "deita_tui.lite.training" not in done.stdout.split()

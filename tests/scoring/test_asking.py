import math
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import JobError, UsageError
from deita_tui.scoring.asking import Answer, Asker

if TYPE_CHECKING:
    from deita_tui.backends import FloatArray

CHOICES = list(b"123456")


def asker(settings: FakeSettings, patience: float = 30.0) -> Asker:
    return Asker(lambda: FakeJudge("m", settings), patience)


def prompts(asker: Asker, count: int) -> list[list[int]]:
    return [asker.judge.tokens(f"text {number}") for number in range(count)]


def answered(answers: Sequence[Answer]) -> list[bool]:
    return [answer.logprobs is not None for answer in answers]


@pytest.fixture
def healthy() -> Iterator[Asker]:
    made = asker(FakeSettings())
    yield made
    made.close()


def test_answers_come_in_order_and_do_not_depend_on_the_batch(healthy: Asker) -> None:
    asked = prompts(healthy, 9)
    together = healthy.ask(asked, CHOICES, 0)
    alone = [healthy.ask([each], CHOICES, 3)[0] for each in reversed(asked)]
    assert together == alone[::-1]
    assert len({tuple(answer.logprobs or ()) for answer in together}) == 9


def test_a_prompt_that_fails_costs_nobody_else(healthy: Asker) -> None:
    made = asker(FakeSettings(raise_if="text 3"))
    answers = made.ask(prompts(made, 6), CHOICES, 0)
    made.close()
    assert answered(answers) == [True, True, True, False, True, True]
    assert answers[3].reason == "RuntimeError: fault at 'text 3'"
    assert answers[:3] == healthy.ask(prompts(healthy, 3), CHOICES, 0)


def test_a_passing_fault_costs_nothing(healthy: Asker) -> None:
    made = asker(FakeSettings(raise_on=1))
    assert made.ask(prompts(made, 4), CHOICES, 0) == healthy.ask(prompts(healthy, 4), CHOICES, 0)
    made.close()


def test_nan_is_no_answer() -> None:
    made = asker(FakeSettings(nan_share=1.0))
    answers = made.ask(prompts(made, 50), CHOICES, 0)
    made.close()
    assert {answer.reason for answer in answers} == {"the model answered with no number"}


def test_a_judge_that_always_fails_is_told_from_bad_prompts() -> None:
    made = asker(FakeSettings(raise_if="text"))
    with pytest.raises(JobError, match=r"failed on 20 prompts in a row, .* RuntimeError: fault"):
        made.ask(prompts(made, 64), CHOICES, 0)
    made.close()


def test_a_judge_that_hangs_is_left_behind() -> None:
    made = asker(FakeSettings(hang_on=2, hang_seconds=2.0), patience=0.2)
    assert answered(made.ask(prompts(made, 2), CHOICES, 0)) == [True, True]
    with pytest.raises(JobError, match="has not answered for 0 s"):
        made.ask(prompts(made, 2), CHOICES, 0)
    made.close()
    assert isinstance(made.judge, FakeJudge)
    assert not made.judge.closed
    time.sleep(2)  # let the thread end before the next test


def test_time_in_the_judge_is_counted() -> None:
    made = asker(FakeSettings(seconds=0.05))
    made.ask(prompts(made, 2), CHOICES, 0)
    made.close()
    assert made.seconds >= 0.05


class Odd(FakeJudge):
    """Answers with too few rows, or says that it cannot go on."""

    def __init__(self, broken: bool) -> None:
        super().__init__("m", FakeSettings())
        self.broken = broken
        self.trouble = "the text upset it"

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        if self.broken:
            raise UsageError("The GPU fell off.")
        rows = super().next_logprobs(prompts, choices, shared)
        rows[:, 0] = math.nan
        return rows if len(prompts) == 1 else rows[1:]


def test_a_sentence_of_the_judge_ends_the_run() -> None:
    made = Asker(lambda: Odd(broken=True), 30.0)
    with pytest.raises(UsageError, match="The GPU fell off"):
        made.ask(prompts(made, 3), CHOICES, 0)
    made.close()


def test_rows_that_are_missing_are_asked_for_again() -> None:
    made = Asker(lambda: Odd(broken=False), 30.0)
    answers = made.ask(prompts(made, 3), CHOICES, 0)
    made.close()
    assert [answer.reason for answer in answers] == ["the text upset it"] * 3


def test_a_model_that_does_not_open_says_why() -> None:
    def missing() -> FakeJudge:
        raise UsageError("There is no such model.")

    with pytest.raises(UsageError, match="no such model"):
        Asker(missing, 30.0)


def test_control_characters_of_an_error_are_not_kept() -> None:
    made = asker(FakeSettings(raise_if="\x1b[31m"))
    (answer,) = made.ask([made.judge.tokens("a \x1b[31m b")], CHOICES, 0)
    made.close()
    assert answer.reason is not None
    assert "\x1b" not in answer.reason


def test_many_prompts_that_fail_together_do_not_end_the_run(healthy: Asker) -> None:
    # Batches come longest first, so what is too much for a model comes all at once.
    made = asker(FakeSettings(raise_if="long"))
    asked = [made.judge.tokens(f"long {number} {'x' * 50}") for number in range(25)]
    asked += prompts(made, 6)
    answers = made.ask(asked, CHOICES, 0)
    made.close()
    assert answered(answers) == [False] * 25 + [True] * 6
    assert answers[25:] == healthy.ask(prompts(healthy, 6), CHOICES, 0)

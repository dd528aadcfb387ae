from collections.abc import Sequence

import pytest

from deita_tui.scoring.health import Health, Row, Speed, duration, examine, spearman


def rows(count: int, **changes: object) -> list[Row]:
    """Scores that differ, of texts of one length."""
    said = [
        {"value": 1 + 5 * place / count, "mass": 0.95, "tokens": 100 + place * 37 % 50}
        | {"shortened": False, "english": True}
        | changes
        for place in range(count)
    ]
    return [Row(**each) for each in said]  # type: ignore[arg-type]


UNTIMED = Speed()


def examined(found: Sequence[Row], speed: Speed = UNTIMED) -> Health:
    return examine(len(found), found, speed, left=10_000)


def test_a_good_pilot_is_silent() -> None:
    report = examined(rows(200), Speed(200, 20_000, 10.0))
    assert report.broken == report.warnings == ()
    assert report.mass == pytest.approx(0.95)
    assert report.rows_per_second == 20
    assert report.tokens_per_second == 2_000
    assert report.seconds_left == 500
    assert "speed 20.0 texts/s" in report.lines()
    assert "the rest takes about 8 min" in report.lines()


def test_constant_scores_are_broken() -> None:
    (sentence,) = examined(rows(200, value=3.0)).broken
    assert "does not tell one text from another" in sentence


def test_a_model_that_answers_no_digits_is_broken() -> None:
    (sentence,) = examined(rows(200, mass=0.001)).broken
    assert "does not know this template" in sentence


def test_most_failed_is_broken_and_says_what_failed_most() -> None:
    bad = rows(120, value=None, mass=None, reason="out of memory")
    odd = rows(10, value=None, mass=None, reason="NaN")
    report = examined([*odd, *bad, *rows(70)])
    assert report.failed == 130
    assert report.broken == ("130 of the first 200 texts got no score (out of memory).",)


def test_all_failed_is_broken() -> None:
    report = examined(rows(40, value=None, mass=None, reason="x"))
    assert len(report.broken) == 1
    assert report.mean is report.spread is report.length_correlation is None


def test_a_handful_of_rows_is_never_broken() -> None:
    assert examined(rows(10, value=3.0, mass=0.0)).broken == ()
    assert examined([]).broken == ()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (rows(190) + rows(10, value=None, mass=None, reason="NaN"), "5% got no score, mostly: NaN"),
        (rows(200, mass=0.3), "not trained on this template"),
        ([Row(3 + n / 5_000, 0.9, n * 37 % 50, False, True) for n in range(200)], "close together"),
        (rows(100) + rows(100, shortened=True), "50% of the texts do not fit"),
        ([Row(1 + n / 50, 0.9, n, False, True) for n in range(200)], "follows the length"),
        (rows(188) + rows(12, english=False), "6% of the texts are not English"),
    ],
)
def test_what_is_odd_is_told(changed: list[Row], said: str) -> None:
    report = examined(changed)
    assert report.broken == ()
    assert len(report.warnings) == 1
    assert said in report.warnings[0]


def test_five_in_a_hundred_may_be_in_another_language() -> None:
    assert examined(rows(190) + rows(10, english=False)).warnings == ()


def test_rank_correlation_ignores_the_scale_and_shares_ties() -> None:
    xs = [float(n) for n in range(30)]
    assert spearman(xs, [x**5 for x in xs]) == pytest.approx(1)
    assert spearman(xs, [-x for x in xs]) == pytest.approx(-1)
    assert spearman(xs, [7.0] * 30) is None
    assert spearman(xs[:5], xs[:5]) is None
    # numpy.corrcoef of the mid-ranks, which it computes otherwise
    ys = [float(n // 3 % 4) for n in range(30)]
    assert spearman(xs, ys) == pytest.approx(0.0809272, abs=1e-7)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "3 s"),
        (89, "89 s"),
        (90, "2 min"),
        (5_399, "90 min"),
        (5_400, "1.5 h"),
        (2e5, "2.3 days"),
    ],
)
def test_durations_are_readable(seconds: float, said: str) -> None:
    assert duration(seconds) == said

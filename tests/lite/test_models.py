import numpy as np
import pytest

from deita_tui.lite.models import Model, fit


def made(rows: int = 400, columns: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(3)
    table = random.normal(size=(rows, columns)).astype(np.float32)
    table[:, 5] = 7.0
    y = 2 * table[:, 0] + np.abs(table[:, 1]) + 0.3 * random.normal(size=rows)
    return table, y.astype(np.float64)


def test_it_learns_what_there_is_bends_and_all() -> None:
    table, y = made()
    model = fit(table[:300], y[:300])
    error = model.predict(table[300:]) - y[300:]
    assert error.std() < 0.5
    assert y[300:].std() > 1.5


def test_noise_is_not_learned() -> None:
    table, _ = made()
    y = np.random.default_rng(1).normal(size=400)
    assert fit(table[:300], y[:300]).predict(table[300:]).std() < 0.3


def test_a_dump_gives_the_same_model_and_the_same_bytes() -> None:
    table, y = made()
    model = fit(table, y)
    again = Model.load(model.dump())
    assert again.dump() == model.dump() == fit(table, y).dump()
    assert again.predict(table).tobytes() == model.predict(table).tobytes()


def test_a_prediction_depends_on_its_row_alone() -> None:
    table, y = made()
    model = fit(table, y)
    together = model.predict(table)
    assert [model.predict(table[at : at + 1])[0] for at in range(20)] == together[:20].tolist()


def test_what_is_far_out_is_taken_for_the_last_that_was_seen() -> None:
    table, y = made()
    model = fit(table, y)
    far, farther = table[:1].copy(), table[:1].copy()
    far[0, 0], farther[0, 0] = 1e3, 1e9
    assert model.predict(far) == model.predict(farther)


def test_weights_count() -> None:
    table, y = made()
    shifted = np.concatenate([y, y + 10])
    twice = np.concatenate([table, table])
    only = np.concatenate([np.ones(400), np.zeros(400)])
    assert fit(twice, shifted, weights=only).predict(table).mean() == pytest.approx(y.mean())


@pytest.mark.parametrize("rows", [0, 1])
def test_too_few_rows_are_refused(rows: int) -> None:
    table, y = made()
    with pytest.raises(ValueError, match="rows of features"):
        fit(table[:rows], y[:rows])


def test_another_format_is_refused() -> None:
    table, y = made()
    dumped = fit(table, y).dump().replace(b'"format": 1', b'"format": 9')
    with pytest.raises(Exception, match=r"format 9|CRC"):
        Model.load(dumped)

"""What a request for a model turns out to mean is stored whole, so that numbers stay the same."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from deita_store.store import Store
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.steps import choosing
from deita_tui.steps.choosing import Pick
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs

PRECISIONS = ("bfloat16", "float16", "float32")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.create(tmp_path / "project") as made:
        yield made


@pytest.fixture
def model(tmp_path: Path) -> str:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("model.safetensors", "tokenizer.json"):
        (folder / name).write_text(name)
    (folder / "config.json").write_text('{"model_type": "llama"}')
    return str(folder)


class Opened:
    """Opens judges, and remembers how."""

    def __init__(self) -> None:
        self.settings: list[Mapping[str, object]] = []

    def __call__(self, backend: str, model: str, settings: Mapping[str, object]) -> FakeJudge:
        self.settings.append(settings)
        return FakeJudge(model, FakeSettings())


def chosen(store: Store, spec: JudgeSpec, opened: Opened) -> Pick:
    work = choosing.choose(
        store, spec, ScoreArgs(), opened, lambda stage, _: Progress(0, None, "records", stage)
    )
    while True:
        try:
            next(work)
        except StopIteration as end:
            pick: Pick = end.value
            return pick


@pytest.mark.parametrize("backend", ["auto", "hf"])
@pytest.mark.parametrize("more", [{}, {"dtype": "auto"}])
def test_a_quantized_model_has_its_precision_pinned(
    store: Store, model: str, backend: str, more: dict[str, object]
) -> None:
    opened = Opened()
    spec = JudgeSpec(model, backend, {"quantize": "int8", **more})
    pick = chosen(store, spec, opened)
    assert pick.settings["dtype"] in PRECISIONS
    assert pick.settings["quantize"] == "int8"
    assert "around int8 weights" in pick.told
    assert opened.settings == [], "the whole model need not fit into memory"
    assert choosing.remembered(store, spec) == pick


def test_what_was_said_is_taken_as_it_is(store: Store, model: str) -> None:
    said: dict[str, object] = {"quantize": "int4", "dtype": "float16"}
    pick = chosen(store, JudgeSpec(model, "auto", said), Opened())
    assert (pick.settings["dtype"], pick.told) == ("float16", "")


@pytest.mark.parametrize("said", [{"dtype": "auto"}, {"quantize": "none"}])
def test_to_say_auto_or_none_is_to_say_nothing(
    store: Store, model: str, said: dict[str, object]
) -> None:
    pick = chosen(store, JudgeSpec(model, "auto", said), Opened())
    assert pick.settings["dtype"] in PRECISIONS
    assert "quantize" not in pick.settings
    assert pick.told.startswith("picked hf, ")

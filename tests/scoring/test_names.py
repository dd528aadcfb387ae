import subprocess
import sys
from pathlib import Path

import pytest

from deita_tui.backends import names
from deita_tui.backends.fake import FakeJudge
from deita_tui.errors import MissingExtraError, UsageError


def test_a_judge_opens_by_name_with_its_settings() -> None:
    judge = names.open_judge("fake", "m", {"limit": 99, "mass": 0.5})
    assert isinstance(judge, FakeJudge)
    assert judge.limit == 99
    assert judge.identity["weights"] == "m"


def test_an_unknown_backend_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no backend 'cuda'.*auto, fake, hf, llama"):
        names.open_judge("cuda", "m", {})


def test_an_unknown_setting_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError, match=r"no setting massive.*hang_on"):
        names.open_judge("fake", "m", {"massive": 1})


def test_a_setting_of_the_wrong_kind_is_refused() -> None:
    with pytest.raises(UsageError, match="wrong: Expected `int`, got `str`"):
        names.open_judge("fake", "m", {"limit": "long"})


def test_a_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'deita-tui\[llama\]'"):
        names.open_judge("llama", "m.gguf", {})


def test_the_file_tells_the_backend(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    (tmp_path / "ggufs").mkdir()
    (tmp_path / "ggufs" / "model.gguf").touch()
    assert names.pick("model.Q8_0.GGUF") == "llama"
    assert names.pick("org/name/model.gguf@main") == "llama"
    assert names.pick(str(tmp_path / "ggufs")) == "llama"
    assert names.pick(str(tmp_path)) == "hf"
    assert names.pick("org/name") == "hf"


def test_every_backend_has_what_the_table_says() -> None:
    for backend in names.BACKENDS.values():
        code = (
            "import importlib\n"
            f"module = importlib.import_module({backend.module!r})\n"
            f"assert callable(module.open) and module.{backend.settings}\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)


def test_naming_a_backend_loads_no_library() -> None:
    code = (
        "import sys\n"
        "import deita_tui.backends.names, deita_tui.steps.scoring, deita_tui.steps.planning\n"
        "heavy = {'numpy', 'torch', 'transformers', 'llama_cpp', 'sqlite_utils', 'pyarrow'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)

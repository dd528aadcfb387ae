"""What the package promises to those who install and import it."""

import ast
import re
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import deita_store
import deita_tui
from deita_tui import errors

ROOT = Path(__file__).parent.parent


def test_the_public_names_are_there_and_no_more() -> None:
    for name in deita_tui.__all__:
        assert getattr(deita_tui, name) is not None
    assert dir(deita_tui) == sorted(deita_tui.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Projekt'"):
        getattr(deita_tui, "Projekt")  # noqa: B009


def test_the_version_is_told_once_and_the_changelog_knows_it() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert settings["project"]["dynamic"] == ["version"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", deita_tui.__version__)
    assert re.search(r"^## (Unreleased|\d)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_every_error_is_drawn_in_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = set(re.findall(r"\w+Error", errors.__doc__))
    assert drawn == set(errors.__all__)
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), errors.DeitaError)


def test_a_missing_extra_names_its_cure() -> None:
    told = str(errors.MissingExtraError("torch", "hf", "score with transformers"))
    assert told == (
        "torch is needed to score with transformers, and it is not installed. "
        "Install it with: pip install 'deita-tui[hf]'"
    )


@pytest.mark.parametrize("package", [deita_tui, deita_store], ids=lambda package: package.__name__)
def test_every_module_says_what_it_is_for(package: ModuleType) -> None:
    for path in Path(package.__path__[0]).rglob("*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path.name


def test_both_packages_are_typed() -> None:
    for package in (deita_tui, deita_store):
        assert package.__file__ is not None
        assert (Path(package.__file__).parent / "py.typed").exists()


def test_the_extras_are_ranges_and_the_constraints_are_pins() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = settings["project"]["optional-dependencies"]
    assert {"hf", "llama", "all", "dev"} <= set(extras)
    assert not [need for needs in extras.values() for need in needs if "==" in need]
    pins = [
        line
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", pin) for pin in pins)
    assert "torch==2.13.0" in pins
    # Without extras the installation is light: arrays and an index, but no model library.
    core = " ".join(settings["project"]["dependencies"])
    assert not re.search(r"torch|transformers|llama|scikit|scipy|pandas", core)


def test_no_module_is_too_long_to_read() -> None:
    files = [*(ROOT / "deita_tui").rglob("*.py"), *(ROOT / "store").rglob("*.py")]
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > 400} == {}

"""The settings that a user keeps in a file: named sets of scorers, and the size of their cache.

One TOML file of the user's, and one more in a project's folder where that differs. What a flag says
goes before the project's file, that before the user's, that before what is shipped (D19).
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from deita_tui.errors import UsageError

VARIABLE = "DEITA_TUI_CONFIG"
"""Names another file than the one in the user's configuration folder."""

NAME = "config.toml"

DEFAULT = "deita"
"""The set that is meant where none is named."""

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "backend": ("auto", "hf", "llama", "http", "fake"),
    "precision": ("auto", "float32", "bfloat16", "float16"),
    "quantize": ("none", "int8", "int4"),
    "kv": ("f32", "f16"),
}
_NUMBERS = ("threads", "max_tokens")


@dataclass(frozen=True, slots=True)
class ScorerSet:
    """Models that are used together, and how to run them. None: nobody said."""

    complexity: str | None = None
    """A hub id, a folder or a .gguf file; in a file a relative path starts at that file."""
    quality: str | None = None
    backend: str | None = None
    device: str | None = None
    precision: str | None = None
    quantize: str | None = None
    kv: str | None = None
    """Precision of llama.cpp's cache."""
    threads: int | None = None
    max_tokens: int | None = None
    url: str | None = None
    """A server that has the models; ``complexity`` and ``quality`` are then their names on it."""
    allow_remote: bool | None = None
    """May the texts leave this machine? Never said by a file: one may come with a project."""
    key_env: str | None = None
    """The variable that holds the server's key; likewise."""

    def over(self, below: "ScorerSet") -> "ScorerSet":
        """This set, with what it leaves open taken from ``below``."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(below, **{key: value for key, value in said.items() if value is not None})


CACHE_MEGABYTES = 512
"""What the cache of scores may grow to, where nobody says otherwise: some four million scores."""

_IN_FILES = tuple(
    field.name for field in fields(ScorerSet) if field.name not in ("allow_remote", "key_env")
)

SHIPPED: Mapping[str, ScorerSet] = {
    DEFAULT: ScorerSet("hkust-nlp/deita-complexity-scorer", "hkust-nlp/deita-quality-scorer")
}


@dataclass(frozen=True, slots=True)
class Config:
    """What all files together say."""

    sets: Mapping[str, ScorerSet]
    files: tuple[Path, ...]
    """Those that were read."""
    cache_megabytes: int = CACHE_MEGABYTES
    """What the cache of scores may grow to; 0: it is not used."""

    def scorer(self, name: str) -> ScorerSet:
        """The set of that name; an empty one where there is none."""
        return self.sets.get(name, ScorerSet())


def user_file() -> Path:
    """Where the user's settings are, or would be."""
    if told := os.environ.get(VARIABLE):
        return Path(told).expanduser()
    from platformdirs import user_config_path

    return user_config_path("deita-tui") / NAME


def load(project: Path | None = None) -> Config:
    """Read the user's file, and that of the project in ``project``.

    Raises:
        UsageError: a file is no TOML, or says something that nobody understands.
    """
    sets = dict(SHIPPED)
    read, megabytes = [], CACHE_MEGABYTES
    for path in _files(project):
        content = _read(path)
        _refuse_unknown(path, "", content, ("scorer", "cache"))
        for name, told in _sets(path, content):
            sets[name] = told.over(sets.get(name, ScorerSet()))
        megabytes = _megabytes(path, content, megabytes)
        read.append(path)
    return Config(sets, tuple(read), megabytes)


def _files(project: Path | None) -> Iterator[Path]:
    user = user_file()
    if user.is_file():
        yield user
    elif VARIABLE in os.environ:
        raise UsageError(f"{VARIABLE} names {user}, and there is no such file.")
    if project is not None and (project / NAME).is_file():
        yield project / NAME


def _megabytes(path: Path, content: Mapping[str, Any], before: int) -> int:
    table = _table(path, "cache", content.get("cache", {}))
    _refuse_unknown(path, " in [cache]", table, ("megabytes",))
    found = table.get("megabytes", before)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise UsageError(f"{path}: megabytes in [cache] must be a number, 0 for no cache.")
    return found


def _sets(path: Path, content: Mapping[str, Any]) -> Iterator[tuple[str, ScorerSet]]:
    named = _table(path, "scorer", content.get("scorer", {}))
    for name, values in named.items():
        place = f"[scorer.{name}]"
        table = _table(path, f"scorer.{name}", values)
        _refuse_unknown(path, f" in {place}", table, _IN_FILES)
        for key, value in table.items():
            _check(path, f"{key} in {place}", key, value)
        for key in ("complexity", "quality"):
            if key in table:
                table[key] = _from(path, table[key])
        yield name, ScorerSet(**table)


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no TOML: {error}.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from error


def _table(path: Path, name: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        like = name if name == "cache" else f"scorer.{DEFAULT}"
        raise UsageError(f"{path}: {name} must be a table, like [{like}].")
    return value


def _refuse_unknown(path: Path, place: str, table: Mapping[str, object], known: Any) -> None:
    for key in table:
        if key not in known:
            raise UsageError(
                f"{path}: there is no setting {key!r}{place}.", f"There are: {', '.join(known)}."
            )


def _check(path: Path, what: str, key: str, value: object) -> None:
    if key in _NUMBERS:
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise UsageError(f"{path}: {what} must be a number, 1 or more.")
    elif not isinstance(value, str) or not value:
        raise UsageError(f"{path}: {what} must be text in quotes.")
    elif value not in _CHOICES.get(key, (value,)):
        raise UsageError(f"{path}: {what} cannot be {value!r}.", f"It is {_either(_CHOICES[key])}.")


def _either(names: tuple[str, ...]) -> str:
    shown = [name for name in names if name != "fake"]
    return f"{', '.join(shown[:-1])} or {shown[-1]}"


def _from(path: Path, model: str) -> str:
    """A model that a file names: a path in it starts where the file is."""
    place = path.parent / Path(model).expanduser()
    return str(place) if model.startswith((".", "/", "~")) or place.exists() else model

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from deita_tui.project import Project

ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202eoverride\u202c"
MARKUP = "[bold]not bold[/bold] [@click=app.quit]no link[/] [/]"
WIDE = "漢字かな交じり文" * 20


def rows() -> list[dict[str, object]]:
    """Forty conversations of three sources: alike ones, long ones, and nasty ones."""
    found: list[dict[str, object]] = []
    topics = ("tides", "compilers", "bread", "chess", "volcanoes", "sonnets", "glaciers", "fugues")
    for number in range(37):
        topic = topics[number % len(topics)]
        turns = 1 + number % 3
        messages = []
        for turn in range(turns):
            ask = f"Question {turn + 1} about {topic}, number {number}: why?"
            messages.append({"role": "user", "content": ask})
            messages.append({"role": "assistant", "content": f"{topic} explained. " * (number + 1)})
        found.append({"messages": messages, "source": "letters" if number % 4 else "books"})
    for text in (MARKUP, ESCAPES, WIDE):
        messages = [
            {"role": "user", "content": text},
            {"role": "assistant", "content": f"{text}\nend"},
        ]
        found.append({"messages": messages, "source": "[red]nasty[/red]"})
    return found


def write(path: Path, records: Iterable[Mapping[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in records), encoding="utf-8")
    return path


CONFIG = """
[scorer.trial]
complexity = "c"
quality = "q"
backend = "fake"
"""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is scored, embedded, indexed and selected from, made once."""
    place = tmp_path_factory.mktemp("template")
    folder = place / "pool"
    with Project.create(folder) as project:
        project.import_(write(place / "pool.jsonl", rows()))
        project.catch_up()
        (folder / "config.toml").write_text(CONFIG)
        project.score(scorer="trial")
        project.embed(embedder="e", backend="fake")
        project.index()
        project.select(budget=10, threshold=0.95, save="main")
    return folder


@pytest.fixture
def pool(template: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(template, tmp_path / "pool"))


@pytest.fixture
def home(own_home: Path) -> Path:
    """The folder of the projects without a path."""
    return own_home

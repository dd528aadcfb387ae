"""A repository whose main branch holds pickled weights only, on a stand-in for the hub."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from deita_tui.project import Project
from tests.backends.test_hub import Answer
from tests.support import SAMPLE

MAIN = "a" * 40
TITLE = "Adding `safetensors` variant of this model"


class Hub(ThreadingHTTPServer):
    """One repository with a main branch and pull requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Revisions)
        self.revisions: dict[str, dict[str, bytes]] = {}
        """The files of each commit."""
        self.refs: dict[str, str] = {"main": MAIN}
        self.authors: dict[int, str] = {}
        """Of pull requests, by number."""
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def offer(self, number: int, author: str, files: dict[str, bytes]) -> str:
        """Open a pull request; return its commit."""
        commit = f"{number:040x}"
        self.revisions[commit] = files
        self.refs[f"refs/pr/{number}"] = commit
        self.authors[number] = author
        return commit


class Revisions(Answer):
    server: Hub  # type: ignore[assignment]

    def do_GET(self) -> None:
        hub = self.server
        path = unquote(self.path.partition("?")[0]).strip("/")
        hub.asked.append(path)
        if path == "api/models/org/name/discussions":
            self._json(self._discussions())
        elif path.startswith("api/models/org/name"):
            ref = path.partition("/revision/")[2] or "main"
            commit = hub.refs.get(ref, ref)
            if commit not in hub.revisions:
                self._fail(404, "RevisionNotFound")
                return
            files = hub.revisions[commit].items()
            siblings = [{"rfilename": name, "size": len(content)} for name, content in files]
            self._json({"id": "org/name", "sha": commit, "siblings": siblings, "tags": []})
        else:
            ref, _, name = path.partition("/resolve/")[2].partition("/")
            content = hub.revisions[hub.refs.get(ref, ref)].get(name)
            if content is None:
                self._fail(404, "EntryNotFound")
                return
            self._answer(200, content, {"ETag": f'"{ref}-{name}"', "X-Repo-Commit": ref})

    do_HEAD = do_GET

    def _discussions(self) -> dict[str, object]:
        found = [
            {
                "title": TITLE,
                "num": number,
                "author": {"name": author},
                "createdAt": "2024-01-01T00:00:00.000Z",
                "status": "open",
                "repo": {"name": "org/name", "type": "model"},
                "isPullRequest": True,
            }
            for number, author in self.server.authors.items()
        ]
        return {"count": len(found), "start": 0, "discussions": found}

    def _json(self, value: object) -> None:
        self._answer(200, json.dumps(value).encode(), {"Content-Type": "application/json"})


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    server.revisions[MAIN] = {"config.json": b"{}", "tokenizer.json": b"{}"}
    server.revisions[MAIN]["pytorch_model.bin"] = b"pickled"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def environment(hub: Hub, home: Path) -> dict[str, str]:
    return {**os.environ, "HF_HOME": str(home / "hf"), "HF_ENDPOINT": hub.url}


def found(hub: Hub, home: Path, text: str = "org/name") -> dict[str, Any]:
    code = f"""
        import json
        from deita_tui.backends import revisions
        from deita_tui.errors import DeitaError
        try:
            found = revisions.find({text!r})
            size = revisions.size({text!r})
            print(json.dumps(dict(text=found.text, note=found.note, size=size)))
        except DeitaError as error:
            print(json.dumps(dict(error=error.message)))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        encoding="utf-8",
        env=environment(hub, home),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


SAFE = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"safe weights"}


def test_safetensors_on_the_main_branch_are_taken_from_there(hub: Hub, tmp_path: Path) -> None:
    hub.revisions[MAIN] = SAFE
    assert found(hub, tmp_path) == {"text": "org/name", "note": "", "size": 12}
    assert not any("discussions" in path for path in hub.asked)


def test_the_conversion_of_the_hub_is_taken_from_its_pull_request(hub: Hub, tmp_path: Path) -> None:
    hub.offer(1, "somebody", {"README.md": b"a typo"})
    hub.offer(2, "stranger", SAFE)
    hub.offer(4, "SFconvertbot", SAFE)
    answer = found(hub, tmp_path)
    assert answer["text"] == "org/name@refs/pr/4"
    assert "safetensors were taken from refs/pr/4" in answer["note"]
    assert answer["size"] == 12


def test_a_stranger_is_named_and_not_believed(hub: Hub, tmp_path: Path) -> None:
    hub.offer(2, "stranger", SAFE)
    answer = found(hub, tmp_path)
    assert answer["text"] == "org/name"
    assert "org/name@refs/pr/2 by stranger" in answer["note"]
    assert answer["size"] == len(b"pickled")


def test_a_revision_that_is_named_is_taken_as_it_is(hub: Hub, tmp_path: Path) -> None:
    hub.offer(2, "stranger", SAFE)
    answer = found(hub, tmp_path, "org/name@refs/pr/2")
    assert (answer["text"], answer["note"]) == ("org/name@refs/pr/2", "")


def test_what_the_hub_refuses_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.revisions.clear()
    assert "org/name" in found(hub, tmp_path)["error"]


@pytest.mark.slow
def test_a_run_pins_the_commit_and_needs_no_hub_again(
    hub: Hub, tmp_path: Path, llama_folder: Path
) -> None:
    files = {file.name: file.read_bytes() for file in llama_folder.iterdir() if file.is_file()}
    hub.revisions[MAIN] = {name: files[name] for name in files if "safetensors" not in name}
    hub.revisions[MAIN]["pytorch_model.bin"] = b"pickled"
    commit = hub.offer(3, "SFconvertbot", files)
    env = environment(hub, tmp_path)

    done = scored(tmp_path / "one", env)
    (stage,) = json.loads(done.stdout)["stages"]
    assert any("taken from refs/pr/3" in note for note in stage["notes"])
    assert not any("pytorch_model.bin" in path for path in hub.asked if "/resolve/" in path)
    with Project.open(tmp_path / "one", read_only=True) as project:
        judge = project.scorers()[0].config["judge"]
    assert isinstance(judge, dict)
    assert judge["revision"] == commit

    hub.asked.clear()
    again = json.loads(scored(tmp_path / "one", env).stdout)["stages"][0]
    assert (again["scored"], again["notes"]) == (0, stage["notes"])
    other = json.loads(scored(tmp_path / "two", env, "--offline").stdout)["stages"][0]
    # Where auto picks the same precision again, the first project's scores are known already.
    assert other["scored"] + other["shared"] == stage["scored"]
    assert hub.asked == [], "a commit that is here need not be asked for"


def scored(folder: Path, env: dict[str, str], *more: str) -> "subprocess.CompletedProcess[str]":
    if not folder.exists():
        with Project.create(folder) as project:
            project.import_(SAMPLE)
            project.catch_up()
    program = Path(sys.executable).with_name("deita-tui")
    # The tiny model is not trained: the gate is right, and is told to let it through.
    words = ("score", str(folder), "--complexity-model", "org/name", "--force", "--json", *more)
    done = subprocess.run([program, *words], capture_output=True, text=True, env=env, check=False)
    assert done.returncode == 0, done.stderr
    return done

"""Fetching from a stand-in for the hub that runs on this machine."""

import json
import os
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from deita_tui.backends.references import Reference

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WEIGHTS = bytes(range(256)) * 49_152
"""12.6 MB: huggingface_hub counts what it has in pieces of 10 MiB."""
FILES = {
    "config.json": b'{"model_type": "llama"}',
    "tokenizer.json": b"{}",
    "model.safetensors": WEIGHTS,
    "pytorch_model.bin": b"never to be fetched",
    "README.md": b"never to be fetched",
}


class Hub(ThreadingHTTPServer):
    """Answers what huggingface_hub asks: a model's files, their heads, their bytes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.asked: list[str] = []
        """Method, path and range of every request."""
        self.agents: set[str] = set()
        self.cut_after = 0
        """Ends the first transfer of weights after so many bytes."""
        self.files = dict(FILES)
        self.size: int | None = None
        """Says that the weights have so many bytes."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fetched(self) -> list[str]:
        return [
            line.split("/")[-1].split()[0] for line in self.asked if line.startswith("GET /org")
        ]


class Answer(BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._note()
        parts = self.path.partition("?")[0].strip("/").split("/")
        if "closed" in parts:
            self._fail(403, "GatedRepo")
        elif "private" in parts:
            self._fail(401, "")
        elif "name" not in parts:
            self._fail(404, "RepoNotFound")
        elif parts[:2] == ["api", "models"]:
            self._describe(parts)
        elif parts[-1] in self.server.files:
            self._send(parts[-1])
        else:
            self._fail(404, "EntryNotFound")

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None: ...

    def _note(self) -> None:
        span = self.headers.get("Range", "")
        self.server.asked.append(f"{self.command} {self.path} {span}".strip())
        self.server.agents.add(self.headers.get("User-Agent", ""))

    def _describe(self, parts: list[str]) -> None:
        if "revision" in parts and parts[-1] not in ("main", "v1", COMMIT):
            self._fail(404, "RevisionNotFound")
            return
        siblings = []
        for name, content in self.server.files.items():
            size = self.server.size if name == "model.safetensors" else None
            siblings.append({"rfilename": name, "size": size or len(content)})
        model = {"id": "org/name", "sha": COMMIT, "siblings": siblings, "private": False}
        self._answer(200, json.dumps({**model, "tags": [], "downloads": 0}).encode())

    def _send(self, name: str) -> None:
        content = self.server.files[name]
        span = self.headers.get("Range")
        start = int(span.removeprefix("bytes=").split("-")[0]) if span else 0
        headers = {
            "ETag": f'"{sha256(content).hexdigest()}"',
            "X-Repo-Commit": COMMIT,
            "Accept-Ranges": "bytes",
        }
        if span:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        cut = self.server.cut_after
        if name == "model.safetensors" and self.command == "GET" and cut:
            self.server.cut_after = 0
            self._answer(200, content, headers, only=cut)
            self.close_connection = True
            return
        self._answer(206 if span else 200, content[start:], headers)

    def _fail(self, status: int, code: str) -> None:
        headers = {"X-Error-Code": code} if code else {}
        self._answer(status, b'{"error": "no"}', headers)

    def _answer(
        self,
        status: int,
        content: bytes,
        headers: dict[str, str] | None = None,
        only: int | None = None,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:only])


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


class Client:
    """The fetching side, in a process of its own: huggingface_hub reads its settings at import."""

    def __init__(self, folder: Path, url: str) -> None:
        self.home = folder / "hf"
        self.cache = folder / "cache"
        self.url = url

    def fetch(self, text: str, offline: bool = False, **env: str) -> dict[str, Any]:
        """What ``hub.fetch`` returned or said, and the progress it told of."""
        code = f"""
            import json
            from dataclasses import asdict
            from deita_tui.backends import hub
            from deita_tui.errors import DeitaError
            told, answer = [], {{}}
            note = lambda *now: told.append(now)
            try:
                answer = asdict(hub.fetch({text!r}, offline={offline}, progress=note))
            except DeitaError as error:
                answer = dict(error=type(error).__name__, message=error.message, hint=error.hint)
            print(json.dumps({{**answer, "told": told}}, default=str))
        """
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            encoding="utf-8",
            env={
                **kept,
                "HF_HOME": str(self.home),
                "XDG_CACHE_HOME": str(self.cache),
                "HF_ENDPOINT": self.url,
                **env,
            },
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "%|" not in done.stderr, "no bars on the screen"
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@pytest.fixture
def client(tmp_path: Path, hub: Hub) -> Client:
    return Client(tmp_path, hub.url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("org/name", Reference("org/name", "", "")),
        ("org/name@refs/pr/3", Reference("org/name", "", "refs/pr/3")),
        ("org/name/a/b.gguf@v1", Reference("org/name", "a/b.gguf", "v1")),
    ],
)
def test_references(text: str, expected: Reference) -> None:
    assert Reference.parse(text) == expected


def test_only_what_is_needed_comes_and_the_commit_is_pinned(hub: Hub, client: Client) -> None:
    found = client.fetch("org/name")
    assert (found["name"], found["revision"]) == ("org/name", COMMIT)
    folder = Path(found["path"])
    assert sorted(file.name for file in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
    ]
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert all(COMMIT in line for line in hub.asked if "/resolve/" in line)
    assert not any("telemetry" in line for line in hub.asked)


def test_progress_counts_all_files(client: Client) -> None:
    total = sum(len(FILES[name]) for name in ("model.safetensors", "config.json", "tokenizer.json"))
    told = client.fetch("org/name")["told"]
    done = [now[0] for now in told]
    assert done == sorted(done)
    assert done[-1] == total
    assert {now[1] for now in told} == {total}


def test_a_second_time_nothing_is_fetched(hub: Hub, client: Client) -> None:
    first = client.fetch("org/name")
    hub.asked.clear()
    assert client.fetch("org/name")["path"] == first["path"]
    assert hub.fetched() == []
    hub.asked.clear()
    assert client.fetch(f"org/name@{COMMIT}")["path"] == first["path"]
    assert hub.asked == [], "a commit never changes: there is nothing to ask"


def test_a_cut_connection_is_taken_up_where_it_broke(hub: Hub, client: Client) -> None:
    hub.cut_after = 11_000_000
    found = client.fetch("org/name")
    assert (Path(found["path"]) / "model.safetensors").read_bytes() == WEIGHTS
    (resumed,) = [line for line in hub.asked if "bytes=" in line]
    assert 0 < int(resumed.rpartition("bytes=")[2].rstrip("-")) <= 11_000_000


def test_what_is_complete_survives_a_failure(hub: Hub, client: Client) -> None:
    del hub.files["tokenizer.json"]
    client.fetch("org/name")
    hub.files["tokenizer.json"] = b"{}"
    hub.asked.clear()
    client.fetch("org/name")
    assert hub.fetched() == ["tokenizer.json"]


def test_offline_takes_what_is_there(hub: Hub, client: Client) -> None:
    missing = client.fetch("org/name", offline=True)
    assert missing["error"] == "UsageError"
    assert "not on this disk" in missing["message"]
    first = client.fetch("org/name@v1")
    hub.asked.clear()
    for found in (
        client.fetch("org/name@v1", offline=True),
        client.fetch("org/name@v1", HF_HUB_OFFLINE="1"),
    ):
        assert (found["path"], found["revision"]) == (first["path"], COMMIT)
    assert hub.asked == []


def test_offline_does_not_take_half_a_model(hub: Hub, client: Client) -> None:
    first = client.fetch("org/name")
    (Path(first["path"]) / "model.safetensors").unlink()
    told = client.fetch("org/name", offline=True)["message"]
    assert "Of org/name only a part is on this disk" in told
    assert "it lacks model.safetensors." in told


def test_a_gguf_of_a_repository(hub: Hub, client: Client) -> None:
    hub.files = {"a.gguf": b"GGUF-a", "b.gguf": b"GGUF-b", "README.md": b""}
    several = client.fetch("org/name")
    assert several["error"] == "UsageError"
    assert several["hint"] == "Name one of its files: org/name/a.gguf"
    found = client.fetch("org/name/b.gguf")
    assert Path(found["path"]).read_bytes() == b"GGUF-b"
    assert found["revision"] == COMMIT
    assert client.fetch("org/name/b.gguf", offline=True)["path"] == found["path"]


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("org/nothing", "UsageError", "The hub has no model org/nothing"),
        ("org/private", "UsageError", "private and you are not logged in"),
        ("org/closed", "UsageError", "is gated"),
        ("org/name@v9", "UsageError", "a revision that the hub does not have"),
        ("org/name/c.gguf", "UsageError", "holds no weights"),
    ],
)
def test_what_the_hub_refuses_is_a_sentence(
    client: Client, text: str, error: str, words: str
) -> None:
    answer = client.fetch(text)
    assert answer["error"] == error
    assert words in answer["message"]
    assert answer["hint"]


def test_a_disk_that_is_too_small(hub: Hub, client: Client) -> None:
    hub.size = 1 << 60
    answer = client.fetch("org/name")
    assert answer["error"] == "NoSpaceError"
    assert hub.fetched() == []


def test_no_network_is_a_sentence(tmp_path: Path) -> None:
    client = Client(tmp_path, "http://127.0.0.1:9")
    answer = client.fetch("org/name")
    assert answer["error"] == "JobError"
    assert "--offline" in answer["hint"]

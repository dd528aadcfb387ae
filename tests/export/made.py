"""Files with one record of every kind that an export meets, and projects of them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deita_store import selections
from deita_store.selections import Outcome
from deita_tui.project import Project

Rows = list[dict[str, Any]]


def said(*texts: str, system: str = "") -> Rows:
    """Messages of these texts: the user's, the assistant's, the user's, …"""
    roles = ("user", "assistant")
    rows = [{"role": roles[at % 2], "content": text} for at, text in enumerate(texts)]
    return [{"role": "system", "content": system}, *rows] if system else rows


def call(name: str, arguments: str, id_: str | None = None) -> dict[str, Any]:
    named = {} if id_ is None else {"id": id_}
    return {**named, "type": "function", "function": {"name": name, "arguments": arguments}}


WEATHER = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]

FILES: dict[str, Rows] = {
    "alpaca.jsonl": [
        {
            "id": "a-1",
            "instruction": "Sort these words.",
            "input": "pear, apple",
            "output": "apple, pear",
            "license": "cc-by-4.0",
            "lang": "en",
        },
        {
            "id": "a-2",
            "instruction": "Name a colour.\nOnly one.",
            "input": "",
            "output": "Blue — ça va 😀\u2028",
            "lang": 3,
        },
    ],
    "chats.jsonl": [
        {"id": "chat", "messages": said("Hi.", "Hello.", "Bye.", "See you.", system="Be kind.")},
        {"id": "starts", "messages": [{"role": "assistant", "content": "Yes?"}, *said("Hm.", "!")]},
        {"id": "open", "messages": said("Knock knock.", "Who is there?", "Me.")},
        {"id": "silent", "messages": said("Say nothing.", "  ")},
        {
            "id": "thinks",
            "messages": [
                {"role": "user", "content": "2 + 2?"},
                {"role": "assistant", "content": "4", "reasoning_content": "Two and two."},
            ],
        },
        {"id": "late", "messages": [*said("Who?", "Me."), {"role": "system", "content": "Short."}]},
        {"id": "markup", "messages": said("[bold]{{x}}</s>|`\x1b[31m", '=1+1,"x"\r\n;\'')},
    ],
    "tools.jsonl": [
        {
            "id": "calls",
            "tools": WEATHER,
            "messages": [
                {"role": "user", "content": "Rain in Oslo?"},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [call("weather", '{"city": "Oslo"}', "c1")],
                },
                {"role": "tool", "content": "rain", "tool_call_id": "c1"},
                {"role": "assistant", "content": "It rains."},
            ],
        },
        {
            "id": "parallel",
            "tools": WEATHER,
            "messages": [
                {"role": "user", "content": "Oslo and Rome?"},
                {
                    "role": "assistant",
                    "content": "Let me see.",
                    "tool_calls": [
                        call("weather", '{"city":"Oslo"}'),
                        call("weather", '{"city":"Rome","days":2}'),
                    ],
                },
                {"role": "tool", "content": "rain"},
                {"role": "tool", "content": "sun"},
                {"role": "assistant", "content": "Rain and sun."},
            ],
        },
        {
            "id": "garbled",
            "tools": WEATHER,
            "messages": [
                {"role": "user", "content": "Rain?"},
                {"role": "assistant", "content": "", "tool_calls": [call("weather", "city: Oslo")]},
                {"role": "tool", "content": "no"},
                {"role": "assistant", "content": "No."},
            ],
        },
    ],
    "pairs.jsonl": [
        {"id": "pair", "prompt": "Better?", "chosen": "Yes, thank you.", "rejected": "no"},
        {
            "id": "long-pair",
            "chosen": said("Go on.", "One.", "And?", "Two."),
            "rejected": said("Go on.", "Uno.", "And?", "Due."),
        },
    ],
    "kto.jsonl": [
        {"id": "good", "messages": said("Nice?", "Nice."), "label": True},
        {"id": "bad", "messages": said("Rude?", "Go away."), "label": False},
    ],
    "seen.jsonl": [
        {"id": "image", "messages": said("<image>What?", "A cat."), "images": ["cat.png"]},
        {"id": "no-place", "messages": said("What is it?", "A dog."), "images": ["dog.png"]},
    ],
}


def write(folder: Path, files: Mapping[str, Rows] = FILES) -> list[Path]:
    """The files, one JSON object a line."""
    paths = []
    for name, rows in files.items():
        path = folder / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        paths.append(path)
    return paths


def make_project(folder: Path, files: Iterable[Path]) -> Project:
    """A project of these files; the caller closes it."""
    project = Project.create(folder)
    for file in files:
        project.import_(file)
    project.catch_up()
    return project


def select(project: Project, name: str | None = "best", ids: Iterable[int] | None = None) -> int:
    """Save a selection that kept these records, in this order; the rest was over budget."""
    store = project.store
    rows = store.db.execute("select id from records order by id").fetchall()
    chosen = [id_ for (id_,) in rows] if ids is None else list(ids)
    outcomes = [
        Outcome(id_, "kept", rank=at + 1, position=at + 1, score=10 - at / 4)
        for at, id_ in enumerate(chosen)
    ]
    params = {"budget": len(chosen), "threshold": 0.9, "turns": "sum"}
    return selections.save(store, name, params, {}, outcomes, "me")


def number(project: Project, external_id: str) -> int:
    """The id of the record that a file calls so."""
    (row,) = project.list(f"external:{external_id}")
    return row.id


def lines(path: Path) -> Rows:
    """The rows of a JSONL file, or of a JSON array."""
    text = path.read_text(encoding="utf-8")
    found = json.loads(text) if path.suffix == ".json" else None
    return found or [json.loads(line) for line in text.split("\n") if line]

"""What trainers do to the files of an export, written down from the descriptions of their rules.

These are the oracles of the tests: they share nothing with what the dry run is made of.
"""

import json
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

Row = dict[str, Any]

_COLUMNS = ("system", "tools", "images", "videos", "audios", "chosen", "rejected", "kto_tag")


def llamafactory(folder: Path, name: str) -> tuple[dict[str, Row], list[str]]:
    """Samples by id as LLaMA-Factory's first data layer makes them, and the ids that it skips.

    Raises:
        KeyError: the trainer would stop with the same error.
        ValueError: the trainer would stop.
    """
    info = json.loads((folder / "dataset_info.json").read_text())[name]
    assert info["formatting"] == "sharegpt"
    assert "tags" not in info  # naming one would unset all others
    columns = {part: info["columns"].get(part) for part in (*_COLUMNS, "messages")}
    rows = json.loads((folder / info["file_name"]).read_text(encoding="utf-8"))
    kept, skipped = {}, []
    for row in rows:
        sample = _llamafactory_sample(row, columns, info.get("ranking", False))
        if sample is None:
            skipped.append(row["id"])
        else:
            kept[row["id"]] = sample
    return kept, skipped


def _llamafactory_sample(row: Row, columns: dict[str, Any], ranking: bool) -> Row | None:
    turns = row[columns["messages"]]
    system = row[columns["system"]] if columns["system"] else ""
    if turns and turns[0]["from"] == "system":
        system, turns = turns[0]["value"], turns[1:]
    if not _alternates(turns) or len(turns) % 2 != int(ranking) or not turns:
        return None
    tools = row[columns["tools"]] if columns["tools"] else ""
    if tools:
        json.loads(tools)
    _format(turns)
    _count_media(row, columns, turns)
    sample = {"turns": turns, "system": system, "tools": tools}
    if ranking:
        for side in ("chosen", "rejected"):
            sample[side] = row[columns[side]]
            assert sample[side]["from"] in ("gpt", "function_call")
    if columns["kto_tag"]:
        sample["label"] = row[columns["kto_tag"]]
        assert isinstance(sample["label"], bool)
    return sample


def _alternates(turns: list[Row]) -> bool:
    asks, says = ("human", "observation"), ("gpt", "function_call")
    return all(turn["from"] in (says if place % 2 else asks) for place, turn in enumerate(turns))


def _format(turns: list[Row]) -> None:
    """What the templates read out of a call."""
    for turn in turns:
        if turn["from"] == "function_call":
            calls = json.loads(turn["value"].rpartition("</think>\n\n")[2])
            for call in calls if isinstance(calls, list) else [calls]:
                assert call.keys() >= {"name", "arguments"}


def _count_media(row: Row, columns: dict[str, Any], turns: list[Row]) -> None:
    for part, mark in (("images", "<image>"), ("videos", "<video>"), ("audios", "<audio>")):
        references = row[columns[part]] if columns[part] else []
        if references and len(references) != sum(turn["value"].count(mark) for turn in turns):
            raise ValueError(f"The number of {part} does not match the number of {mark}.")


def axolotl(folder: Path) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """Turns by id as axolotl hands them to the chat template, and by id why it would stop."""
    config = yaml.safe_load((folder / "axolotl.yaml").read_text())
    blocks = [*config["datasets"], *config.get("test_datasets", [])]
    kept: dict[str, list[Row]] = {}
    stopped: dict[str, str] = {}
    for block in blocks:
        assert block["type"] == "chat_template"
        assert block["ds_type"] == "json"
        for line in (folder / block["path"]).read_text(encoding="utf-8").split("\n"):
            row = json.loads(line) if line else None
            if row is None:
                continue
            try:
                kept[row["id"]] = _axolotl_turns(row, block)
            except (ValueError, KeyError, IndexError) as error:
                stopped[row["id"]] = repr(error)
    return kept, stopped


def _axolotl_turns(row: Row, block: dict[str, Any]) -> list[Row]:
    row = {key: value for key, value in row.items() if value is not None}
    messages = row[block["field_messages"]]
    if not isinstance(messages, list):
        raise ValueError("messages")
    roles = {"human": "user", "gpt": "assistant"}
    for role, names in (block.get("roles") or {}).items():
        roles |= dict.fromkeys(names, role)
    turns = []
    assert "system" not in row  # it would become a turn
    for message in messages:
        turn = {
            key: message[name]
            for key, name in block["message_property_mappings"].items()
            if message.get(name) is not None
        }
        turn["role"] = roles.get(turn["role"], turn["role"])
        for call in message.get("tool_calls", ()):
            arguments = json.loads(call["function"]["arguments"])
            if not isinstance(arguments, dict):
                raise ValueError("arguments")
            turn.setdefault("tool_calls", []).append(arguments)
        turns.append(turn)
    assert turns[0]["role"]
    if not isinstance(row.get("tools", []), list):
        raise ValueError("tools")
    for tool in row.get("tools", []):
        parameters = tool.get("function", tool).get("parameters", "{}")
        json.loads(parameters)
    return turns

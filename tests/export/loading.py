"""Loads exports with the trainers' own libraries, in a process of its own; prints JSON.

``python -m tests.export.loading TOKENIZER FOLDER…``: each folder is loaded with ``datasets``, both
as a data set and file by file; what TRL trains on goes through TRL's own preparation too.
"""

import contextlib
import io
import json
import sys
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def loaded(folder: Path) -> dict[str, Any]:
    from datasets import load_dataset  # type: ignore[import-untyped]

    splits = load_dataset(str(folder))
    found: dict[str, Any] = {"rows": {name: len(part) for name, part in splits.items()}}
    found["first"] = splits["train"][0]
    decisions = folder / "provenance" / "decisions.jsonl"
    found["decisions"] = len(load_dataset("json", data_files=str(decisions), split="train"))
    if (folder / "data").exists():
        found["named"] = list(load_dataset(str(folder), "decisions"))
    return found


def tokenized(folder: Path, model: Path, pairs: bool) -> int:
    """How many rows TRL's trainer would train on; raises what it would raise."""
    from datasets import load_dataset
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]
    from trl.data_utils import apply_chat_template, is_conversational

    tokenizer = _tokenizer(model)
    (file,) = [each for each in folder.rglob("train.*") if each.suffix in (".jsonl", ".parquet")]
    kind = "parquet" if file.suffix == ".parquet" else "json"
    data = load_dataset(kind, data_files=str(file), split="train")
    assert all(is_conversational(row) for row in data)
    if pairs:
        return len([apply_chat_template(dict(row), tokenizer) for row in data])
    config = SFTConfig(output_dir="none", bf16=False, use_cpu=True, max_length=64, report_to="none")
    trainer: Any = SimpleNamespace(
        _tokenizer=tokenizer, chat_template=None, completion_only_loss=True, args=config
    )
    prepared = SFTTrainer._prepare_dataset(trainer, data, tokenizer, config, False, None, "train")
    assert all(any(label != -100 for label in row["labels"]) for row in prepared)
    return len(prepared)


@cache
def _tokenizer(model: Path) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(model))


def recipes(folder: Path) -> list[str]:
    """The scripts of an export, run as far as the model: their settings are accepted."""
    from trl import DPOConfig, SFTConfig  # type: ignore[attr-defined]

    names = []
    for path in sorted(folder.rglob("trl_*.py")):
        tree = path.read_text()
        head = tree[: tree.index("data = load_dataset")].replace("bf16=True", "bf16=False")
        space: dict[str, Any] = {}
        exec(compile(head, str(path), "exec"), space)
        assert isinstance(space["config"], SFTConfig | DPOConfig)
        assert space["config"].max_length == 2048
        assert all((folder / file).is_file() for file in space["files"].values())
        names.append(path.name)
    return names


def main() -> None:
    told: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for name in sys.argv[2:]:
            folder = Path(name)
            found = loaded(folder)
            if folder.name.startswith(("messages", "trl", "hf", "parquet", "preference")):
                pairs = folder.name.startswith(("preference", "trl-kto"))
                found["trained"] = tokenized(folder, Path(sys.argv[1]), pairs)
                found["recipes"] = recipes(folder)
            told[folder.name] = found
    print(json.dumps(told, default=str))  # noqa: T201


if __name__ == "__main__":
    main()

"""Training snippets with the hyper-parameters that DEITA published, for the files of an export.

From the paper (arXiv 2312.15685, appendix A) and the recipes beside it: fine-tuning Mistral-7B 6
epochs in batches of 512 at 2e-5, LLaMA-2-13B in batches of 128 at 2e-5, LLaMA-1-13B at 1e-5; DPO
9 epochs in batches of 32 at 5e-7 with beta 0.1; 2,048 tokens throughout.
"""

import json
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deita_tui.export.target import Layout

Block = dict[str, object]

_OTHERS = """\
# DEITA's settings for Mistral-7B. LLaMA-2-13B: batch 128, rate 2e-5, warmup 0.1;
# LLaMA-1-13B: batch 128, rate 1e-5, warmup 0.03. Batches are for one GPU: divide the accumulation
# by the number of yours."""
_OTHERS_DPO = """\
# DEITA's settings for DPO on top of its fine-tuned Mistral-7B. Batches are for one GPU: divide the
# accumulation by the number of yours."""

_TRL_SFT = Template('''\
"""Fine-tune on this export with TRL: python recipes/trl_sft.py, in the folder of the export."""

from datasets import load_dataset
from trl import SFTConfig, SFTTrainer

$others
config = SFTConfig(
    output_dir="sft",
    num_train_epochs=6,
    per_device_train_batch_size=4,
    gradient_accumulation_steps=128,
    learning_rate=2e-5,
    lr_scheduler_type="cosine",
    warmup_steps=0.1,  # below 1: a share of all steps; before transformers 5: warmup_ratio=0.1
    max_length=2048,
    bf16=True,
    $loss
)
files = $files
data = load_dataset($loader, data_files=files)
trainer = SFTTrainer(
    model="mistralai/Mistral-7B-v0.1",
    args=config,
    train_dataset=data["train"],$evaluate
)
trainer.train()
''')

_TRL_DPO = Template('''\
"""Train on the pairs of this export with TRL: python recipes/trl_dpo.py, in its folder."""

from datasets import load_dataset
from trl import DPOConfig, DPOTrainer

$others
config = DPOConfig(
    output_dir="dpo",
    num_train_epochs=9,
    per_device_train_batch_size=2,
    gradient_accumulation_steps=16,
    learning_rate=5e-7,
    lr_scheduler_type="linear",
    warmup_steps=0.1,  # below 1: a share of all steps; before transformers 5: warmup_ratio=0.1
    max_length=2048,
    beta=0.1,
    bf16=True,
)
files = $files
data = load_dataset($loader, data_files=files)
trainer = DPOTrainer(
    model="sft",  # the fine-tuned model
    args=config,
    train_dataset=data["train"],$evaluate
)
trainer.train()
''')


def trl_files(layout: "Layout") -> dict[str, str]:
    """A script for TRL; for KTO nothing was published."""
    kind = layout.options.kind
    if kind == "kto":
        return {}
    files = dict(layout.files)
    first = next(iter(files.values()))
    loader = "parquet" if first.endswith(".parquet") else "json"
    loss = "assistant_only_loss=True,  # train the answers alone; the chat template must mark them"
    if layout.options.prompt_completion:
        loss = "completion_only_loss=True,  # train the last answer alone"
    evaluate = '\n    eval_dataset=data["validation"],' if "validation" in files else ""
    template, others = (_TRL_DPO, _OTHERS_DPO) if kind == "dpo" else (_TRL_SFT, _OTHERS)
    script = template.substitute(
        others=others,
        loss=loss,
        loader=json.dumps(loader),
        files=json.dumps(files),
        evaluate=evaluate,
    )
    return {f"recipes/trl_{kind}.py": script}


def axolotl_files(layout: "Layout") -> dict[str, str]:
    """A whole configuration, whose ``datasets`` reads the files of the export."""
    block: Block
    if layout.options.kind == "dpo":
        block = {
            "type": "chat_template.default",
            "field_messages": "messages",
            "field_chosen": "chosen",
            "field_rejected": "rejected",
        }
        return {"axolotl.yaml": _axolotl_dpo(layout, block)}
    block = {
        "type": "chat_template",
        "field_messages": "messages",
        "message_property_mappings": _properties(layout, "role", "content"),
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }
    if "train" in layout.needs.keys:
        block["message_field_training"] = "train"
    return {"axolotl.yaml": _axolotl_sft(layout, block)}


def sharegpt_files(layout: "Layout") -> dict[str, str]:
    """The configuration with which axolotl reads from and value: its ``type: sharegpt`` is gone.

    None where there are tools: of those axolotl takes a list, and ShareGPT has JSON text.
    """
    if layout.needs.tools:
        return {}
    block: Block = {
        "type": "chat_template",
        "field_messages": "conversations",
        "message_property_mappings": _properties(layout, "from", "value"),
        "roles": {
            "user": ["human"],
            "assistant": ["gpt", "function_call"],
            "system": ["system"],
            "tool": ["observation"],
        },
        "roles_to_train": ["assistant"],
        "train_on_eos": "turn",
    }
    return {"axolotl.yaml": _axolotl_sft(layout, block)}


def _properties(layout: "Layout", role: str, content: str) -> dict[str, str]:
    keys = {"role": role, "content": content}
    if "reasoning_content" in layout.needs.keys:
        keys["reasoning_content"] = "reasoning_content"
    return keys


def _axolotl_sft(layout: "Layout", block: Block) -> str:
    return "\n".join(
        [
            "# Fine-tune on this export: axolotl train axolotl.yaml, in the folder of the export.",
            "base_model: mistralai/Mistral-7B-v0.1",
            "chat_template: chatml  # tokenizer_default where the model has one of its own",
            *_axolotl_data(layout, block),
            _OTHERS,
            "sequence_len: 2048",
            "excess_length_strategy: drop  # or truncate",
            "num_epochs: 6",
            "micro_batch_size: 4",
            "gradient_accumulation_steps: 128",
            "learning_rate: 0.00002",
            "lr_scheduler: cosine",
            "warmup_ratio: 0.1",
            "bf16: auto",
            "output_dir: ./sft",
            "",
        ]
    )


def _axolotl_dpo(layout: "Layout", block: Block) -> str:
    return "\n".join(
        [
            "# Train on the pairs of this export: axolotl train axolotl.yaml, in its folder.",
            "base_model: ./sft  # the fine-tuned model",
            "chat_template: tokenizer_default",
            "rl: dpo",
            "rl_beta: 0.1",
            *_axolotl_data(layout, block),
            _OTHERS_DPO,
            "sequence_len: 2048",
            "num_epochs: 9",
            "micro_batch_size: 2",
            "gradient_accumulation_steps: 16",
            "learning_rate: 0.0000005",
            "lr_scheduler: linear",
            "warmup_ratio: 0.1",
            "bf16: auto",
            "output_dir: ./dpo",
            "",
        ]
    )


def _axolotl_data(layout: "Layout", block: Block) -> list[str]:
    lines = []
    for split, file in layout.files.items():
        lines.append("datasets:" if split == "train" else "test_datasets:")
        entry = {"path": f"./{file}", "ds_type": "json", "split": "train", **block}
        marks = ["  - ", *["    "] * (len(entry) - 1)]
        for mark, (key, value) in zip(marks, entry.items(), strict=True):
            # JSON is YAML too, and leaves nothing to guess about quotes
            lines.append(f"{mark}{key}: {json.dumps(value)}")
    return lines


def llamafactory_names(layout: "Layout") -> dict[str, str]:
    """The files by the names that ``dataset:`` calls them by."""
    suffix = {"train": "", "validation": "_validation"}
    return {f"{layout.title}{suffix[split]}": file for split, file in layout.files.items()}


def llamafactory_files(layout: "Layout") -> dict[str, str]:
    """A configuration for ``llamafactory-cli train``; for KTO nothing was published."""
    kind = layout.options.kind
    if kind == "kto":
        return {}
    names = list(llamafactory_names(layout))
    told, sft = ("fine-tune on", True) if kind == "sft" else ("train on the pairs of", False)
    lines = [
        f"# To {told} this export: llamafactory-cli train recipes/llamafactory_{kind}.yaml,",
        "# in the folder of the export.",
        f"model_name_or_path: {'mistralai/Mistral-7B-v0.1' if sft else './sft'}",
        f"stage: {kind}",
        "do_train: true",
        "finetuning_type: full",
        *([] if sft else ["pref_loss: sigmoid", "pref_beta: 0.1"]),
        "dataset_dir: .",
        f"dataset: {names[0]}",
        *([f"eval_dataset: {names[1]}"] if len(names) > 1 else []),
        "template: mistral  # the one of your model",
        "cutoff_len: 2048",
        _OTHERS if sft else _OTHERS_DPO,
        f"num_train_epochs: {6 if sft else 9}",
        f"per_device_train_batch_size: {4 if sft else 2}",
        f"gradient_accumulation_steps: {128 if sft else 16}",
        f"learning_rate: {'2.0e-5' if sft else '5.0e-7'}",
        f"lr_scheduler_type: {'cosine' if sft else 'linear'}",
        "warmup_ratio: 0.1",
        "bf16: true",
        f"output_dir: ./{kind}",
        "",
    ]
    return {f"recipes/llamafactory_{kind}.yaml": "\n".join(lines)}

"""A tokenizer folder as models have it: words are tokens, and a chat template beside them."""

import json
from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}"
    "{% if message.role == 'user' and loop.index0 and messages[loop.index0 - 1].role == 'user' %}"
    "{{ raise_exception('turns must alternate') }}{% endif %}"
    "<s> {{ message.role }} {{ message.content }} "
    "{% for call in message.tool_calls or [] %}{{ call.function.arguments | tojson }} {% endfor %}"
    "</s> {% endfor %}{% if add_generation_prompt %}<s> assistant {% endif %}"
)


def make_tokenizer(folder: Path, template: str | None = TEMPLATE) -> Path:
    """Write one into ``folder``."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    words = ["[UNK]", "<s>", "</s>", "user", "assistant", "system", "tool"]
    tokenizer = Tokenizer(WordLevel({word: at for at, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "[UNK]",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "pad_token": "</s>",
        "model_max_length": 512,
    }
    if template is not None:
        config["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return folder

"""The tokenizer of a model's folder, as a GGUF has it.

A GGUF names the rule by which a text is split before tokens are made, and says nothing else of it.
Which name fits is not guessed from the tokenizer's files: each is tried on texts until llama.cpp
gives the same tokens as the folder's own tokenizer.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deita_tui.backends import agreement, gguf
from deita_tui.backends.hf_tokens import PlainText
from deita_tui.errors import UsageError

_NORMAL, _UNKNOWN, _CONTROL, _USER, _UNUSED, _BYTE = 1, 2, 3, 4, 5, 6

_SPLITS = (
    "llama-bpe", "qwen2", "smollm", "gpt-2", "tekken", "default", "llama4", "gpt-4o", "starcoder",
    "deepseek-llm", "deepseek-coder", "deepseek-r1-qwen", "falcon", "mpt", "refact", "command-r",
    "stablelm2", "olmo", "dbrx", "smaug-bpe", "poro-chat", "viking", "jais", "exaone", "minerva-7b",
    "superbpe", "trillion", "megrez", "chameleon", "roberta-bpe", "gpt3-finnish", "bloom",
)  # fmt: skip
"""llama.cpp's names for ways to split, the likeliest first."""

_PROBES = (
    *agreement.SAMPLE,
    "I'm you'll HE'S They'VE don't",
    "x=1;y+=22;z**=333 // 4444",
    "a\n\n\nb \n c\t\td  \r\n",
    "e\u0301 ṩ ﬁ Å",
    "नमस्ते दुनिया สวัสดี",
    "$100,000.00 — “quoted” … (maybe)",
    "'s 're '' '",
    "1234567890123",
    "?\n\n1. one\n2) two\n\n\n33 three\n 4",
    "a  1   22    333 x 4  y",
    "v1.2.3-rc4 (5) [6] {7} #8 9% ½ ² Ⅷ ١٢٣",
)
"""Where ways to split are known to differ."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Tokens, and how a text becomes them."""

    model: str
    """``llama`` as SentencePiece does it, or ``gpt2`` for byte-level pairs."""
    pieces: tuple[str, ...]
    kinds: tuple[int, ...]
    scores: tuple[float, ...] = ()
    merges: tuple[str, ...] = ()
    split: str = "default"
    space_prefix: bool = True
    """Does a space come before every text?"""
    special: Mapping[str, int] = None  # type: ignore[assignment]
    """``bos``, ``eos``, ``unk``, ``pad``, those that there are."""
    begins: bool = False
    """Does every text begin with ``bos``?"""
    template: str = ""
    """How a chat is written; not used here, and kept for who chats with the model."""

    def add_to(self, writer: Any) -> None:
        """Write it into a GGUF's head."""
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre(self.split)
        writer.add_token_list(list(self.pieces))
        if self.scores:
            writer.add_token_scores(list(self.scores))
        writer.add_token_types(list(self.kinds))
        if self.merges:
            writer.add_token_merges(list(self.merges))
        for name, id_ in sorted(self.special.items()):
            getattr(writer, f"add_{name}_token_id")(id_)
        writer.add_add_bos_token(self.begins)
        writer.add_add_eos_token(False)
        if self.model == "llama":
            writer.add_add_space_prefix(self.space_prefix)
        if self.template:
            writer.add_chat_template(self.template)


def read(folder: Path, rows: int, architecture: str, texts: Sequence[str] = ()) -> Vocabulary:
    """The vocabulary of the model in ``folder``.

    Args:
        folder: with tokenizer.model or tokenizer.json.
        rows: of the embedding; tokens that the tokenizer lacks are put in as unused ones.
        architecture: as llama.cpp calls it.
        texts: to try it on, beside those that are always tried.

    Raises:
        UsageError: it is of a kind that llama.cpp has not, or none of its ways gives these tokens.
    """
    plain = PlainText(folder)
    made = _raw(folder, rows)
    special = _special(plain, folder)
    if plain.before not in ([], [special.get("bos", -1)]):
        raise UsageError(
            f"The tokenizer in {folder.name} puts several tokens before each text.",
            "llama.cpp puts one there at the most; run the folder with the hf backend.",
        )
    made = replace(
        made, special=special, begins=bool(plain.before), template=_chat_template(folder)
    )
    return _fitting(made, plain, architecture, folder.name, (*_PROBES, *texts))


def _fitting(
    made: Vocabulary, plain: PlainText, architecture: str, name: str, texts: Sequence[str]
) -> Vocabulary:
    """The way to split that gives the tokens of ``plain``."""
    wanted = {text: plain(text) for text in texts}
    best, example = len(texts) + 1, ""
    for candidate in _ways(made):
        with _Trial(candidate, architecture) as tokens:
            if tokens is None:
                continue
            found = agreement.compare(tokens, wanted.__getitem__, texts)
        if not found.differing:
            return candidate
        if len(found.differing) < best:
            best, example = len(found.differing), found.differing[0]
    raise UsageError(
        f"llama.cpp has no way to tokenize as {name} does: its nearest differs on {best} of "
        f"{len(texts)} texts, as on {example[:80]!r}.",
        "Scores would not be this model's. Run the folder with the hf backend.",
    )


def _ways(made: Vocabulary) -> Iterator[Vocabulary]:
    if made.model == "llama":
        yield from (replace(made, space_prefix=prefix) for prefix in (True, False))
    else:
        yield from (replace(made, split=name) for name in _SPLITS)


class _Trial:
    """llama.cpp's tokenizer for a vocabulary; None where it does not know that way to split."""

    def __init__(self, vocabulary: Vocabulary, architecture: str) -> None:
        self._vocabulary = vocabulary
        self._architecture = architecture
        self._model: Any = None
        self._llama = gguf.library()

    def __enter__(self) -> Callable[[str], Sequence[int]] | None:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "vocabulary.gguf"
            _write_alone(self._vocabulary, self._architecture, path)
            gguf.log.clear()
            parameters = self._llama.llama_model_default_params()
            parameters.vocab_only = True
            self._model = self._llama.llama_model_load_from_file(bytes(path), parameters)
        if not self._model:
            return None
        native = self._llama.llama_model_get_vocab(self._model)
        return lambda text: gguf.tokens(self._llama, native, text)

    def __exit__(self, *_: object) -> None:
        if self._model:
            self._llama.llama_model_free(self._model)


def _write_alone(vocabulary: Vocabulary, architecture: str, path: Path) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, architecture)
    # Nothing is computed with it; llama.cpp wants these to be there.
    for add in (
        writer.add_context_length, writer.add_embedding_length, writer.add_block_count,
        writer.add_feed_forward_length, writer.add_head_count,
    ):  # fmt: skip
        add(1)
    writer.add_layer_norm_rms_eps(1e-5)
    vocabulary.add_to(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


# What lies in the folder ------------------------------------------------------------------------


def _raw(folder: Path, rows: int) -> Vocabulary:
    content = _json(folder / "tokenizer.json")
    if (folder / "tokenizer.model").exists():
        return _padded(_sentencepiece(folder, content), rows, folder.name)
    model = content.get("model", {})
    if model.get("type") != "BPE":
        raise UsageError(
            f"The tokenizer in {folder.name} is of type {model.get('type') or 'unknown'!r}; "
            "SentencePiece and byte-pair ones can be converted.",
            "Run the folder with the hf backend.",
        )
    made = _spaced(content) if model.get("byte_fallback") else _bytes(content)
    return _padded(made, rows, folder.name)


def _sentencepiece(folder: Path, content: Mapping[str, Any]) -> Vocabulary:
    from sentencepiece import SentencePieceProcessor

    source = SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    ids = range(source.vocab_size())
    kinds = [
        _UNKNOWN if source.IsUnknown(n) else _CONTROL if source.IsControl(n)
        else _BYTE if source.IsByte(n) else _UNUSED if source.IsUnused(n) else _NORMAL
        for n in ids
    ]  # fmt: skip
    pieces = dict(enumerate(source.IdToPiece(n) for n in ids))
    return _vocabulary("llama", pieces, kinds, [source.GetScore(n) for n in ids], content)


def _spaced(content: Mapping[str, Any]) -> Vocabulary:
    """SentencePiece's pairs, as tokenizer.json has them: a token's score is its merge's place."""
    ids = {id_: text for text, id_ in content["model"]["vocab"].items()}
    pieces = dict(sorted(ids.items()))
    # The first merge that makes a token decides; later ones never come to it.
    ranks: dict[str, int] = {}
    for rank, merge in enumerate(content["model"]["merges"]):
        ranks.setdefault("".join(_pair(merge)), rank)
    unknown = content["model"].get("unk_token")
    kinds = [
        _UNKNOWN if text == unknown else _BYTE if _is_byte(text) else _NORMAL
        for text in pieces.values()
    ]
    lowest = len(ranks) + 1
    scores = [-float(ranks.get(text, lowest)) for text in pieces.values()]
    return _vocabulary("llama", pieces, kinds, scores, content)


def _bytes(content: Mapping[str, Any]) -> Vocabulary:
    ids = {id_: text for text, id_ in content["model"]["vocab"].items()}
    pieces = dict(sorted(ids.items()))
    merges = tuple(" ".join(_pair(merge)) for merge in content["model"]["merges"])
    made = _vocabulary("gpt2", pieces, [_NORMAL] * len(pieces), (), content)
    return replace(made, merges=merges)


def _vocabulary(
    model: str,
    pieces: dict[int, str],
    kinds: Sequence[int],
    scores: Sequence[float],
    content: Mapping[str, Any],
) -> Vocabulary:
    """With the tokens that tokenizer.json adds, which may replace others or come behind them."""
    by_id = dict(zip(pieces, kinds, strict=True))
    marks = dict(zip(pieces, scores, strict=True)) if scores else {}
    for token in content.get("added_tokens", ()):
        id_, text = int(token["id"]), str(token["content"])
        if by_id.get(id_) != _UNKNOWN:
            by_id[id_] = _CONTROL if token.get("special") else _USER
        pieces[id_] = text
        if marks:
            marks.setdefault(id_, -1000.0)
    order = sorted(pieces)
    return Vocabulary(
        model,
        tuple(pieces[id_] for id_ in order),
        tuple(by_id[id_] for id_ in order),
        tuple(marks[id_] for id_ in order) if marks else (),
    )


def _padded(made: Vocabulary, rows: int, name: str) -> Vocabulary:
    missing = rows - len(made.pieces)
    if missing < 0:
        raise UsageError(
            f"The tokenizer in {name} has {len(made.pieces):,} tokens, and the model {rows:,}.",
            "Fetch the model again: its files do not belong together.",
        )
    if not missing:
        return made
    first = len(made.pieces)
    return replace(
        made,
        pieces=(*made.pieces, *(f"[UNUSED{first + n}]" for n in range(missing))),
        kinds=(*made.kinds, *[_UNUSED] * missing),
        scores=(*made.scores, *[-1000.0] * missing) if made.scores else (),
    )


def _special(plain: PlainText, folder: Path) -> dict[str, int]:
    """Ids of the tokens with a part of their own, by what the tokenizer's files call them."""
    told = {**_json(folder / "special_tokens_map.json"), **_json(folder / "tokenizer_config.json")}
    found = {}
    for name in ("bos", "eos", "unk", "pad"):
        text = told.get(f"{name}_token")
        text = text.get("content") if isinstance(text, dict) else text
        if isinstance(text, str) and (id_ := plain.special(text)) is not None:
            found[name] = id_
    return found


def _chat_template(folder: Path) -> str:
    file = folder / "chat_template.jinja"
    if file.exists():
        return file.read_text(encoding="utf-8")
    found = _json(folder / "tokenizer_config.json").get("chat_template")
    return found if isinstance(found, str) else ""


def _json(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UsageError(
            f"{path.name} is not readable as JSON ({error}).", "Fetch the model again."
        ) from error
    return content if isinstance(content, dict) else {}


def _pair(merge: str | list[str]) -> Sequence[str]:
    return merge.split(" ", 1) if isinstance(merge, str) else merge


def _is_byte(text: str) -> bool:
    return len(text) == 6 and text.startswith("<0x") and text.endswith(">")

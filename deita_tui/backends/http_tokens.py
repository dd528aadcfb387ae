"""Text to token ids for a model on a server: by the server itself, or by a tokenizer given."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from deita_tui.backends.http_servers import Server
from deita_tui.backends.http_wire import Refused, Wire
from deita_tui.errors import JobError, MissingExtraError, UsageError

_MOST = 64 * 1024 * 1024
_PROBES = ("a", " The 123456", "\n\n##Query: é中🙂", "def f(x):\n    return {'a': [1, 2]}\t<b>")
_SPELLED = ("</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<eos>")
"""How models spell the tokens that end a text."""


class ServerTokens:
    """The server's own tokenizer, with BOS in front as the model has it and nothing behind.

    Raises:
        UsageError: the server does not tokenize.
    """

    def __init__(self, wire: Wire, server: Server) -> None:
        self._wire = wire
        self._server = server
        try:
            self._before = self._found_before()
        except Refused as refused:
            raise UsageError(
                f"This server does not turn text into tokens ({refused}).",
                "Give it the model's tokenizer: --set tokenizer=FOLDER, the folder that holds "
                "tokenizer.json.",
            ) from refused
        self.reads_specials = any(len(self._ask(text, False)) == 1 for text in _SPELLED)
        """Does it take ``</s>`` in a text for the token that ends texts?"""

    def __call__(self, text: str) -> list[int]:
        """Token ids of ``text``."""
        return [*self._before, *self._ask(text, False)]

    def _found_before(self) -> list[int]:
        bare, whole = self._ask("a", False), self._ask("a", True)
        for start in range(len(whole) - len(bare) + 1):
            if whole[start : start + len(bare)] == bare:
                return whole[:start]
        raise UsageError("This server's tokenizer changes a text when it adds its special tokens.")

    def _ask(self, text: str, special: bool) -> list[int]:
        if self._server.kind == "llama.cpp":
            body: dict[str, Any] = {"content": text, "add_special": special, "parse_special": False}
        else:
            body = {"prompt": text, "add_special_tokens": special}
        body["model"] = self._server.model
        answer = self._wire.ask("/tokenize", body, _MOST + 64 * len(text))
        found = answer.get("tokens") if isinstance(answer, dict) else None
        if not (isinstance(found, list) and all(type(each) is int for each in found)):
            raise JobError("The server's tokenizer answered with something else than token ids.")
        return found


def local(folder: str) -> Callable[[str], list[int]]:
    """The tokenizer in ``folder``, deaf to special tokens in a text.

    Raises:
        UsageError: there is none.
        MissingExtraError: transformers is not installed.
    """
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise UsageError(
            f"There is no folder {folder} to take a tokenizer from.",
            "It is the model's folder, or a copy of the tokenizer files in it.",
        )
    try:
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("transformers", "hf", "read a model's tokenizer") from error
    from deita_tui.backends.hf_tokens import PlainText

    return PlainText(path)


def fingerprint(tokens: Callable[[str], list[int]]) -> str:
    """Stands for a tokenizer in an identity: what becomes of a few texts."""
    said = ";".join(",".join(map(str, tokens(text))) for text in _PROBES)
    return sha256(said.encode()).hexdigest()[:16]

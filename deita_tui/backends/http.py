"""Models on a completion server: llama.cpp's own, vLLM, and what answers like it.

The server is sent token ids and asked for the likeliest next tokens, one at a time. Nobody can see
which weights it runs, so what it says is marked as unverified, and stays in the project that asked.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deita_tui.backends import http_address, http_answers, http_servers, http_tokens
from deita_tui.backends.http_address import Address
from deita_tui.backends.http_servers import Server
from deita_tui.backends.http_wire import Manners, Refused, Wire
from deita_tui.errors import JobError

if TYPE_CHECKING:
    from deita_tui.backends import FloatArray, Item

_LIMIT = 4096
_TOP = {"llama.cpp": 64, "vllm": 20, "openai": 20}
"""The likeliest tokens that are asked for at first: as many as a server grants by itself."""
_KEPT_TOP = 1024
"""Answers with more are not asked for as a matter of course: they are megabytes each."""
_GROWS = 8
_BYTES = 1_000_000
_BYTES_A_TOKEN = 600
_SLOTS = 8


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How a server is asked."""

    url: str = ""
    """Of the server, where the model is but a name on it."""
    allow_remote: bool = False
    """May the texts leave this machine?"""
    key_env: str = http_address.KEY
    """The variable that holds the key."""
    tokenizer: str = ""
    """A folder with the model's tokenizer; empty: the server tokenizes."""
    concurrency: int = 0
    """Questions at a time; 0: as many as the server says that it answers at a time, else 8."""
    timeout: float = 300.0
    """Seconds for one answer."""
    tries: int = 8
    first_wait: float = 0.5
    """Seconds before the second try; twice as many before each further one."""
    top: int = 0
    """The likeliest tokens to ask for at first; 0: 64 of llama.cpp's server, 20 of others."""
    reuse: bool = False
    """Let llama.cpp's server go on from an earlier prompt that began alike. Faster where prompts
    begin alike for long, and numbers then depend a little on what was asked before."""
    limit: int = 0
    """The most tokens of a prompt; 0: what the server takes, and no more than 4,096."""


def open(model: str, settings: HttpSettings | None = None) -> "HttpJudge":  # noqa: A001
    """Ask a server what it is, and whether it can be used.

    Args:
        model: the server's address, with ``#name`` behind it where it has several models; or a name
            on the server at ``settings.url``.
        settings: how to ask.

    Raises:
        UsageError: it is not on this machine, does not have the model, or cannot be used.
        JobError: it does not answer.
    """
    settings = settings or HttpSettings()
    address = http_address.parse(http_address.full(model, settings.url))
    http_address.refuse_remote(address, settings.allow_remote)
    key = http_address.key(settings.key_env)
    manners = Manners(
        max(1, settings.concurrency or _SLOTS),
        settings.timeout,
        max(1, settings.tries),
        settings.first_wait,
    )
    wire = Wire(address, key, manners)
    try:
        server = http_servers.find(wire, address)
        if server.slots and not settings.concurrency:
            wire.widen(server.slots)
        return HttpJudge(wire, address, server, settings, _notes(address, key))
    except BaseException:
        wire.close()
        raise


class HttpJudge:
    """A ``Judge``, and on vLLM a ``LogProbs``, over a server."""

    def __init__(
        self,
        wire: Wire,
        address: Address,
        server: Server,
        settings: HttpSettings,
        notes: Sequence[str],
    ) -> None:
        self._wire = wire
        self._address = address
        self._server = server
        self._interruptions = wire.interruptions
        self._reuse = settings.reuse
        most = (server.limit or _LIMIT + 1) - 1
        self.limit = min(settings.limit or _LIMIT, most)
        """The most tokens of a prompt; the server needs room for one more."""
        self._top = settings.top or _TOP[server.kind]
        self._granted = 0
        """The most tokens that it has told of so far."""
        self._refused = 0
        """The fewest that it would not tell of."""
        self._answered = False
        """Has it ever answered? Then a question that it refuses may be to blame for that."""
        own = None if settings.tokenizer else http_tokens.ServerTokens(wire, server)
        self._tokens = own or http_tokens.local(settings.tokenizer)
        specials = own is not None and own.reads_specials
        self.notes = (*notes, *([_SPECIALS] if specials else []))
        """What a user should know; sentences."""
        self.identity: Mapping[str, str] = _identity(server, settings, specials) | {
            "tokenizer": http_tokens.fingerprint(self.tokens)
        }
        self.trouble = ""
        """What the server said about the last row of NaN."""

    def tokens(self, text: str) -> list[int]:
        """Token ids of ``text``, by the server unless a tokenizer was given."""
        return self._tokens(text)

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        """See ``Judge``; ``shared`` is the server's own business.

        Raises:
            JobError: the server is gone, or its answers make no sense or tell too few tokens.
        """
        import numpy as np

        self.trouble = ""
        found = np.full((len(prompts), len(choices)), np.nan)
        rows, top = list(range(len(prompts))), self._top
        while rows:
            said = self._asked([prompts[row] for row in rows], choices, top)
            if said is None:
                self._refused = top
                top = self._between(choices)
                continue
            self._granted = max(self._granted, top)
            lacking = []
            for row, told in zip(rows, said, strict=True):
                if told is None:
                    continue
                if all(choice in told for choice in choices):
                    found[row] = [told[choice] for choice in choices]
                    continue
                if len(told) < top or len(told) == self._server.vocabulary:
                    raise self._too_few(choices, told)
                lacking.append(row)
            rows = lacking
            if rows:
                top = self._more(top, choices)
        self._top = max(self._top, min(self._granted, _KEPT_TOP))
        return found

    def logprobs(self, items: "Sequence[Item]") -> "list[FloatArray]":
        """See ``LogProbs``. vLLM can; llama.cpp's server cannot, and says so.

        Raises:
            JobError: as ``next_logprobs``; or the server cannot tell.
        """
        import numpy as np

        if self._server.kind == "llama.cpp":
            raise JobError(
                "llama.cpp's server does not tell how likely the tokens of a prompt are, and this "
                "method needs that.",
                "Score with the .gguf itself (--backend llama), or serve the model with vLLM.",
            )
        self.trouble = ""
        rows = [[*prefix, *continuation] for prefix, continuation in items]
        bodies = [{**self._plain(row), "prompt_logprobs": 0} for row in rows]
        most = _BYTES + _BYTES_A_TOKEN * max(map(len, rows), default=0)
        answers = self._believed(self._all("/v1/completions", bodies, most))
        found = []
        for (prefix, continuation), row, answer in zip(items, rows, answers, strict=True):
            said = [math.nan] * len(continuation)
            if answer is not None:
                said = http_answers.spoken(answer, row, len(prefix))
            found.append(np.array(said, np.float64))
        return found

    def close(self) -> None:
        """Let go of the connections; a second call does nothing."""
        self._wire.close()

    def _asked(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], top: int
    ) -> list[dict[int, float] | None] | None:
        """The ``top`` likeliest tokens behind each prompt; None where it refuses that one.

        None for all where it does not tell of so many.
        """
        native = self._server.kind == "llama.cpp"
        path = "/completion" if native else "/v1/completions"
        ask = self._native if native else self._openai
        bodies = [ask(list(prompt), list(choices), top) for prompt in prompts]
        answers = self._all(path, bodies, _BYTES + _BYTES_A_TOKEN * top)
        read = http_answers.native if native else http_answers.openai
        if top > self._granted > 0 and all(isinstance(each, Refused) for each in answers):
            return None
        return [
            None if answer is None else read(answer, len(prompt))
            for prompt, answer in zip(prompts, self._believed(answers), strict=True)
        ]

    def _all(self, path: str, bodies: Sequence[object], most: int) -> "list[Any | Refused]":
        """The answers to all, from the server that was asked first.

        Raises:
            JobError: it was started again meanwhile, with another model.
        """
        answers = self._wire.ask_all(path, bodies, most)
        if self._wire.interruptions != self._interruptions:
            self._interruptions = self._wire.interruptions
            now = http_servers.find(self._wire, self._address)
            if now != self._server:
                raise JobError(
                    f"The server ran {self._server.name} at first, and runs {now.name} now, or "
                    "runs it in another way.",
                    "What was scored before is kept. Start the server as it was, and run the same "
                    "command again.",
                )
        return answers

    def _believed(self, answers: "list[Any | Refused]") -> list[Any]:
        """The answers, with None for what was refused for its own sake.

        Raises:
            JobError: the server refuses everything.
        """
        refused = [each for each in answers if isinstance(each, Refused)]
        if refused and len(refused) == len(answers) and not (self._answered and len(answers) == 1):
            raise JobError(
                f"The server refuses what it is asked: {refused[0]}.",
                "What was scored before is kept; the same command goes on.",
            )
        if refused:
            self.trouble = str(refused[-1])
        self._answered = self._answered or len(refused) < len(answers)
        return [None if isinstance(each, Refused) else each for each in answers]

    def _native(self, prompt: list[int], choices: list[int], top: int) -> dict[str, object]:
        return {
            "model": self._server.model,
            "prompt": prompt,
            "n_predict": 1,
            "n_probs": top,
            "temperature": 0.0,
            "cache_prompt": self._reuse,
            "response_fields": ["completion_probabilities", "tokens_evaluated", "truncated"],
        }

    def _openai(self, prompt: list[int], choices: list[int], top: int) -> dict[str, object]:
        # A recent vLLM tells of these tokens however unlikely they are; others pass over it.
        more = {"logprob_token_ids": choices} if self._server.kind == "vllm" else {}
        return {
            **self._plain(prompt),
            "logprobs": top,
            "return_tokens_as_token_ids": True,
            **more,
        }

    def _plain(self, prompt: list[int]) -> dict[str, object]:
        # All that bends probabilities is said to be off: a server may have defaults of its own.
        bends = {"frequency_penalty": 0.0, "presence_penalty": 0.0, "top_p": 1.0}
        if self._server.kind == "vllm":
            bends |= {"repetition_penalty": 1.0, "top_k": 0, "min_p": 0.0}
        return {
            "model": self._server.model,
            "prompt": prompt,
            "max_tokens": 1,
            "temperature": 1.0,
            "n": 1,
            **bends,
        }

    def _more(self, top: int, choices: Sequence[int]) -> int:
        """How many tokens to ask for next, where ``top`` were too few."""
        if self._refused:
            return self._between(choices)
        return min(top * _GROWS, self._server.vocabulary or top * _GROWS)

    def _between(self, choices: Sequence[int]) -> int:
        """Between what the server granted and what it refused."""
        if self._refused - self._granted <= 1:
            raise self._too_few(choices)
        return (self._granted + self._refused) // 2

    def _too_few(self, choices: Sequence[int], told: Mapping[int, float] | None = None) -> JobError:
        number = self._granted if told is None else len(told)
        lacking = sum(choice not in told for choice in choices) if told is not None else 0
        among = f"{lacking} of the {len(choices)}" if lacking else f"some of the {len(choices)}"
        return JobError(
            f"The server tells the {number} likeliest tokens only, and {among} answers that were "
            "asked for are not among them. Nothing is made up for these.",
            "vLLM: start it with --max-logprobs 1000. llama.cpp's server has no such limit.",
        )


_SPECIALS = (
    "This server takes </s> and the like in a text for special tokens; give the model's own "
    "tokenizer with --set tokenizer=FOLDER to have text read as text."
)


def _notes(address: Address, key: str | None) -> list[str]:
    found = [
        "Which weights a server runs cannot be checked, so these scores are marked as unverified."
    ]
    if not address.is_local and address.scheme == "http":
        what = "The key and the texts travel" if key else "The texts travel"
        found.append(f"{what} to {address.host} unencrypted; an https address would not.")
    return found


def _identity(server: Server, settings: HttpSettings, specials: bool) -> dict[str, str]:
    said = {
        "backend": "http",
        "verified": "no",
        "server": server.kind,
        "weights": server.name,
        "precision": " ".join(server.facts) or "unknown",
    }
    if settings.reuse:
        said["reuse"] = "yes"
    return said | ({"specials": "read"} if specials else {})

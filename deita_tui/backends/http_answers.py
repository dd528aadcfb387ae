"""What a server's answer says of each token, looked at closely before it is believed.

A number is a digit's only by the id of its token. Texts do not do: several tokens are spelled
alike, and a server that names them by their text leaves out, or overwrites, all but one.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from deita_tui.errors import JobError

_FLOOR = -9_999.0
"""Servers write so where JSON has no minus infinity; llama.cpp writes less still."""
_OVER = 1e-3
"""Rounding may lift a probability so far above 1."""
_ID = "token_id:"
"""What vLLM puts before a token's id when it is asked for ids."""


class Wrong(JobError):
    """An answer that cannot be what it says it is."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(
            f"The server's answer makes no sense: {what}.",
            hint or "Nothing of it was taken. Is it a completion server, and up to date?",
        )


def native(answer: Any, length: int) -> dict[int, float]:
    """The likeliest next tokens, by llama.cpp's own ``/completion``.

    Args:
        answer: as decoded.
        length: tokens of the prompt, which the server must have read all of.

    Raises:
        Wrong: it says something that cannot be.
    """
    steps = _field(answer, "completion_probabilities")
    if answer.get("truncated") is True or answer.get("tokens_evaluated", length) != length:
        raise Wrong(
            f"of {length} tokens it has read {answer.get('tokens_evaluated')}",
            "Its context is too small for the prompt; lower --max-tokens or raise its context.",
        )
    if not (isinstance(steps, list) and steps and isinstance(steps[0], dict)):
        raise _silent()
    return _by_id(_listed(steps[0].get("top_logprobs")))


def openai(answer: Any, length: int) -> dict[int, float]:
    """The likeliest next tokens, by ``/v1/completions``; see ``native``.

    Raises:
        Wrong: it says something that cannot be, or names tokens by their text.
    """
    said = _choice(answer, length).get("logprobs")
    if not isinstance(said, dict):
        raise _silent()
    if isinstance(content := said.get("content"), list) and content:
        return _by_id(_listed(content[0].get("top_logprobs")))
    top = said.get("top_logprobs")
    if not (isinstance(top, list) and top and isinstance(top[0], dict)):
        raise _silent()
    return _by_id([(_id(token), value) for token, value in top[0].items()])


def spoken(answer: Any, row: Sequence[int], first: int) -> list[float]:
    """How likely the tokens of ``row`` from ``first`` on were, by vLLM's ``prompt_logprobs``.

    Raises:
        Wrong: it does not say, or says something that cannot be.
    """
    said = _choice(answer, len(row)).get("prompt_logprobs")
    if not isinstance(said, list):
        raise JobError(
            "This server does not tell how likely the tokens of a prompt are, and the method "
            "needs that.",
            "vLLM does; or score with a model on this machine (--backend hf or llama).",
        )
    if len(said) != len(row):
        raise Wrong(f"of {len(row)} tokens it tells {len(said)}")
    found = []
    for token, options in zip(row[first:], said[first:], strict=True):
        entry = options.get(str(token)) if isinstance(options, dict) else None
        if not isinstance(entry, dict):
            raise Wrong(f"it leaves out token {token} of the prompt")
        found.append(_number(entry.get("logprob")))
    return found


def _choice(answer: Any, length: int) -> Mapping[str, Any]:
    choices = _field(answer, "choices")
    if not (isinstance(choices, list) and len(choices) == 1 and isinstance(choices[0], dict)):
        raise Wrong("it does not hold one completion")
    usage = answer.get("usage")
    read = usage.get("prompt_tokens", length) if isinstance(usage, dict) else length
    if read != length:
        raise Wrong(f"of {length} tokens it has read {read}")
    choice: Mapping[str, Any] = choices[0]
    return choice


def _field(answer: Any, name: str) -> Any:
    if not isinstance(answer, dict):
        raise Wrong("it is no JSON object")
    if name not in answer:
        raise _silent() if "content" in answer or "choices" in answer else Wrong(f"no {name!r}")
    return answer[name]


def _listed(entries: Any) -> list[tuple[int, object]]:
    if not isinstance(entries, list):
        raise _silent()
    found = []
    for each in entries:
        id_ = each.get("id") if isinstance(each, dict) else None
        if not isinstance(id_, int) or isinstance(id_, bool):
            texts = [e.get("token") for e in entries if isinstance(e, dict)]
            raise _texts(len(texts) - len({str(text) for text in texts}))
        found.append((id_, each.get("logprob")))
    return found


def _id(token: object) -> int:
    text = str(token)
    if not (text.startswith(_ID) and text[len(_ID) :].isdigit()):
        raise _texts(0)
    return int(text[len(_ID) :])


def _by_id(entries: Iterable[tuple[int, object]]) -> dict[int, float]:
    found: dict[int, float] = {}
    for id_, value in entries:
        number = _number(value)
        if found.setdefault(id_, number) != number:
            raise Wrong(f"it tells two probabilities of token {id_}")
    if not found:
        raise _silent()
    total = math.fsum(map(math.exp, found.values()))
    if total > 1 + _OVER:
        raise Wrong(f"its probabilities add up to {total:.3f}")
    return found


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise Wrong("a log-probability is no number")
    if value > _OVER:
        raise Wrong(f"a log-probability of {value:g}, which is above 0")
    return -math.inf if value <= _FLOOR else min(float(value), 0.0)


def _silent() -> Wrong:
    return Wrong(
        "it holds no log-probabilities",
        "Scoring needs a server that tells them: llama.cpp's server or vLLM.",
    )


def _texts(twice: int) -> Wrong:
    said = f", and {twice} of them twice" if twice else ""
    return Wrong(
        f"it names tokens by their text{said}, and several tokens are spelled alike",
        "A digit can be told by its token's id alone, which llama.cpp's server and vLLM give.",
    )

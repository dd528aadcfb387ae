"""Making prompts with a tokenizer that may raise on a text, or on every text."""

from array import array
from collections.abc import Sequence

from deita_tui.errors import DeitaError, JobError
from deita_tui.scoring import asking, shorten
from deita_tui.scoring.asking import STREAK
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digits import PROBES, Digits, Tokens
from deita_tui.scoring.shorten import Prompt


class Prompter:
    """One template under one tokenizer, which is trusted no more than a judge is.

    A text that upsets it has no prompt and says why. One that fails whatever it is given ends the
    run, before any text is blamed for it.
    """

    def __init__(self, template: Template, digits: Digits, tokens: Tokens, limit: int) -> None:
        self._template = template
        self._digits = digits
        self._tokens = tokens
        self._limit = limit
        self._streak = 0
        self._last = ""

    def prompt(self, fields: Sequence[str]) -> Prompt:
        """What the judge reads of a text, or why it cannot.

        Raises:
            JobError: the tokenizer fails on every text.
        """
        try:
            made = shorten.fit(self._template, fields, self._digits, self._tokens, self._limit)
        except DeitaError:
            raise
        except Exception as error:
            self._streak += 1
            self._last = asking.sentence(error)
            if self._streak >= STREAK:
                self.settle()
            return Prompt(array("i"), problem=f"no tokens for it: {self._last}")
        self._streak = 0
        return made

    def settle(self) -> None:
        """See whose fault the failures were that came last, before they are kept.

        Raises:
            JobError: not the texts', but the tokenizer's.
        """
        if not self._streak:
            return
        try:
            self._tokens(self._template.render([PROBES[0]] * (len(self._template.parts) - 1)))
        except DeitaError:
            raise
        except Exception as error:
            raise JobError(
                f"The tokenizer failed on {self._streak} texts in a row, the last time with: "
                f"{self._last}.",
                "What was scored before is kept; run the same command again to go on.",
            ) from error
        self._streak = 0

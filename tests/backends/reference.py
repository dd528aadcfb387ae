"""What the released DEITA scorer computes, written from its description: slow, and the measure.

One prompt at a time, float32, two new tokens generated, the first step's logits at the six digit
ids, a softmax over these six alone, and the expectation of the digit.
"""

from pathlib import Path
from typing import Any

COMPLEXITY = (
    "You are a helpful assistant. Please identify the complexity score of the following user "
    "query. \n##Query: {instruction}  \n##Complexity: "
)
QUALITY = (
    "You are a helpful assistant. Please identify the quality score of the Response corresponding "
    "to the Question. \n #Question#:\n{instruction}\n#Response#:\n{output} \n##Quality: "
)


class ReferenceScorer:
    """The loop, over one model."""

    def __init__(self, folder: Path) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def digits(self, prompt: str) -> list[int]:
        """The id that each digit has after ``prompt``."""
        return [self.tokenizer.encode(f"{prompt}{digit}")[-1] for digit in range(1, 7)]

    def score(self, prompt: str, digits: list[int], plain: bool = False) -> float:
        """The expected digit after ``prompt``.

        Args:
            prompt: template and text.
            digits: token ids of the six digits.
            plain: read special tokens in the text as text, which the released scorer does not.
        """
        ids = self.tokenizer.encode(prompt, split_special_tokens=plain)
        return self.score_ids(ids, digits)

    def score_ids(self, ids: list[int], digits: list[int]) -> float:
        """The same for a prompt that is tokens already."""
        import torch

        prompt = torch.tensor([ids])
        answer = self.model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            max_new_tokens=2,
            do_sample=False,
            num_return_sequences=1,
            return_dict_in_generate=True,
            output_scores=True,
            pad_token_id=0,
        )
        logits = answer.scores[0][0, digits]
        probabilities = torch.softmax(logits.double(), dim=-1)
        return float(probabilities @ torch.arange(1, 7, dtype=torch.float64))


def expectation(logprobs: Any) -> Any:
    """The expected digit of each row of log-probabilities of the digits 1 to 6."""
    import numpy as np

    shares = np.exp(logprobs - logprobs.max(axis=1, keepdims=True))
    return shares @ np.arange(1, 7) / shares.sum(axis=1)

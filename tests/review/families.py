"""Records in small families of alike ones, of two sources."""

from collections.abc import Iterator
from random import Random


def made(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Rows of a file, the same ones for the same seed."""
    draw = Random(seed)
    words = [f"{first}{last}" for first in "bdfglmnprst" for last in ("al", "en", "ir", "om", "ud")]
    for at in range(count):
        if at % 5 == 0:
            family = [draw.choice(words) for _ in range(20)]
        said = f"{' '.join(family)} {' '.join(draw.choices(words, k=draw.randrange(5)))}"
        yield {
            "messages": [
                {"role": "user", "content": f"Question {at}: {said}?"},
                {"role": "assistant", "content": f"It is {' '.join(draw.choices(words, k=4))}."},
            ],
            "source": "letters" if at % 6 else "books",
        }

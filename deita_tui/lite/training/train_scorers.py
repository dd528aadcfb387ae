"""Makes ``complexity.npz`` and ``quality.npz``, and the table of the card.

    python -m deita_tui.lite.training.train_scorers --pool POOL --labels LABELS --out OUT

Takes a few minutes on one core; the same features give the same bytes on one machine.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.models import Model
from deita_tui.lite.training import evaluation, labels, pool, recipe
from deita_tui.lite.training.evaluation import Found
from deita_tui.lite.training.labels import LabelSet


@dataclass(frozen=True, slots=True)
class Line:
    """One set of the card's table."""

    kind: str
    name: str
    trains: bool
    rows: int
    prompts: int
    scorer: Found
    characters: Found
    words: Found
    gain: Found
    """Over the better known of the two lengths, characters."""
    chance: float
    ordered: float | None
    ordered_by_characters: float | None


def main() -> None:
    """Make the files, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    trained = Trained(asked.labels, asked.pool)
    for kind in ("complexity", "quality"):
        (asked.out / f"{kind}.npz").write_bytes(trained.shipped(kind).dump())
    print(*table(list(trained.lines())), sep="\n")  # noqa: T201


class Trained:
    """The sets, and scorers learned from some of them."""

    def __init__(self, folder: Path, records: Path) -> None:
        self.sets = {kind: labels.read(folder, kind) for kind in ("complexity", "quality")}
        self._pool = pool.read(records)
        self._answers = pool.answers(self._pool)

    def shipped(self, kind: str) -> Model:
        """The scorer that ships: learned from every set that may train, and calibrated."""
        model = self.learned(kind)
        return recipe.calibrated(model, pool.reference(self._pool, kind == "quality"))

    def learned(self, kind: str, unseen: LabelSet | None = None) -> Model:
        """A scorer that has not seen a set, nor any of its prompts in another one."""
        sets = [self.sets[kind][name] for name in _trains(kind)]
        if kind == "complexity":
            sets.append(labels.failures(self.sets["quality"][labels.FAILURES]))
        if unseen is not None:
            sets = [each.without(unseen.prompts) for each in sets if each.name != unseen.name]
        return recipe.learn(
            recipe.QUALITY if kind == "quality" else recipe.COMPLEXITY,
            [each for each in sets if len(each.labels)],
            self._answers,
        )

    def lines(self) -> Iterator[Line]:
        """The card's table: each set judged by a scorer that has not seen it."""
        for kind, sets in self.sets.items():
            for name, each in sets.items():
                yield _line(kind, name, each, self.learned(kind, each).predict(each.features))


def table(lines: Sequence[Line]) -> list[str]:
    """The lines as Markdown."""
    found = [
        "| set | rows (prompts) | lite | characters | words | chance | lite − characters "
        "| pairs in order: lite, characters |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in ("complexity", "quality"):
        some = [line for line in lines if line.kind == kind]
        found += map(_row, some)
        mean = [
            float(np.mean([getattr(line, what).value for line in some]))
            for what in ("scorer", "characters", "words")
        ]
        found.append(
            f"| **{kind}, mean** | | **{mean[0]:.3f}** | {mean[1]:.3f} | {mean[2]:.3f} | | | |"
        )
    return found


def _row(line: Line) -> str:
    cells = (
        f"{line.kind}: {line.name}{' *' if line.trains else ''}",
        f"{line.rows:,} ({line.prompts:,})",
        str(line.scorer),
        str(line.characters),
        str(line.words),
        f"{line.chance:.2f}",
        str(line.gain),
        f"{_share(line.ordered)}, {_share(line.ordered_by_characters)}",
    )
    return f"| {' | '.join(cells)} |"


def _trains(kind: str) -> tuple[str, ...]:
    return labels.QUALITY if kind == "quality" else labels.COMPLEXITY


def _line(kind: str, name: str, each: LabelSet, guess: NDArray[np.float64]) -> Line:
    sizes = each.sizes
    return Line(
        kind=kind,
        name=name,
        trains=name in _trains(kind),
        rows=len(each.labels),
        prompts=len(np.unique(each.prompts)),
        scorer=evaluation.correlation(guess, each),
        characters=evaluation.correlation(sizes["characters"], each),
        words=evaluation.correlation(sizes["words"], each),
        gain=evaluation.gain(guess, sizes["characters"], each),
        chance=evaluation.correlation(
            np.random.default_rng(0).random(len(each.labels)), each
        ).value,
        ordered=evaluation.ordered(guess, each),
        ordered_by_characters=evaluation.ordered(sizes["characters"], each),
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.0%}"


if __name__ == "__main__":
    main()

"""Finding names by a few of their letters."""

from collections.abc import Iterable


def found_in(letters: str, names: Iterable[str]) -> list[tuple[str, tuple[int, ...]]]:
    """The names that have all of ``letters`` in that order, the best fitting first.

    A name that begins with them comes before one that has them together, and that before one that
    has them apart; what fits alike stays in the order of ``names``. Upper and lower case are alike.

    Returns:
        Of each name, which of its characters were found.
    """
    wanted = letters.lower()
    if not wanted:
        return [(name, ()) for name in names]
    found = []
    for place, name in enumerate(names):
        # Some letters become two in lower case: places must be those of the name as it is.
        lower = "".join(low if len(low := each.lower()) == 1 else each for each in name)
        if (start := lower.find(wanted)) >= 0:
            at = tuple(range(start, start + len(wanted)))
            grade = 0 if start == 0 else 1
        else:
            at = _apart(wanted, lower)
            grade = 2
        if at:
            spread = at[-1] - at[0]
            found.append((grade, spread, place, name, at))
    return [(name, at) for *_, name, at in sorted(found, key=lambda each: each[:3])]


def _apart(wanted: str, name: str) -> tuple[int, ...]:
    """Where the letters are, one behind the other; nothing where one is missing."""
    places: list[int] = []
    for letter in wanted:
        place = name.find(letter, places[-1] + 1 if places else 0)
        if place < 0:
            return ()
        places.append(place)
    return tuple(places)

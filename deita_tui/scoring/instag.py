"""InsTag complexity: how many intentions a query has, as a tagger named them.

Lu et al., arXiv 2308.07074, §3.2: the number of tags. Tags come from a column of the files, as any
tagger wrote them, or are the user's own; no tagger runs here. Their diversity, "bring a tag that
nothing kept has", is the selectors ``tags`` and ``tags-sweep``.

Spellings of one tag count once: case, and what stands between words, are set aside, as the first
step of the paper's own normalisation does.
"""

import json
import re
from collections.abc import Sequence

METHOD = "instag/1"

_GAPS = re.compile(r"[\W_]+")


class NoTagsError(ValueError):
    """What stands there is no list of tags; the message says why."""


def names(value: object) -> list[str]:
    """The tags in a field: a list, of texts or of InsTagger's objects; or a text that holds one.

    Args:
        value: as JSON has it. A text is read as JSON where it begins like it, else it is tags with
            commas between them.

    Raises:
        NoTagsError: it holds no tags that could be counted.
    """
    if isinstance(value, str):
        value = _read(value.strip())
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise NoTagsError("holds no tags")
    return [_name(each) for each in value]


def count(tags: Sequence[str]) -> int:
    """How many different tags there are."""
    return len({normal for each in tags if (normal := normalised(each))})


def normalised(tag: str) -> str:
    """A tag without what its spelling varies in."""
    return _GAPS.sub(" ", tag.casefold()).strip()


def _read(text: str) -> object:
    if not text.startswith(("[", "{")):
        return text.split(",") if text else []
    try:
        return json.loads(text)
    except ValueError:
        # The port that is in use counts nothing here, as if the query had no intention.
        raise NoTagsError("holds what begins like JSON and is none") from None


def _name(each: object) -> str:
    if isinstance(each, dict):
        each = each.get("tag")
    if not isinstance(each, str):
        raise NoTagsError("holds something that is no tag")
    return each

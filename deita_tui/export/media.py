"""Images, videos and audios as columns beside a conversation, as its file had them."""

import re
from collections import Counter
from collections.abc import Iterable

from deita_tui.export.items import Item

KINDS = ("image", "video", "audio")
_PLACEHOLDER = re.compile("<(image|video|audio)>")


def columns(item: Item) -> dict[str, list[str]]:
    """References by column, in the order in which an import hands them to the messages."""
    if not any(message.media for message in item.messages):
        return {}
    given = _given(item)
    left = Counter(given)
    found: dict[str, list[str]] = {}
    late: list[tuple[str, list[str]]] = []
    for message in item.messages:
        refs = list(message.media or ())
        for kind in _PLACEHOLDER.findall(message.content):
            if refs and left[kind]:
                left[kind] -= 1
                found.setdefault(f"{kind}s", []).append(refs.pop(0))
        late.append((message.role, refs))
    # what no placeholder asked for came behind all others, kind by kind
    for _, refs in late:
        for ref in refs:
            kind = next((kind for kind in dict.fromkeys(given) if left[kind]), "image")
            left[kind] -= 1
            found.setdefault(f"{kind}s", []).append(ref)
    return found


def placeholders(texts: Iterable[str]) -> Counter[str]:
    """How many references each column needs by the placeholders in the texts."""
    return Counter(f"{kind}s" for text in texts for kind in _PLACEHOLDER.findall(text))


def _given(item: Item) -> list[str]:
    """The kinds of the references, as far as the import noted them; else all are images."""
    count = sum(len(message.media or ()) for message in item.messages)
    noted = item.layout.get("media")
    fits = isinstance(noted, list) and len(noted) == count and set(noted) <= set(KINDS)
    return list(noted) if fits and isinstance(noted, list) else ["image"] * count

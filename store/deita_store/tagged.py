"""Which tags there are, and who has them. Putting them on and taking them off is in ``marks``."""

import json
from collections.abc import Sequence

from deita_store.store import Store

_LATEST = 50
"""So many tags are told as used lately."""


def names(store: Store) -> list[str]:
    """Every tag that some record has, in order of name; the cost grows with the tags alone."""
    found = store.db.execute(
        "with recursive each(tag) as (select min(tag) from tags union all"
        " select (select min(t.tag) from tags t where t.tag > each.tag) from each"
        " where each.tag is not null)"
        " select tag from each where tag is not null"
    )
    return [tag for (tag,) in found.fetchall()]


def latest(store: Store) -> list[str]:
    """Tags that the user put on or took off, the last used first; also of those nobody has now."""
    found = store.db.execute(
        "select json_extract(args, '$.tag') as tag, max(id) as at from journal"
        " where kind in ('tag', 'untag') and json_extract(args, '$.tag') is not null"
        " group by tag order by at desc limit ?",
        (_LATEST,),
    )
    return [tag for tag, _ in found.fetchall()]


def counts(store: Store, ids: Sequence[int]) -> dict[str, int]:
    """How many of some records have each tag; those that none of them has are not named."""
    found = store.db.execute(
        "select t.tag, count(*) from json_each(?) each join tags t on t.record_id = each.value"
        " group by t.tag",
        (json.dumps(list(ids)),),
    )
    return dict(found.fetchall())

"""The command about the cache of scores that all projects share."""

from typing import Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Json
from deita_tui.printable import printable


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Forget all scores in it.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is in the cache of scores that all projects share, or empty it."""
    from deita_tui import config, score_cache

    megabytes = config.load().cache_megabytes
    found = score_cache.the_users(megabytes)
    if clear:
        found.clear()
    facts = found.facts()
    if as_json:
        output.emit(
            {
                "path": str(facts.path),
                "scores": facts.scores,
                "scorers": facts.scorers,
                "bytes": facts.bytes,
                "most_bytes": megabytes * 1_000_000,
            }
        )
        return
    if clear:
        output.say("The cache is empty.")
    output.data(printable(str(facts.path)))
    output.data(
        f"{output.plural(facts.scores, 'score')} by {output.plural(facts.scorers, 'scorer')}, "
        f"{output.size(facts.bytes)} on disk"
    )
    most = output.size(megabytes * 1_000_000)
    output.data(f"it grows to {most} at most" if megabytes else "switched off in the configuration")

"""The options of methods that look beyond a text."""

from typing import Annotated

import typer

ProbesBy = Annotated[
    str | None,
    typer.Option(
        "--probes-by", metavar="NAME", show_default=False,
        help="ici, wici: the scorer whose complexity chooses the probes.",
    ),
]  # fmt: skip
Anchors = Annotated[
    str | None,
    typer.Option(
        "--anchors", metavar="N|FILE", show_default=False,
        help="nuggets: how many turns of the pool each turn is tried on (32), or a file of such.",
    ),
]  # fmt: skip
Embedder = Annotated[
    str | None,
    typer.Option(
        "--embedder", metavar="NAME", show_default=False,
        help="ici, wici, nuggets: whose vectors tell what lies near what.",
    ),
]  # fmt: skip
Tags = Annotated[
    str | None,
    typer.Option(
        "--tags", metavar="COLUMN", show_default=False,
        help="instag: the files' own column that holds tags; default: your tags.",
    ),
]  # fmt: skip

"""What an export is asked for, and what it reports: plain data, as JSON in a job."""

import msgspec

from deita_tui.export.items import Kind, Options, Row
from deita_tui.export.manifests import Output
from deita_tui.export.problems import Problem, Summary
from deita_tui.export.splitting import SIMILAR


class ExportArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What goes where, and in which form."""

    out: str
    """The folder; absolute, since a worker may start elsewhere."""
    target: str = "messages"
    kind: Kind = "sft"
    selection: str | None = None
    """The selection's name; None for the one saved last, else the working one."""
    everything: bool = False
    """All records instead of a selection."""
    as_saved: bool = False
    """Take a selection that is older than what is in the project."""
    shuffle: bool = False
    """In an order that the seed decides, instead of by rank."""
    seed: int = 0
    validation: float | None = None
    """How many records go to a validation split: below 1 a share, else a number."""
    similar: float = SIMILAR
    """From this similarity on two records are not separated by the split."""
    fields: tuple[str, ...] = ()
    """Further columns: names of a list's columns, and ``extras.NAME``."""
    prompt_completion: bool = False
    tokenizer: str | None = None
    """The folder of a model, whose tokens are counted."""
    cutoff: int | None = None
    """The trainer's limit, in these tokens."""
    check: bool = False
    """Only say what the target would do to the records; write nothing."""
    strict: bool = False
    """Write nothing if the target does not take every record as it is."""
    force: bool = False
    """Replace the files of an earlier export in the folder."""
    beside: tuple[str, ...] = ()
    """Names that may lie in the folder already, and stay."""
    actor: str = "deita-tui"

    @property
    def options(self) -> Options:
        """What decides how a row is written."""
        return Options(self.kind, self.prompt_completion, self.fields)

    @property
    def request(self) -> dict[str, object]:
        """What decides the bytes of the export, beside the selection."""
        names = ("kind", "everything", "shuffle", "seed", "validation", "similar", "fields")
        return {name: getattr(self, name) for name in (*names, "prompt_completion")}


class ExportReport(msgspec.Struct, frozen=True):
    """What an export came to."""

    folder: str
    target: str
    selection: str | None
    records: dict[str, int]
    """Records by split, and those left out."""
    problems: tuple[Summary, ...]
    """Every rule that struck, the gravest first."""
    listed: tuple[Problem, ...]
    """The problems one by one; of an export that was written, the first of them."""
    files: tuple[Output, ...]
    """What was written; nothing by a dry run."""
    tokens: int | None = None
    """Of all records, where they were counted."""
    counted: str = ""
    """How they were counted."""
    notes: tuple[str, ...] = ()
    """What else a user should know; sentences."""
    example: Row | None = None
    """The first row as it would be written; of a dry run, where rows are."""

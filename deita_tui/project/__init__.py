"""``Project``: the Python API, and the one door that the command line and the screens go through.

A facade: each method is a few lines over the store, the steps and the jobs; one module a subject.
What a method needs is imported inside it, so that opening a project costs nothing it does not use.
"""

from deita_store.store import is_project
from deita_tui.project.caring import Caring
from deita_tui.project.deciding import Deciding, Decision
from deita_tui.project.demonstrating import Demonstrating
from deita_tui.project.distilling import Distilling
from deita_tui.project.editing import Editing
from deita_tui.project.embedding import Embedding, EmbedOptions
from deita_tui.project.exchanging import Exchanging
from deita_tui.project.exporting import Exporting, ExportOptions, verify_export
from deita_tui.project.importing import Importing
from deita_tui.project.indexing import Indexing
from deita_tui.project.looking import Looking
from deita_tui.project.opened import Ref, Refs
from deita_tui.project.picturing import Picturing
from deita_tui.project.queueing import Queueing
from deita_tui.project.running import Running, RunOptions, RunReport
from deita_tui.project.scoring import ScoreOptions, Scoring
from deita_tui.project.selecting import Selecting, SelectOptions
from deita_tui.project.showing import Showing
from deita_tui.project.tasting import Tasting
from deita_tui.project.trusting import CascadeOptions, Trusting

__all__ = [
    "CascadeOptions",
    "Decision",
    "EmbedOptions",
    "ExportOptions",
    "Project",
    "Ref",
    "Refs",
    "RunOptions",
    "RunReport",
    "ScoreOptions",
    "SelectOptions",
    "is_project",
    "verify_export",
]


class Project(
    Picturing,
    Running,
    Demonstrating,
    Importing,
    Trusting,
    Scoring,
    Embedding,
    Distilling,
    Selecting,
    Exporting,
    Exchanging,
    Indexing,
    Looking,
    Showing,
    Editing,
    Deciding,
    Tasting,
    Queueing,
    Caring,
):
    """One project folder: open it, use it, close it (or use it as a context manager).

    Records are named by id or uid, one or many. A project belongs to the thread that opened it.
    Methods that decide something return the ``Act`` that the journal now holds, or None where
    nothing had to change.
    """

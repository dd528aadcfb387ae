"""``Project``: the Python API, and the one door that the command line and the screens go through.

A facade: each method is a few lines over the store, the steps and the jobs; one module a subject.
What a method needs is imported inside it, so that opening a project costs nothing it does not use.
"""

from deita_store.store import is_project
from deita_tui.project.caring import Caring
from deita_tui.project.deciding import Deciding, Decision
from deita_tui.project.importing import Importing
from deita_tui.project.looking import Looking
from deita_tui.project.opened import Ref, Refs
from deita_tui.project.scoring import ScoreOptions, Scoring

__all__ = ["Decision", "Project", "Ref", "Refs", "ScoreOptions", "is_project"]


class Project(Importing, Scoring, Looking, Deciding, Caring):
    """One project folder: open it, use it, close it (or use it as a context manager).

    Records are named by id or uid, one or many. A project belongs to the thread that opened it.
    Methods that decide something return the ``Act`` that the journal now holds, or None where
    nothing had to change.
    """

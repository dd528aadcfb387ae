"""A record and those most like it, as a list."""

from array import array

from deita_store.view import View
from deita_tui.project import Project

_COUNT = 50


def alike(project: Project, id_: int) -> tuple[View, float]:
    """A record and those most like it, the nearest first; and how near the last of them is."""
    found = project.similar(id_, _COUNT)
    built = project.view(f"id:{','.join(str(each) for each in (id_, *(one.id for one in found)))}")
    built.ids = array("q", [id_, *(one.id for one in found)])
    return built, min((one.similarity for one in found), default=1.0)

"""Readers by name: files in, records out.

>>> from deita_tui.formats import expand, plan, read
"""

from deita_tui.formats.folders import expand
from deita_tui.formats.mapping import Mapping
from deita_tui.formats.planning import plan
from deita_tui.formats.plans import Plan
from deita_tui.formats.reading import read
from deita_tui.formats.rows import Found, Refusal, Row

__all__ = ["Found", "Mapping", "Plan", "Refusal", "Row", "expand", "plan", "read"]

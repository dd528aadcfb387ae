r"""The filter language that the command line and the app share.

::

    score>3.5 source:alpaca turns>=2 is:undecided text:"red black tree"

Conditions that stand side by side must all hold; ``or`` joins alternatives and binds weaker;
``-`` (or ``not``) before a condition leaves out what it finds; parentheses group.

=====================  =============================================================================
``red``                the word red, in any message; ``"red black"`` the phrase; ``re*`` a beginning
``turns:2``            exactly 2; also ``turns=2``, ``turns!=2``, ``turns>2``, ``turns<=2``
``turns:2..5``         from 2 to 5; ``2..`` and ``..5`` leave an end open
``source:alpaca``      the source of this name; ``source:alp*`` all whose name begins so
``source:a,b``         any of them; ``source!=a,b`` none of them
``is:kept``            a state; ``has:note`` a part
=====================  =============================================================================

Names, states and keywords may be in any case. Names of sources, tags and files and ids are compared
without regard to the case of A to Z, and ``*`` stands for any text in them. In double quotes
everything stands for itself except ``\"`` and ``\\``; outside of them a backslash takes the
meaning from a space and from ``"()\*,:<>=!-``. A condition on a value that a record does not have
does not hold, so ``-score>3`` finds the records without a score too. Records that were removed are
left out unless ``is:removed`` asks for them.
"""

from deita_store.columns import COLUMNS
from deita_store.filter_completion import complete, span, values
from deita_store.filter_parser import parse
from deita_store.filter_sql import notes, where
from deita_store.filter_tree import Filter

__all__ = ["NAMES", "Filter", "complete", "notes", "parse", "span", "values", "where"]

NAMES: dict[str, str] = {name: column.help for name, column in COLUMNS.items()}
"""Every name that a filter knows, and what it stands for; scorers come on top."""

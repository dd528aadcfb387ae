"""The project on disk: one folder, one SQLite file that is the truth.

``Store`` opens it. The other modules are functions over an open store, one module a subject.
Nothing here knows models, numpy or screens. The format is explained in ``store/README.md``.
"""

from deita_store.errors import DeitaError, StoreError
from deita_store.store import Store

__all__ = ["DeitaError", "Store", "StoreError"]

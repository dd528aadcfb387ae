"""The HNSW index over the vectors of a project (hnswlib)."""

from importlib.metadata import version


def library() -> str:
    """The library and its version, as a stamp names it."""
    import hnswlib  # noqa: F401 - a missing or broken build shows here

    return f"hnswlib {version('hnswlib')}"

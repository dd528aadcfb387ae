"""Textual's classes keep much in private names; a screen must not take one of them by accident."""

import ast
from functools import cache
from pathlib import Path

import pytest
from textual.app import App
from textual.containers import ScrollableContainer
from textual.screen import ModalScreen, Screen
from textual.scroll_view import ScrollView
from textual.widgets import DirectoryTree, Input

from tests.support import ROOT

FILES = sorted((ROOT / "deita_tui" / "ui").rglob("*.py"))

ON_PURPOSE = {"_suggestion", "_fatal_error"}
"""The filter box takes back the suggestion of the line that it is; the app says itself how it ends
by a mistake of the program."""


@cache
def theirs() -> set[str]:
    """Private names that Textual's classes have, or give their instances."""
    names: set[str] = set()
    for kind in (App, Screen, ModalScreen, ScrollView, ScrollableContainer, Input, DirectoryTree):
        for base in kind.__mro__:
            if base.__module__.partition(".")[0] == "textual":
                names |= {name for name in vars(base) if name.startswith("_")}
                source = Path(__import__(base.__module__, fromlist=["x"]).__file__ or "")
                names |= own_attributes(source.read_text(encoding="utf-8"), base.__name__)
    return {name for name in names if not name.startswith("__")}


def own_attributes(source: str, kind: str = "") -> set[str]:
    """``self._x`` that is assigned, and ``def _x``, in the classes of a module."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ClassDef) and (not kind or node.name == kind):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    found.add(inner.name)
                elif (
                    isinstance(inner, ast.Attribute)
                    and isinstance(inner.ctx, ast.Store)
                    and isinstance(inner.value, ast.Name)
                    and inner.value.id == "self"
                ):
                    found.add(inner.attr)
    return {name for name in found if name.startswith("_") and not name.startswith("__")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_private_name_of_textual_is_taken(path: Path) -> None:
    taken = own_attributes(path.read_text(encoding="utf-8")) & theirs() - ON_PURPOSE
    assert not taken

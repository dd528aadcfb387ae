"""A way out that the command line names is named by its key where the app is open."""

from pathlib import Path

from deita_tui.errors import UsageError
from deita_tui.ui.keyed import keyed
from tests.ui.support import driving

SENTENCES = {
    "Embed it: deita-tui embed /a b/c": "Embed it: e on the overview",
    "Pause it with: deita-tui jobs mix pause 3": "Pause it with: j on the overview",
    "No taste is learned yet: deita-tui taste DIR --learn does that.":
        "No taste is learned yet: y on the overview does that.",
    "Select first: deita-tui select mix --budget N; or export --all records.":
        "Select first: t on the overview; or export --all records.",
    "As before: deita-tui score m --where is:edited …, or deita-tui distill for more.":
        "As before: s on the overview, or deita-tui distill for more.",
    "deita-tui index makes them.": "n on the overview makes them.",
    "Keep it with: deita-tui decide mix 5 --keep": "Keep it with: a",
    "Give it another name: deita-tui export x": "Give it another name: deita-tui export x",
    "No command here.": "No command here.",
}  # fmt: skip


async def test_a_command_becomes_the_key_that_does_the_same(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        assert keyed("Embed it: deita-tui embed /p", app.app) == "Embed it: e"
        await app.press("b")
        for told, wanted in SENTENCES.items():
            assert keyed(told, app.app) == wanted
        app.app.tell(UsageError("Nothing is embedded.", "Embed it: deita-tui embed /p"))
        await app.settle()
        await app.sees("Embed it: e on the overview")
        assert "deita-tui embed" not in app.text


async def test_without_a_project_commands_stay_as_they_are(home: Path) -> None:
    async with driving(home) as app:
        told = "Select: deita-tui select mix --budget 9"
        assert keyed(told, app.app) == told

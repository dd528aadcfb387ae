"""docs/exports.md names every target and every rule."""

import re

from deita_tui.export.names import TARGETS
from deita_tui.export.problems import EFFECTS
from tests.support import ROOT

PAGE = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")


def test_every_rule_is_told_and_no_other() -> None:
    places = [*(ROOT / "deita_tui" / "export").glob("*.py"),
              *(ROOT / "deita_tui" / "steps").glob("export*.py")]  # fmt: skip
    sources = "".join(path.read_text(encoding="utf-8") for path in places)
    rules = set(re.findall(r'Fault\(\s*"([a-z-]+)"', sources))
    told = PAGE.split("| rule | when |")[1].split("\n\n")[0]
    named = {
        rule
        for line in told.splitlines()[2:]
        for rule in re.findall(r"`([a-z-]+)`", line.split("|")[1])
    }
    assert named == rules


def test_every_target_and_effect_is_told() -> None:
    table = PAGE.split("| target |")[1].split("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)`", table, re.MULTILINE)) == TARGETS.keys()
    for name, target in TARGETS.items():
        (line,) = [line for line in table.splitlines() if line.startswith(f"| `{name}`")]
        kinds = line.split("|")[4].strip()
        assert kinds == ("" if name == "vectors" else ", ".join(target.kinds))
    for effect, meaning in EFFECTS.items():
        assert f"| {effect.replace('_', ' ')} | {meaning} |" in PAGE

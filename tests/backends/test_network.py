"""Libraries that may not ask the hub, in processes of their own: they read their settings once."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

VARIABLES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "DEITA_TUI_SET_HF_HUB_OFFLINE")


def said(code: str, *arguments: str, **env: str) -> Any:
    """What ``code`` prints, as JSON, where nobody has said anything but ``env``."""
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    kept.pop("HF_HUB_DISABLE_TELEMETRY", None)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        env={**kept, **env},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


FORBIDDEN = """
    import json
    from deita_tui.backends import network
    network.forbid()
    from huggingface_hub import constants
    told = [constants.HF_HUB_OFFLINE]
    with network.allowed():
        told.append(constants.HF_HUB_OFFLINE)
    told.append(constants.HF_HUB_OFFLINE)
    print(json.dumps([told, network.is_offline(), constants.HF_HUB_DISABLE_TELEMETRY]))
"""


def test_the_hub_is_asked_only_where_it_is_meant() -> None:
    assert said(FORBIDDEN) == [[True, False, True], False, True]


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_what_the_user_forbids_nobody_allows(variable: str) -> None:
    assert said(FORBIDDEN, **{variable: "yes"}) == [[True, True, True], True, True]


def test_processes_of_a_worker_know_whose_word_it_is() -> None:
    code = """
        import json, subprocess, sys
        from deita_tui.backends import network
        network.forbid()
        inner = "from deita_tui.backends import network as n; print(int(n.is_offline()))"
        print(subprocess.run([sys.executable, "-c", inner], capture_output=True).stdout.decode())
    """
    assert said(code) == 0
    assert said(code, HF_HUB_OFFLINE="1") == 1


def test_a_worker_forbids_it(tmp_path: Path) -> None:
    code = """
        import json, os, sys
        from deita_store.store import Store
        from deita_tui.jobs import worker
        Store.create(sys.argv[1]).close()
        assert worker.main([sys.argv[1]]) == 0
        print(json.dumps([os.environ["HF_HUB_OFFLINE"], os.environ["HF_HUB_DISABLE_TELEMETRY"]]))
    """
    assert said(code, str(tmp_path / "project")) == ["1", "1"]


def test_importing_the_program_changes_nobody_s_settings() -> None:
    code = """
        import json, os
        import deita_tui.project, deita_tui.backends.network
        print(json.dumps([name for name in os.environ if "HF_HUB" in name]))
    """
    assert said(code) == []

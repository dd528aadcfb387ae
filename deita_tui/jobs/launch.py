"""Starting a worker that outlives whoever starts it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from threading import Thread

from deita_store import jobs
from deita_store.store import LOGS


def start(folder: Path | str) -> None:
    """Have the queue worked on: start a worker process unless one is there.

    It has a session of its own, so that neither Ctrl-C nor a closed terminal reaches it. Jobs that
    an earlier worker died on are queued again. Call it after enqueueing: a worker that is about to
    leave looks into the queue once more after it has let go of the lock.
    """
    folder = Path(folder).absolute()
    if jobs.worker_alive(folder):
        return
    (folder / LOGS).mkdir(exist_ok=True)
    with (folder / LOGS / "worker.log").open("ab") as log:
        worker = subprocess.Popen(
            # -P: the folder that the user stands in must not lend the worker its modules.
            [sys.executable, "-P", "-m", "deita_tui.jobs.worker", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            close_fds=True,
            start_new_session=True,
            cwd="/",
        )
    # Waited for, or it would stay behind as a zombie for as long as its starter lives.
    Thread(target=worker.wait, name="worker", daemon=True).start()


def survives_logout() -> str | None:
    """Why a worker may die when its user logs out, as a sentence; None where it lives on.

    Only systemd's login manager kills what a user leaves running, and only if told to.
    """
    loginctl = shutil.which("loginctl")
    if loginctl is None or not Path("/run/systemd/system").is_dir():
        return None
    manager = "org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager"
    kills = _says(["busctl", "get-property", *manager.split(), "KillUserProcesses"])
    lingers = _says([loginctl, "show-user", str(os.getuid()), "--property=Linger"])
    if kills != "b true" or lingers == "Linger=yes":
        return None
    return (
        "This system ends a user's processes at logout, running jobs among them. They can be "
        "resumed; to let them live on: loginctl enable-linger"
    )


def _says(command: list[str]) -> str:
    """What a command prints; nothing where it is missing, fails or hangs."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()

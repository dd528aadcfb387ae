"""The app: which screens there are, which project is open, and what is the same everywhere."""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from rich.text import Text
from textual.binding import BindingType
from textual.worker import Worker, WorkerState

from deita_tui import places
from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.steps.held import Held
from deita_tui.ui import actions, keymaps, remembered, stepping, themes
from deita_tui.ui.ahead import Ahead
from deita_tui.ui.keyed import keyed
from deita_tui.ui.keystrokes import OneByOne
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.palette import Commands
from deita_tui.ui.reading import Errand, Look, Overtaken
from deita_tui.ui.screens import SCREENS, make

if TYPE_CHECKING:
    from deita_tui.selection.params import Params

T = TypeVar("T")
U = TypeVar("U")

POLL_SECONDS = 0.25
"""Between two looks at whether somebody wrote to the project."""

_log = logging.getLogger(__name__)


class DeitaApp(OneByOne):
    """Home, and above it the screens of one open project.

    Args:
        home: the folder of the projects that are named without a path.
        folder: a project to open at once.
        ahead: what is being read of it already, where somebody began with it.
    """

    CSS_PATH = "app.tcss"
    TITLE = "deita-tui"
    served: ClassVar[bool] = False
    """Is it drawn in a browser? Then no other program can have its terminal."""
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("app")]
    COMMANDS: ClassVar = {Commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, home: Path, folder: Path | None = None, ahead: Ahead | None = None) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (150, "-wide")]
        self.VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-high")]
        self.home = home
        self.project: Project | None = None
        """The open project; it belongs to the thread of the screen."""
        self.ahead = ahead
        self.held: Held[Any] = Held()
        """The selection that a record was explained of last, for the next question about it."""
        self.unsaved: dict[Path, Params] = {}
        """Of projects, what a selection was tuned to and not saved."""
        self._first = folder
        self._version: int | None = None
        self._keys: dict[str, str] = {}
        self._looks: dict[str, Look[Any] | Errand[Any]] = {}
        self._dress()

    def on_mount(self) -> None:
        """Show the first screen."""
        self._take_keymap()
        self._end_cleanly()
        self.set_interval(POLL_SECONDS, self._poll)
        # The list of projects is made when somebody goes there.
        if self._first is None or not self.open_project(self._first):
            self.push_screen(make("home"))

    def _dress(self) -> None:
        """Take the theme, before anything is styled: to change it later styles everything anew."""
        for theme in themes.ALL:
            self.register_theme(theme)
        name = remembered.theme(self.home)
        self.set_reactive(
            DeitaApp.theme, name if name in self.available_themes else themes.DARK.name
        )
        self.set_class(self.current_theme.dark, "-dark-mode")
        self.set_class(not self.current_theme.dark, "-light-mode")
        self.set_class(True, f"-theme-{self.theme}")
        self.stylesheet.set_variables(self.get_css_variables())

    def on_unmount(self) -> None:
        """Leave nothing open."""
        self._close()

    # The project ----------------------------------------------------------------------------------

    def open_project(self, folder: Path, screen: str = "overview") -> bool:
        """Open a project and show it; the one that was open is closed.

        Returns:
            False, and a sentence on the screen, where it cannot be opened.
        """
        try:
            project = Project.open(folder, door="app")
        except DeitaError as error:
            # Later, so that it stands above whatever is shown instead.
            self.call_later(self.tell, error)
            return False
        self._close()
        self.project, self._version = project, _version(project)
        places.remember(project.folder, self.home)
        if project.notice:
            self.notify(project.notice, markup=False, timeout=10)
        self.push_screen(make(screen))
        return True

    def make_project(self, folder: Path) -> bool:
        """Make an empty project and open it; False, and a sentence on the screen, where not."""
        try:
            Project.create(folder, door="app").close()
        except DeitaError as error:
            self.tell(error)
            return False
        return self.open_project(folder)

    def open_demo(self) -> None:
        """Open the demo; it is made the first time."""
        from deita_tui.ui.screens.demo import Demo

        def made(folder: Path | None) -> None:
            if folder is not None:
                self.open_project(folder)

        self.push_screen(Demo(self.home / "demo"), made)

    @property
    def opened(self) -> Project:
        """The open project, for screens that are only shown when there is one."""
        assert self.project is not None
        return self.project

    def action_show(self, name: str) -> None:
        """Go to a screen of the project, or back to it where it is below."""
        for place, screen in enumerate(self.screen_stack):
            if screen.name == name:
                while len(self.screen_stack) > place + 1:
                    self.pop_screen()
                return
        self.push_screen(make(name))

    def action_go(self) -> None:
        """Ask where to."""
        from deita_tui.ui.screens.dialogs import Choose

        choices = [(name, known.title, known.key) for name, known in SCREENS.items() if known.key]

        def go(name: str | None) -> None:
            if name == "home":
                self._go_home()
            elif name:
                self.action_show(name)

        self.push_screen(Choose("Go to", choices), go)

    def action_leave(self) -> None:
        """Leave the screen; the list of projects leaves the app."""
        if self.screen.name == "home":
            self.exit()
        elif len(self.screen_stack) > 2:
            self.pop_screen()
            if self.screen.name == "home":
                self._close()
        else:
            self._go_home()

    def _go_home(self) -> None:
        """Close the project, and show the list of all."""
        while len(self.screen_stack) > 2 and self.screen.name != "home":
            self.pop_screen()
        if self.screen.name != "home":
            self.switch_screen(make("home"))
        self._close()

    def _close(self) -> None:
        for look in self._looks.values():
            look.drop()
        self._looks.clear()
        self.held = Held()
        self._version = None
        if self.project is not None:
            self.project.close()
            self.project = None

    def _poll(self) -> None:
        """See whether anybody wrote; it costs less than a tenth of a millisecond."""
        if self.project is not None and (version := _version(self.project)) != self._version:
            self._version = version
            self.screen.post_message(ProjectChanged())

    def changed(self) -> None:
        """Say that this app itself wrote to the project."""
        self.screen.post_message(ProjectChanged())

    # Work beside the screen -----------------------------------------------------------------------

    def look(
        self,
        name: str,
        read: Callable[[Project], T],
        then: Callable[[T], None],
        failed: Callable[[DeitaError], None] | None = None,
    ) -> None:
        """Read something slow in a thread; what comes of an older look of that name is dropped.

        Args:
            name: what is looked for; a new look of a name breaks off the old one.
            read: see ``Look``.
            then: called on the screen's thread with what was read.
            failed: called instead where there is a sentence; default: show it.
        """
        if self.project is not None:
            self._aside(name, Look(self.project.folder, read), then, failed)

    def aside(
        self,
        name: str,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[DeitaError], None] | None = None,
    ) -> None:
        """The same for what needs no open project; it cannot be broken off, only forgotten."""
        self._aside(name, Errand(work), then, failed)

    def _aside(
        self,
        name: str,
        look: Look[T] | Errand[T],
        then: Callable[[T], None],
        failed: Callable[[DeitaError], None] | None,
    ) -> None:
        self.drop(name)
        self._looks[name] = look

        def told(what: Callable[[U], None], value: U) -> None:
            # Nobody asks any more where a newer look has taken its place.
            if self._looks.get(name) is look:
                del self._looks[name]
                what(value)

        def run() -> None:
            try:
                result = look.run()
            except Overtaken:
                return
            except DeitaError as error:
                self.call_from_thread(told, failed or self.tell, error)
            else:
                self.call_from_thread(told, then, result)

        self.run_worker(run, name=name, group="looks", thread=True, exit_on_error=False)

    def is_looking(self, name: str) -> bool:
        """Is somebody still looking for that?"""
        return name in self._looks

    def drop(self, name: str) -> None:
        """Break off a look."""
        if (look := self._looks.pop(name, None)) is not None:
            look.drop()

    # Telling --------------------------------------------------------------------------------------

    def tell(self, error: DeitaError) -> None:
        """Show a sentence that stops the work, with what to do."""
        from deita_tui.ui.screens.dialogs import Sentence

        self.push_screen(Sentence(keyed(error.message, self), keyed(error.hint, self)))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What went wrong beside the screen does not take it down."""
        error = event.worker.error
        if event.state is not WorkerState.ERROR or error is None:
            return
        self._looks.pop(event.worker.name, None)
        if isinstance(error, DeitaError):
            self.tell(error)
            return
        _log.error("worker %s failed", event.worker.name, exc_info=error)
        self.notify(
            f"{type(error).__name__}: {error}\nThe log has more:\n{remembered.log_file(self.home)}",
            title="A mistake of the program",
            severity="error",
            markup=False,
            timeout=15,
        )

    def _fatal_error(self) -> None:
        """Leave because of a mistake of the program: it goes to the log, and the log is named.

        Textual would print the traceback with all variables, and so the records that they hold.
        """
        _log.critical("the app broke off", exc_info=True)
        self.panic(
            Text(
                f"deita-tui broke off by a mistake of the program: {sys.exception()!r}\n"
                "Everything that you decided is on disk, and jobs run on. "
                f"What happened is in {remembered.log_file(self.home)}"
            )
        )

    def _end_cleanly(self) -> None:
        """Leave where the terminal is closed or somebody ends the process: restore the terminal."""
        if self.is_headless:
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, partial(self.exit, return_code=128 + number))

    # What works everywhere ------------------------------------------------------------------------

    def action_keys(self) -> None:
        """Show the keys that work here."""
        from deita_tui.ui.screens.keys import Keys

        self.push_screen(Keys(self.screen))

    def action_doctor(self) -> None:
        """Show what this machine can run."""
        from deita_tui.ui.screens.doctor import Doctor

        self.push_screen(Doctor())

    def action_change_keymap(self) -> None:
        """Choose one of the keymaps that ship."""
        from deita_tui.ui import presets
        from deita_tui.ui.screens.dialogs import Choose

        def choose(name: str | None) -> None:
            if name:
                remembered.keep_keymap(self.home, name)
                self._take_keymap()
                self.refresh_bindings()

        try:
            fixed = keymaps.named_in_file()
        except DeitaError as error:
            self.tell(error)
            return
        if fixed:
            told = f"{keymaps.file()} says: preset = {fixed}. Change it there."
            self.notify(told, markup=False)
            return
        choices = [(name, keymaps.title(name), "") for name in presets.NAMES]
        chosen = remembered.keymap(self.home) or presets.DEFAULT
        self.push_screen(Choose("Keys", choices, chosen), choose)

    def action_undo(self) -> None:
        """Take the last act back."""
        stepping.back(self)

    def action_redo(self) -> None:
        """Bring back what was undone."""
        stepping.forth(self)

    def watch_theme(self, theme: str) -> None:
        """Keep the choice for the next time."""
        remembered.keep_theme(self.home, theme)

    def keys_of(self, action: actions.Action) -> str:
        """The keys of an action here, as a person reads them."""
        return keymaps.shown(self, self._keys.get(action.id, action.keys))

    def _take_keymap(self) -> None:
        try:
            self._keys = keymaps.load(remembered.keymap(self.home))
        except DeitaError as error:
            # Without the user's keys the app still works.
            self.call_later(self.tell, error)
        self.set_keymap(self._keys)


def _version(project: Project) -> int:
    """Another number after each write by anybody else."""
    (version,) = project.store.db.execute("pragma data_version").fetchone()
    return int(version)

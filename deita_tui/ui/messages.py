"""What happened to the project, told to whoever shows it."""

from textual.message import Message

from deita_store.acts import Act


class ProjectChanged(Message):
    """Something was written to the project, by this app, a worker or a command."""

    def can_replace(self, message: Message) -> bool:
        """The newest says all."""
        return isinstance(message, ProjectChanged)


class SteppedBack(Message):
    """An act was undone, or brought back, or there was none.

    Args:
        act: the act; None where there was none.
        done: ``undone`` or ``redone``.
        told: the whole sentence.
    """

    def __init__(self, act: Act | None, done: str, told: str) -> None:
        super().__init__()
        self.act, self.done, self.told = act, done, told

"""What happened to the project, told to whoever shows it."""

from textual.message import Message


class ProjectChanged(Message):
    """Something was written to the project, by this app, a worker or a command."""

    def can_replace(self, message: Message) -> bool:
        """The newest says all."""
        return isinstance(message, ProjectChanged)

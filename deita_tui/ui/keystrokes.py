"""Keys one after another: what a key opens has the focus before the next key is looked at.

Textual hands every key to what has the focus when it comes in. Whoever types ahead, or whose keys
come in a bunch over a slow line, would lose the first letters of what a dialog was opened for.
"""

from collections import deque

from textual import events
from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump
from textual.timer import Timer

_LAPS = 2
"""A key may only send a message, as Enter in a line of text does: that is waited for as well."""
_PATIENCE = 1.0
"""Seconds until the next key is taken where nothing was heard of the one before: what it was for
may have been taken away with all that waited for it."""


class Through(Message):
    """It goes the way that a key has gone, right behind it, so often."""

    def __init__(self, key: events.Key, target: MessagePump, laps: int) -> None:
        super().__init__()
        self.key, self.target, self.laps = key, target, laps


class OneByOne(App[None]):
    """An app that takes its keys one by one."""

    def __init__(self) -> None:
        super().__init__()
        self._typed: deque[events.Key] = deque()
        """Keys that wait, behind the one that is under way."""
        self._key_under_way: events.Key | None = None
        self._holds_keys = False
        self._no_longer: Timer | None = None

    async def on_event(self, event: events.Event) -> None:
        """Take an event; a key waits for the ones before it."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._typed.append(event)
        if self._key_under_way is None and not self._holds_keys:
            await self._next_key()

    def hold_keys(self, seconds: float = 5.0) -> None:
        """Have keys wait for what the last one asked for; at most so long, whatever happens."""
        self._holds_keys = True
        self.set_timer(seconds, self.release_keys)

    def release_keys(self) -> None:
        """Take the keys that have waited."""
        self._holds_keys = False
        if self._typed and self._key_under_way is None:
            self.call_later(self._take_waiting)

    async def _take_waiting(self) -> None:
        if self._typed and self._key_under_way is None and not self._holds_keys:
            await self._next_key()

    async def _next_key(self) -> None:
        self._key_under_way = key = self._typed.popleft()
        self._no_longer = self.set_timer(_PATIENCE, lambda: self._key_is_through(key))
        await super().on_event(key)
        self._send_behind(key, self.focused or self.screen, _LAPS)

    def _send_behind(self, key: events.Key, target: MessagePump, laps: int) -> None:
        if not target.post_message(Through(key, target, laps - 1)):
            self.call_later(self._key_is_through, key)

    def on_through(self, message: Through) -> None:
        """A key did what it does: where that was to open a screen, it takes the focus first."""
        key = message.key
        if message.laps:
            self._send_behind(key, message.target, message.laps)
        elif not self.screen.call_later(self.call_later, self._key_is_through, key):
            self.call_later(self._key_is_through, key)

    async def _key_is_through(self, key: events.Key) -> None:
        if key is not self._key_under_way:
            return
        if self._no_longer is not None:
            self._no_longer.stop()
        self._key_under_way = None
        await self._take_waiting()

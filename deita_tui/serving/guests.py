"""Who is known: a link that works once, and then a secret that only the browser and we have."""

import secrets
from hmac import compare_digest

_BYTES = 32


class Guests:
    """The browsers that came in by a link. Nothing of them is kept when the server ends."""

    def __init__(self) -> None:
        self._secrets: list[bytes] = []
        self.token = _new()
        """What the next link holds."""

    def enter(self, token: str) -> str | None:
        """The secret for whoever brings the token of the link, which is then used up.

        Returns:
            None for any other token.
        """
        if not compare_digest(_bytes(token), _bytes(self.token)):
            return None
        self.token = _new()
        secret = _new()
        self._secrets.append(_bytes(secret))
        return secret

    def knows(self, secret: str) -> bool:
        """Is that the secret of somebody who came in?"""
        brought = _bytes(secret)
        # All of them are compared, so that the time tells nothing.
        return sum(compare_digest(brought, known) for known in self._secrets) > 0


def _new() -> str:
    return secrets.token_urlsafe(_BYTES)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")

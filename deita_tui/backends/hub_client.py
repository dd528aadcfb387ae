"""huggingface_hub, loaded when it is first needed, and what goes wrong with it as sentences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deita_tui.backends import network
from deita_tui.errors import DeitaError, JobError, MissingExtraError, UsageError


def library() -> Any:
    """The library, with its telemetry off.

    Raises:
        MissingExtraError: it is not installed.
    """
    network.silence()
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise MissingExtraError("huggingface_hub", "hf", "fetch a model from the hub") from error
    return huggingface_hub


@contextmanager
def asking(text: str) -> Iterator[Any]:
    """The library, let through to the hub while the block runs.

    Args:
        text: the hub id that it is asked about.

    Raises:
        UsageError: there is no such model, or it is closed to you.
        JobError: the hub cannot be reached.
    """
    hub = library()
    with _told(text, hub), network.allowed():
        yield hub


@contextmanager
def _told(text: str, hub: Any) -> Iterator[None]:
    """Turn what the hub answers, or does not, into sentences."""
    errors = hub.errors
    try:
        yield
    except DeitaError:
        raise
    except errors.GatedRepoError as error:
        raise UsageError(
            f"{text} is gated: its owners let you in only after you accept their terms.",
            "Accept them on the model's page, log in with `hf auth login`, and try again.",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UsageError(
            f"{text} names a revision that the hub does not have.",
            "Use a branch, a tag or a commit of that model after the @.",
        ) from error
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError) as error:
        raise _unknown(text) from error
    except OSError as error:
        if _status(error) in (401, 404):
            raise _unknown(text) from error
        raise JobError(
            f"The hub could not send {text} ({_reason(error)}).",
            "Run the same command again: files that are complete are kept. "
            "Without a network, use --offline or a model's folder.",
        ) from error
    except Exception as error:
        # httpx's errors are no OSErrors, and which httpx it is depends on the hub's version.
        if not type(error).__module__.startswith("httpx"):
            raise
        raise JobError(
            f"The hub could not be reached for {text} ({_reason(error)}).",
            "Check the network, or use --offline or a model's folder.",
        ) from error


def _unknown(text: str) -> UsageError:
    return UsageError(
        f"The hub has no model {text}, or it is private and you are not logged in.",
        "Check the spelling; for a private model log in with `hf auth login`.",
    )


def _status(error: BaseException) -> int:
    """The HTTP status that an error is about; 0 if it is about none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _reason(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__

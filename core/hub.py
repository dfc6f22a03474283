"""Ask the Hugging Face Hub something, and put what can go wrong into sentences.

Without a network an answer must come within seconds: no call waits for the system's own limits.
"""

import os
import threading
from collections.abc import Callable
from typing import Any, TypeVar

# Read when huggingface_hub is imported.
os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "4")
os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "10")

from huggingface_hub.errors import (  # type: ignore[attr-defined]
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import BadInput, NotFound, Offline, WorkFailed

Answer = TypeVar("Answer")


def ask(kind: str, hub_id: str, instead: str, call: Callable[[], Answer]) -> Answer:
    """Return `call()`.

    Args:
        kind: "model" or "dataset".
        hub_id: What is asked for.
        instead: What can be used without a network, for the message.
        call: Asks the Hub.

    Raises:
        Offline: There is no network.
        NotFound: The Hub has no such thing or revision.
        BadInput: The Hub gives it only to people who accepted its terms.
        WorkFailed: The Hub answered with an error.
    """
    try:
        return call()
    except GatedRepoError:
        raise BadInput(
            f"{hub_id} is given only to people who accepted its terms: accept them on its page, "
            "then set HF_TOKEN."
        ) from None
    except RevisionNotFoundError:
        raise NotFound(f"{hub_id} has no such revision on the Hugging Face Hub.") from None
    except RepositoryNotFoundError:
        raise NotFound(
            f"There is no {kind} {hub_id!r} on the Hugging Face Hub, or it is private; check the "
            "name, or set HF_TOKEN."
        ) from None
    except HfHubHTTPError as error:
        raise WorkFailed(
            f"The Hugging Face Hub could not give {hub_id} ({error}); try again later."
        ) from None
    except (OSError, HTTPError):
        raise Offline(
            f"{hub_id} is on the Hugging Face Hub and there is no network; use {instead}."
        ) from None


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """Return `call()`, or raise TimeoutError: looking a host's name up knows no time limit."""
    results: list[Any] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            results.append(call())
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError
    return results[0]

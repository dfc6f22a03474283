"""Fetch a model of the Hugging Face Hub, once, at a recorded commit; or say there is no way.

Neither torch nor transformers is needed, so that a request can be refused before it is queued.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

# Read when huggingface_hub is imported: without a network an answer must come within seconds.
os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", "4")
os.environ.setdefault("HF_HUB_DOWNLOAD_TIMEOUT", "10")

from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (  # type: ignore[attr-defined]
    GatedRepoError,
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from core.errors import BadInput, NotFound, Offline, WorkFailed
from core.models.resolve import ModelRef, check_folder

Answer = TypeVar("Answer")

PROBE_SECONDS = 4.0
"""How long the Hub may take to say that it is there."""

FILES = ("*.json", "*.safetensors", "*.model", "*.txt", "*.jinja")
"""What is fetched: never pickled weights, never code."""


def fetch(ref: ModelRef) -> ModelRef:
    """Return the reference with a local folder, fetching a model of the Hub if need be.

    The revision of the result is the commit that was fetched.

    Raises:
        Offline: The model is on the Hub, not in the cache, and there is no network.
        NotFound: The Hub has no such model or revision.
        BadInput: The Hub gives it only to people who accepted its terms, or without safetensors.
        WorkFailed: The Hub answered with an error.
    """
    if ref.path is not None:
        return ref
    hub_id = ref.hub_id or ref.name
    folder = _cached(hub_id, ref.revision) or _download(hub_id, ref.revision)
    # The cache keeps each snapshot in a folder named by its commit.
    return replace(ref, path=check_folder(folder), revision=folder.name)


def local(ref: ModelRef) -> ModelRef | None:
    """The reference with a folder that is here already; None = it would have to be fetched."""
    if ref.path is not None:
        return ref
    folder = _cached(ref.hub_id or ref.name, ref.revision)
    return replace(ref, path=check_folder(folder), revision=folder.name) if folder else None


def _cached(hub_id: str, revision: str | None) -> Path | None:
    try:
        folder = snapshot_download(
            hub_id, revision=revision, allow_patterns=list(FILES), local_files_only=True
        )
    except LocalEntryNotFoundError:
        return None
    path = Path(folder)
    whole = (path / "config.json").is_file() and any(path.glob("*.safetensors"))
    return path if whole else None


def check(ref: ModelRef) -> None:
    """See that a model can be had: it lies here, or the Hub answers and has it.

    Raises:
        AssayError: As `fetch` does, within PROBE_SECONDS and a little.
    """
    hub_id = ref.hub_id or ref.name
    if ref.path is None and _cached(hub_id, ref.revision) is None:
        _ask(hub_id, lambda: _commit(hub_id, ref.revision))


def _download(hub_id: str, revision: str | None) -> Path:
    def download() -> Path:
        commit = _commit(hub_id, revision)
        return Path(snapshot_download(hub_id, revision=commit, allow_patterns=list(FILES)))

    return _ask(hub_id, download)


def _commit(hub_id: str, revision: str | None) -> str:
    info = _within(
        PROBE_SECONDS,
        lambda: HfApi().model_info(hub_id, revision=revision, timeout=PROBE_SECONDS),
    )
    return str(info.sha)


def _ask(hub_id: str, call: Callable[[], Answer]) -> Answer:
    """Return `call()`, its errors put into sentences."""
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
            f"There is no model {hub_id!r} on the Hugging Face Hub, or it is private; check the "
            "name, or set HF_TOKEN."
        ) from None
    except HfHubHTTPError as error:
        raise WorkFailed(
            f"The Hugging Face Hub could not give {hub_id} ({error}); try again later."
        ) from None
    except (OSError, HTTPError):
        raise Offline(
            f"{hub_id} is on the Hugging Face Hub and there is no network; use starter-translate "
            "or a local folder."
        ) from None


def _within(seconds: float, call: Callable[[], Any]) -> Any:
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


def push(folder: Path, hub_id: str, token: str, message: str) -> str:
    """Put a folder's files onto the Hub; a repository that is not there is made, and is private.

    Args:
        folder: What to put there.
        hub_id: OWNER/NAME.
        token: May write there; it is in no message.
        message: Of the commit.

    Returns:
        The repository's address.

    Raises:
        BadInput: The Hub does not let the token write there.
        Offline: There is no network.
        WorkFailed: The Hub answered with an error.
    """
    try:
        api = HfApi(token=token)
        made = api.create_repo(hub_id, private=True, exist_ok=True)
        api.upload_folder(repo_id=hub_id, folder_path=folder, commit_message=message)
    except HfHubHTTPError as error:
        words = str(error).replace(token, "…").strip().splitlines()[0]
        if getattr(error.response, "status_code", None) in (401, 403):
            raise BadInput(
                f"The Hugging Face Hub does not let this token write to {hub_id} ({words}); make "
                "one that may, and set HF_TOKEN to it."
            ) from None
        raise WorkFailed(
            f"The Hugging Face Hub did not take {hub_id} ({words}); try again later."
        ) from None
    except (OSError, HTTPError):
        raise Offline(
            f"{hub_id} cannot be pushed: there is no network. `assay export R --to DIR` writes a "
            "folder that can be uploaded later."
        ) from None
    return str(made)

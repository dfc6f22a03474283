"""Fetch a model of the Hugging Face Hub, once, at a recorded commit; or say there is no way.

Neither torch nor transformers is needed, so that a request can be refused before it is queued.
"""

from dataclasses import replace
from pathlib import Path

# Before huggingface_hub: it sets how long the Hub may take.
from core.hub import ask, within

from huggingface_hub import HfApi, snapshot_download  # isort: skip
from huggingface_hub.errors import (  # type: ignore[attr-defined] # isort: skip
    HfHubHTTPError,
    HTTPError,
    LocalEntryNotFoundError,
)

from core.errors import BadInput, Offline, WorkFailed
from core.models.resolve import ModelRef, check_folder

_INSTEAD = "starter-translate or a local folder"
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
        ask("model", hub_id, _INSTEAD, lambda: _commit(hub_id, ref.revision))


def _download(hub_id: str, revision: str | None) -> Path:
    def download() -> Path:
        commit = _commit(hub_id, revision)
        return Path(snapshot_download(hub_id, revision=commit, allow_patterns=list(FILES)))

    return ask("model", hub_id, _INSTEAD, download)


def _commit(hub_id: str, revision: str | None) -> str:
    info = within(
        PROBE_SECONDS,
        lambda: HfApi().model_info(hub_id, revision=revision, timeout=PROBE_SECONDS),
    )
    return str(info.sha)


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

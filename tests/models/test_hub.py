import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RepositoryNotFoundError

from core.errors import BadInput, NotFound, Offline, WorkFailed
from core.models import hub
from core.models.resolve import ModelRef

T5 = ModelRef("google-t5/t5-small", "hub", None, "google-t5/t5-small")


@pytest.fixture(autouse=True)
def nothing_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_cached", lambda *_: None)


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
    def model_info(*_: object, **__: object) -> SimpleNamespace:
        if error:
            raise error
        return SimpleNamespace(sha="c0ffee")

    monkeypatch.setattr(hub, "HfApi", lambda: SimpleNamespace(model_info=model_info))


def http_error(kind: type[HfHubHTTPError], monkeypatch: pytest.MonkeyPatch) -> HfHubHTTPError:
    return kind("503 of the server", response=SimpleNamespace(headers={}, request=None))  # type: ignore[arg-type]


def test_no_network_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, ConnectionError("no route"))
    with pytest.raises(
        Offline, match="google-t5/t5-small is on the Hugging Face Hub and there is no"
    ):
        hub.fetch(T5)
    with pytest.raises(Offline, match="use starter-translate or a local folder"):
        hub.check(T5)


def test_a_hub_that_never_answers_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "PROBE_SECONDS", 0.05)
    answer(monkeypatch)
    monkeypatch.setattr(
        hub, "HfApi", lambda: SimpleNamespace(model_info=lambda *_, **__: time.sleep(2))
    )
    with pytest.raises(Offline):
        hub.check(T5)


@pytest.mark.parametrize(
    ("kind", "raised", "words"),
    [
        (RepositoryNotFoundError, NotFound, "no model 'google-t5/t5-small'"),
        (GatedRepoError, BadInput, "accepted its terms"),
        (HfHubHTTPError, WorkFailed, "503"),
    ],
)
def test_what_the_hub_answers(
    kind: type[HfHubHTTPError],
    raised: type[Exception],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(monkeypatch, http_error(kind, monkeypatch))
    with pytest.raises(raised, match=words):
        hub.fetch(T5)


def test_fetched_folder_and_commit_are_recorded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "c0ffee"
    folder.mkdir()
    (folder / "model.safetensors").touch()
    asked: dict[str, object] = {}

    def snapshot_download(_: str, **options: object) -> str:
        asked.update(options)
        return str(folder)

    answer(monkeypatch)
    monkeypatch.setattr(hub, "snapshot_download", snapshot_download)
    assert hub.fetch(T5) == ModelRef(T5.name, "hub", folder, T5.hub_id, "c0ffee")
    assert asked["revision"] == "c0ffee"
    assert not any("bin" in str(pattern) for pattern in asked["allow_patterns"])  # type: ignore[attr-defined]


def test_local_models_need_no_hub(tmp_path: Path) -> None:
    ref = ModelRef("mine", "folder", tmp_path)
    assert hub.fetch(ref) is ref
    hub.check(ref)

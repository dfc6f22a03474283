"""The workspace: names that cannot leave it, folders claimed once, errors in a sentence."""

from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.errors import BadInput, DiskFull, NotFound
from core.workspace import Workspace, assets, check_name, next_name, require, require_space


@pytest.mark.parametrize(
    "name",
    ["../../x", "..", "a/b", "a\\b", "", ".hidden", "x" * 65, "a b", "a\n", "-a", "a..b", "名"],
)
def test_names_that_are_refused(name):
    with pytest.raises(BadInput, match="cannot be a dataset name"):
        check_name(name, "dataset name")


@pytest.mark.parametrize("name", ["a", "localise-de", "A_1.b", "x" * 64])
def test_names_that_are_fine(name):
    assert check_name(name) == name


def test_every_path_checks_its_name(tmp_path):
    workspace = Workspace.open(tmp_path)
    for path in (workspace.run, workspace.evaluation, workspace.plan, workspace.capture,
                 workspace.job, lambda n: workspace.dataset(n, "v"),
                 lambda n: workspace.dataset("d", n)):  # fmt: skip
        with pytest.raises(BadInput):
            path("../../x")


def test_a_workspace_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be made"):
        Workspace.open(tmp_path / "file" / "home")


def test_a_workspace_that_cannot_be_written(tmp_path, monkeypatch):
    # Root may write anywhere, so the kernel's answer is given here.
    monkeypatch.setattr("core.workspace.os.access", lambda *_: False)
    with pytest.raises(BadInput, match="cannot be written"):
        Workspace.open(tmp_path)


def test_the_default_is_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path / "home"))
    assert Workspace.open().root == tmp_path / "home"


def test_names_are_claimed_once_even_by_many_at_once(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda _: next_name(tmp_path, "run"), range(24)))
    assert sorted(names) == sorted(f"run-{n}" for n in range(1, 25))


def test_what_is_missing_lists_what_is_there(tmp_path):
    with pytest.raises(NotFound, match="Known: a, b"):
        require(tmp_path / "x", "run", "x", ["a", "b"])
    with pytest.raises(NotFound, match="no run in this workspace yet"):
        require(tmp_path / "x", "run", "x", [])


def test_the_assets_are_found():
    assert (assets() / "facts" / "gpu_prices.csv").is_file()


def test_room_is_asked_for_before_the_work(tmp_path, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr("core.workspace.shutil.disk_usage", lambda _: usage(5_000_000))
    require_space(tmp_path, 5_000_000, "Models")
    with pytest.raises(DiskFull, match=r"Models need about 6 MB .* it has 5 MB left; free some"):
        require_space(tmp_path, 6_000_000, "Models")

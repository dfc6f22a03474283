"""Arrays on disk: the same when read again, and nothing else is."""

import shutil

import numpy as np
import pytest

from core.errors import BadInput, DiskFull
from core.interpret import arrays


def test_arrays_that_do_not_fit_on_the_disk_are_refused_with_both_numbers(
    tmp_path, monkeypatch
) -> None:
    left = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: left)
    with pytest.raises(DiskFull, match=r"picture need about 8 MB .* it has 1 MB left; free some"):
        arrays.save_arrays(tmp_path / "x.npz", {"x": np.zeros(1_000_000)})
    assert not list(tmp_path.iterdir())


def test_large_arrays_stay_on_disk_and_read_the_same(tmp_path, monkeypatch) -> None:
    many = {
        "encoder": np.arange(24, dtype=np.float32).reshape(1, 2, 3, 4),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "bytes": np.arange(5, dtype=np.uint8), "one": np.float64(3.5), "none": np.zeros((0, 3)),
    }  # fmt: skip
    monkeypatch.setattr(arrays, "COMPRESSED_BYTES", 0)
    arrays.save_arrays(tmp_path / "big.npz", many)
    found = arrays.load_arrays(tmp_path / "big.npz")
    assert found.keys() == many.keys()
    for name, array in many.items():
        assert np.array_equal(found[name], array) and found[name].dtype == np.asarray(array).dtype
    assert isinstance(found["encoder"], np.memmap)
    whole = (tmp_path / "big.npz").read_bytes()
    (tmp_path / "big.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="not a readable capture"):
        arrays.load_arrays(tmp_path / "big.npz")
    np.savez(tmp_path / "x.npz", encoder=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadInput, match="not a readable capture"):
        arrays.load_arrays(tmp_path / "x.npz")


def test_objects_hidden_in_an_archive_are_not_unpickled(tmp_path) -> None:
    np.savez(tmp_path / "x.npz", encoder=np.array([{"a": 1}], dtype=object))
    with pytest.raises(BadInput, match="not a readable capture"):
        arrays.load_arrays(tmp_path / "x.npz")

"""Arrays on disk: written whole or not at all, read without unpickling anything."""

import struct
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.errors import BadInput, NotFound
from core.workspace import require_space

COMPRESSED_BYTES = 8_000_000
"""More is written as it is: a person would wait seconds, and weights hardly shrink."""
LOCAL_HEADER_BYTES = 30
"""What stands before a member's name in a zip archive (APPNOTE 4.3.7)."""


def save_arrays(path: Path, arrays: dict[str, Any]) -> None:
    """Write an .npz, whole or not at all; compressed if that takes no time.

    Raises:
        DiskFull: There is no room for it.
    """
    size = sum(np.asarray(array).nbytes for array in arrays.values())
    write = np.savez_compressed if size <= COMPRESSED_BYTES else np.savez
    path.parent.mkdir(parents=True, exist_ok=True)
    require_space(path.parent, size, "The arrays of this picture")
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            write(file, **arrays)
            file.flush()
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def load_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Read an .npz; nothing in it is unpickled, and what is not compressed stays on disk.

    A page opens a capture again with every click, and needs a layer of it.

    Raises:
        NotFound: There is no such file.
        BadInput: It is not a readable .npz of numbers.
    """
    try:
        # A file opened here is closed here: np.load leaves a broken archive's file open.
        with path.open("rb") as handle, np.load(handle, allow_pickle=False) as file:
            members = {info.filename.removesuffix(".npy"): info for info in file.zip.infolist()}
            return {
                name: file[name] if members[name].compress_type else _mapped(path, members[name])
                for name in file.files
            }
    except FileNotFoundError:
        raise NotFound(f"There is no capture at {path}; make it again.") from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is not a readable capture ({error}); delete it.") from None


def _mapped(path: Path, member: zipfile.ZipInfo) -> NDArray[Any]:
    """An uncompressed array of an archive, read from disk where it is looked at.

    Raises:
        ValueError: It holds objects, or is cut off.
    """
    with path.open("rb") as file:
        # The header's last two numbers say how long the name and the extra field after it are.
        file.seek(member.header_offset + LOCAL_HEADER_BYTES - 4)
        file.seek(sum(struct.unpack("<HH", file.read(4))), 1)
        read = {1: np.lib.format.read_array_header_1_0, 2: np.lib.format.read_array_header_2_0}
        shape, fortran, dtype = read[np.lib.format.read_magic(file)[0]](file)
        if dtype.hasobject:
            raise ValueError("it holds objects")
        if not all(shape):
            return np.zeros(shape, dtype)
        order: Literal["F", "C"] = "F" if fortran else "C"
        return np.memmap(path, dtype, "r", file.tell(), shape, order)

"""What a load test asks: a dataset's test split, the lines of a file, or one text."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.data.dataset import open_dataset, read
from core.deploy.loadtest_dialects import Text
from core.errors import BadInput
from core.units import MIB
from core.workspace import Workspace

MOST_TEXTS = 1_000
"""Different ones; after the last the first comes again."""
MOST_FILE_BYTES = 16 * MIB
MOST_CHARACTERS = 200_000


@dataclass(frozen=True)
class Inputs:
    """Where the texts are from: one of the three, or none for a text of our own."""

    dataset: str | None = None
    file: str | None = None
    text: str | None = None

    @property
    def source(self) -> str:
        """Where from, in a word that a record keeps."""
        if self.dataset is not None:
            return self.dataset
        return Path(self.file).name if self.file is not None else "text"

    def to_json(self) -> dict[str, Any]:
        """As a request holds it."""
        return asdict(self)


SAMPLE = "The invoice of 3 March 2029 was paid in full; send the receipt to the customer."
"""What is asked where nothing is given."""


def texts(workspace: Workspace, inputs: Inputs) -> list[Text]:
    """The texts, in order.

    Raises:
        BadInput: More than one source is given, or one is empty or cannot be read.
        NotFound: There is no such dataset.
    """
    given = [one for one in (inputs.dataset, inputs.file, inputs.text) if one is not None]
    if len(given) > 1:
        raise BadInput("inputs: give one of --dataset, --file and --text.")
    if inputs.dataset is not None:
        data = open_dataset(workspace, inputs.dataset)
        rows = read(workspace, data, "test") or read(workspace, data, "all")
        found = [Text(row.input, row.context) for row in rows[:MOST_TEXTS]]
    elif inputs.file is not None:
        found = [Text(line) for line in _lines(Path(inputs.file))]
    else:
        found = [Text(SAMPLE if inputs.text is None else inputs.text)]
    found = [text for text in found if text.input.strip()]
    if not found:
        raise BadInput(f"inputs: {inputs.source!r} holds no text; give one that does.")
    longest = max(len(text.input) for text in found)
    if longest > MOST_CHARACTERS:
        raise BadInput(
            f"inputs: a text has {longest:,} characters; at most {MOST_CHARACTERS:,} are sent."
        )
    return found


def _lines(path: Path) -> list[str]:
    try:
        size = path.stat().st_size
        if size > MOST_FILE_BYTES:
            raise BadInput(
                f"file: {path.name!r} has {size:,} bytes; at most {MOST_FILE_BYTES:,} are read."
            )
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        words = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise BadInput(f"file: {str(path)!r} cannot be read ({words}).") from None
    return [line for line in lines if line.strip()][:MOST_TEXTS]

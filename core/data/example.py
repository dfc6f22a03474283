"""One example, and the line of JSON that it is kept as."""

import json
from dataclasses import dataclass, field

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_DECODE = json.JSONDecoder().decode


@dataclass(frozen=True, slots=True)
class Example:
    """One example. All of it is data: never markup, never a path.

    Attributes:
        id: Unique in its dataset.
        input: What goes in; for question answering the question.
        target: What should come out: translation, summary, label, answer.
        context: For question answering, the passage; the target stands in it word for word. Of a
            conversation, what was said before the input, as JSON.
        group: What it must share a split with (a customer, a document), if a column said so.
        columns: Further columns of the row, by name: what a score can be sliced by.
    """

    id: str
    input: str
    target: str
    context: str | None = None
    group: str | None = None
    columns: dict[str, str] | None = field(default=None, hash=False)


def line(example: Example) -> str:
    """The example as canonical JSON on a line: equal examples give equal lines."""
    fields: dict[str, object] = {
        "id": example.id, "input": example.input, "target": example.target,
    }  # fmt: skip
    if example.context is not None:
        fields["context"] = example.context
    if example.group is not None:
        fields["group"] = example.group
    if example.columns:
        fields["columns"] = example.columns
    return _ENCODE(fields) + "\n"


def parse(text: str | bytes) -> Example:
    """The example of a line.

    Raises:
        ValueError, TypeError: It is none.
    """
    return Example(**_DECODE(text.decode() if isinstance(text, bytes) else text))

"""Which column plays which part: as the user says, else by its name."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.data import languages
from core.errors import BadInput

_TEXT = ("text", "sentence", "content", "message", "utterance", "input", "source", "文本", "内容")
_KNOWN: dict[tuple[str, str], tuple[str, ...]] = {
    ("translation", "input"): ("source", "src", "input", "原文", "源文", *_TEXT),
    ("translation", "target"): ("target", "tgt", "translation", "reference", "output", "译文"),
    ("summarization", "input"): ("document", "article", "dialogue", "body", "原文", "正文", *_TEXT),
    ("summarization", "target"): ("summary", "highlights", "abstract", "target", "output",
                                  "headline", "title", "摘要"),
    ("text-classification", "input"): ("review", "query", "question", *_TEXT),
    ("text-classification", "target"): ("label", "category", "class", "intent", "topic",
                                        "sentiment", "tag", "target", "output", "标签", "类别",
                                        "意图"),
    ("question-answering", "input"): ("question", "query", "input", "问题"),
    ("question-answering", "context"): ("context", "passage", "paragraph", "document", "text",
                                        "上下文", "段落"),
    ("question-answering", "target"): ("answer", "answers.text", "answers", "target", "output",
                                       "答案", "回答"),
    ("text-generation", "input"): ("prompt", "instruction", "question", "提示", "指令", *_TEXT),
    ("text-generation", "target"): ("completion", "response", "output", "answer", "target",
                                    "回答", "输出"),
}  # fmt: skip
"""Names by task and part, likeliest first."""
MESSAGES = "messages"
"""Column of conversations, as chat data have it."""
MOST_FURTHER, MOST_VALUES, LONGEST_VALUE = 8, 50, 64
"""Columns that are kept beside the parts, different values in the rows looked at, characters."""
_IDS = ("id", "uid", "guid", "_id", "编号")


@dataclass(frozen=True)
class Columns:
    """The column of each part; None = there is none.

    `guessed` are the parts nobody named, `further` the columns that are kept beside the parts.
    """

    input: str
    target: str
    context: str | None = None
    id: str | None = None
    split: str | None = None
    group: str | None = None
    messages: str | None = None
    guessed: tuple[str, ...] = ()
    further: tuple[str, ...] = ()

    def by_part(self) -> dict[str, str]:
        """Part to column, of those there are."""
        parts = ("input", "target", "context", "id", "split", "group", "messages")
        return {part: column for part in parts if (column := getattr(self, part))}


def parts_of(task: str) -> tuple[str, ...]:
    """The parts every row of a task must have."""
    return ("input", "context", "target") if task == "question-answering" else ("input", "target")


def suggest(task: str, columns: Sequence[str]) -> dict[str, str]:
    """Part to the column whose name fits it, of the parts that can be told."""
    return _guess(task, columns, {})


def choose(task: str, shown: str, columns: Sequence[str], named: dict[str, str | None]) -> Columns:
    """Find the column of each part.

    Args:
        task: One of `core.pipeline.TASKS`.
        shown: What the user calls the file.
        columns: The columns it has.
        named: Part ("input", "target", "context", "id", "split", "group") to the column that the
            user named.

    Raises:
        BadInput: A named column is not there or there twice; a part cannot be guessed.
    """
    found = {part: _exact(shown, columns, name) for part, name in named.items() if name}
    guessed = []
    if task == "text-generation" and MESSAGES in columns and not {"input", "target"} & set(found):
        # A conversation holds all parts of a row (`core.chat`).
        ids = _guess(task, [c for c in columns if c != MESSAGES], found)
        found = {**({"id": ids["id"]} if "id" in ids else {}), **found}
        rest = {"input": MESSAGES, "target": MESSAGES, "messages": MESSAGES}
        guess = ("messages", *({"id"} & set(ids)))
        return Columns(**{**found, **rest}, guessed=guess, further=())
    for part, column in _guess(task, columns, found).items():
        # "" says that there is none.
        if part not in found and named.get(part) != "":
            found[part] = column
            guessed.append(part)
    missing = [part for part in parts_of(task) if part not in found]
    if missing:
        label = "label" if task == "text-classification" else "target"
        flags = " and ".join(f"--{label if part == 'target' else part} COL" for part in missing)
        raise BadInput(
            f"Which column of {shown!r} to use cannot be told from its names; name it with "
            f"{flags}. {_listing(columns)}"
        )
    for part, column in found.items():
        if Counter(columns)[column] > 1:
            raise BadInput(f"{shown!r} has two columns called {column!r} ({part}); rename one.")
    return Columns(**found, guessed=tuple(guessed), further=())


def further(columns: Columns, names: Sequence[str], rows: Iterable[Mapping[str, str]]) -> list[str]:
    """The columns beside the parts that sort rows into a few kinds, such as a channel or a country.

    At most MOST_FURTHER, whose cells are short and repeat: prose and keys tell no kinds apart.

    Args:
        columns: Those of the parts.
        names: All columns of the table.
        rows: The first rows, as cells by column.
    """
    taken = set(columns.by_part().values())
    free = [name for name in names if name not in taken and names.count(name) == 1]
    values: dict[str, set[str]] = {name: set() for name in free}
    for row in rows:
        for name in free:
            values[name].add(row.get(name, ""))
    return [
        name for name in free
        if 2 <= len(values[name]) <= MOST_VALUES
        and all(len(value) <= LONGEST_VALUE for value in values[name])
    ][:MOST_FURTHER]  # fmt: skip


def _exact(shown: str, columns: Sequence[str], name: str) -> str:
    if name in columns:
        return name
    alike = [column for column in columns if column.casefold() == name.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise BadInput(f"{shown!r} has no column {name!r}. {_listing(columns)}")


def _listing(columns: Sequence[str]) -> str:
    shown = ", ".join(repr(column[:40]) for column in columns[:20])
    return f"Its columns: {shown}{', …' if len(columns) > 20 else ''}."


def _guess(task: str, columns: Sequence[str], found: dict[str, str]) -> dict[str, str]:
    """Parts by the columns' names; then by language; then the only ones left, in order."""
    free = [column for column in columns if column not in found.values()]
    made: dict[str, str] = {}

    def take(part: str, column: str) -> None:
        made[part] = column
        free.remove(column)

    wanted = [part for part in parts_of(task) if part not in found]
    for part in wanted:
        for name in _KNOWN[task, part]:
            match = next((column for column in free if column.casefold() == name), None)
            if match:
                take(part, match)
                break
    if "id" not in found:
        match = next((column for column in free if column.casefold() in _IDS), None)
        if match:
            take("id", match)
    if task == "translation":
        # English first: most models, and T5 above all, translate from it.
        spoken = [column for column in free if languages.guess(column)]
        spoken.sort(key=lambda column: languages.guess(column) != "en")
        for part, column in zip([p for p in wanted if p not in made], spoken, strict=False):
            take(part, column)
    left = [part for part in wanted if part not in made]
    # Two columns are taken for input and target; which of three is the passage is not guessed.
    if len(left) == len(free) and (len(left) == 1 or left == ["input", "target"]):
        for part, column in zip(left, list(free), strict=True):
            take(part, column)
    return made

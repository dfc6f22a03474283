"""Count a dataset in a base's tokens, with the `tokenizers` library alone: no torch is needed."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from core.data import dataset as store
from core.data.dataset import Dataset, Example
from core.data.profile import words
from core.data.tokens import PartTokens, Tokens, keep, known
from core.errors import BadInput
from core.workspace import Workspace

MOST_ROWS = 20_000
"""Of more rows every so-many-th is counted: a share is then known to within a point."""
LACKING_SHOWN = 20
NO_LIMIT = 1_000_000
"""Transformers writes a huge number where a model sets no limit."""
_BATCH = 1_000
_BYTE = re.compile(r"<0x[0-9A-F]{2}>")


def count(workspace: Workspace, dataset: Dataset, base: str, folder: Path, family: str) -> Tokens:
    """The dataset in a base's tokens, from the workspace if it was counted before.

    Args:
        workspace: Where the dataset is.
        dataset: Its record.
        base: The model's name.
        folder: The model's folder, with its tokenizer.json.
        family: Of the model: a decoder reads targets without the tokenizer's own marks.

    Raises:
        BadInput: The folder has no tokenizer.json that can be read.
    """
    path = folder / "tokenizer.json"
    if not path.is_file():
        raise BadInput(
            f"{base} has no tokenizer.json, so its tokens cannot be counted; name another --base, "
            "or save its fast tokenizer there with a current Transformers."
        )
    kept = known(workspace, dataset, path)
    if kept:
        return kept
    tokenizer = _open(path, base)
    rows = store.read(workspace, dataset, "all")
    step = -(-len(rows) // MOST_ROWS)
    made = Tokens(
        base, step > 1, _model_limit(folder),
        tuple(_parts(tokenizer, path, dataset, rows[::step], family)),
    )  # fmt: skip
    keep(workspace, dataset, path, made)
    return made


def _open(path: Path, base: str) -> Any:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise BadInput(f"The tokenizer of {base} cannot be read ({error}).") from None
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _model_limit(folder: Path) -> int | None:
    path = folder / "tokenizer_config.json"
    said = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    limit = said.get("model_max_length")
    return int(limit) if limit and limit < NO_LIMIT else None


def _parts(
    tokenizer: Any, path: Path, dataset: Dataset, rows: Sequence[Example], family: str
) -> Iterator[PartTokens]:
    unknown, single_bytes = _odd_ids(tokenizer, path)
    if dataset.task == "question-answering" and family == "encoder":
        pairs: list[Any] = [(row.input, row.context or "") for row in rows]
        texts = [f"{row.input} {row.context or ''}" for row in rows]
    else:
        texts = pairs = [dataset.model_input(row) for row in rows]
    yield _part("input", tokenizer, pairs, texts, unknown, single_bytes)
    if family != "encoder":
        targets = [row.target for row in rows]
        causal = family == "decoder"
        yield _part("target", tokenizer, targets, targets, unknown, single_bytes, causal=causal)


def _odd_ids(tokenizer: Any, path: Path) -> tuple[int | None, frozenset[int]]:
    """The id of unknown text, and those that stand for single bytes."""
    model = json.loads(path.read_text(encoding="utf-8"))["model"]
    unknown = model.get("unk_id")
    if unknown is None and model.get("unk_token"):
        unknown = tokenizer.token_to_id(model["unk_token"])
    vocabulary = tokenizer.get_vocab()
    return unknown, frozenset(id_ for name, id_ in vocabulary.items() if _BYTE.fullmatch(name))


def _part(
    part: str,
    tokenizer: Any,
    given: Sequence[Any],
    texts: Sequence[str],
    unknown: int | None,
    single_bytes: frozenset[int],
    *,
    causal: bool = False,
) -> PartTokens:
    """Count one part; the token that ends a decoder's answer is added to its length."""
    lengths: Counter[int] = Counter()
    lacking: Counter[str] = Counter()
    missed = pieces = 0
    for start in range(0, len(given), _BATCH):
        some = tokenizer.encode_batch(given[start : start + _BATCH], add_special_tokens=not causal)
        for text, encoding in zip(texts[start : start + _BATCH], some, strict=True):
            ids = encoding.ids
            lengths[len(ids) + causal] += 1
            pieces += sum(map(single_bytes.__contains__, ids)) if single_bytes else 0
            if unknown is not None and unknown in ids:
                places = [at for at, one in enumerate(ids) if one == unknown]
                missed += len(places)
                lacking.update(_texts(text, encoding, places))
    return PartTokens(
        part, tuple(sorted(lengths.items())), sum(map(words, texts)), sum(map(len, texts)),
        missed, pieces, tuple(lacking.most_common(LACKING_SHOWN)),
    )  # fmt: skip


def _texts(text: str, encoding: Any, places: Sequence[int]) -> Iterator[str]:
    """What stood where the unknown tokens are; for a pair only what is in the first text."""
    for at in places:
        start, end = encoding.offsets[at]
        piece = text[start:end].strip()
        if encoding.sequence_ids[at] == 0 and piece:
            yield piece

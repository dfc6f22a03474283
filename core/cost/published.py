"""The published runs in `assets/facts`, each with the shape of its model.

A blank cell is "not reported" and becomes None. Where a row prints its dimensions, they hold;
what it leaves out is filled from the model's public `config.json`, by name.
"""

import csv
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from core.errors import BadInput, NotFound
from core.models.catalog import CATALOG
from core.models.shape import Shape
from core.units import GIGA
from core.workspace import assets


@dataclass(frozen=True)
class Row:
    """One published run: the cells of its line, by column name."""

    cells: dict[str, str]

    @property
    def name(self) -> str:
        """The row's id."""
        return self.cells["id"]

    def text(self, column: str) -> str:
        """A cell as it stands; "" = not reported, or no such column in this table."""
        return self.cells.get(column, "")

    def number(self, column: str) -> float | None:
        """A cell as a number; None = not reported.

        Raises:
            BadInput: The cell holds something else.
        """
        written = self.text(column)
        try:
            return float(written) if written else None
        except ValueError:
            raise BadInput(f"Row {self.name}: {column} is {written!r}, not a number.") from None

    def whole(self, column: str, default: int) -> int:
        """A cell as a whole number, or what to take where it was not reported."""
        value = self.number(column)
        return default if value is None else int(value)


@dataclass(frozen=True)
class Pair:
    """A quantity of one published run: as predicted, as measured."""

    predicted: float
    measured: float


@lru_cache(maxsize=2)
def rows(table: str) -> tuple[Row, ...]:
    """All rows of "training_runs" or "inference_runs"."""
    return read(assets() / "facts" / f"{table}.csv")


def read(path: Path) -> tuple[Row, ...]:
    """The rows of a file with the columns of one of the two tables.

    Raises:
        NotFound: There is no such file.
        BadInput: It is no CSV file with those columns.
    """
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            table = csv.DictReader(lines)
            found = tuple(
                Row({name: text or "" for name, text in cells.items() if name}) for cells in table
            )
            columns = table.fieldnames or ()
    except FileNotFoundError:
        raise NotFound(f"There is no file {str(path)!r}.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{str(path)!r} is not a readable CSV file ({error}).") from None
    missing = [name for name in ("id", "kind", "model", "gpu_type") if name not in columns]
    if missing:
        raise BadInput(f"{str(path)!r} lacks the columns {', '.join(missing)}.")
    return found


def _decoder(layers: int, hidden: int, heads: int, vocab: int, *, kv_heads: int | None = None,
             ffn: int | None = None, gated: bool = False, tied: bool = False,
             head_dim: int | None = None) -> Shape:  # fmt: skip
    return Shape(
        family="decoder",
        layers=layers,
        hidden=hidden,
        heads=heads,
        kv_heads=kv_heads or heads,
        head_dim=head_dim or hidden // heads,
        ffn=ffn or 4 * hidden,
        gated_mlp=gated,
        vocab=vocab,
        tied_embeddings=tied,
        positions="rope",
    )


_SHAPES: dict[str, Shape] = {
    **{model.name: model.shape for model in CATALOG},
    "gpt-1.3b": _decoder(24, 2048, 16, 51200, tied=True),
    "gpt-20b": _decoder(44, 6144, 64, 51200, tied=True),
    "gpt-175b": _decoder(96, 12288, 96, 51200, tied=True),
    "bloom-176b": _decoder(70, 14336, 112, 250880, tied=True),
    "kipply-13b": _decoder(40, 5120, 40, 51200, tied=True),
    "llama-3.1-405b": _decoder(126, 16384, 128, 128256, kv_heads=8, ffn=53248, gated=True),
    "llama-3.2-3b": _decoder(28, 3072, 24, 128256, kv_heads=8, ffn=8192, gated=True, tied=True),
    "llama-33b": _decoder(60, 6656, 52, 32000, ffn=17920, gated=True),
    "llama-65b": _decoder(80, 8192, 64, 32000, ffn=22016, gated=True),
    "falcon-7b": _decoder(32, 4544, 71, 65024, kv_heads=1, tied=True),
    "falcon-40b": _decoder(60, 8192, 128, 65024, kv_heads=8, tied=True),
    "codellama-34b": _decoder(48, 8192, 64, 32000, kv_heads=8, ffn=22016, gated=True),
    "stablelm-3b": _decoder(16, 4096, 32, 50432),
    "qwen-1.8b": _decoder(24, 2048, 16, 151936, ffn=5504, gated=True),
    "qwen-7b": _decoder(32, 4096, 32, 151936, ffn=11008, gated=True),
    "qwen-72b": _decoder(80, 8192, 64, 152064, ffn=24576, gated=True),
    "granite-3-8b": _decoder(40, 4096, 32, 49155, kv_heads=8, ffn=12800, gated=True, tied=True),
    "internlm-7b": _decoder(32, 4096, 32, 103168, ffn=11008, gated=True),
    "phi-1.5": _decoder(24, 2048, 32, 51200),
    "t0-3b": replace(
        next(model.shape for model in CATALOG if model.name == "t5-large"),
        hidden=2048, ffn=5120, heads=32, kv_heads=32, gated_mlp=True, tied_embeddings=False,
    ),
    "mt0-xxl": replace(
        next(model.shape for model in CATALOG if model.name == "t5-large"),
        hidden=4096, ffn=10240, heads=64, kv_heads=64, gated_mlp=True, tied_embeddings=False,
        vocab=250112,
    ),
}  # fmt: skip
"""Shapes of the models in the tables, from their public configurations."""

_NAMES = {
    "llama-2-7b": ("llama-2-7b", "llama-7b", "llama 2 7 b", "llama-2-7b replica (ibm fms)"),
    "llama-2-13b": ("llama-2-13b", "llama-13b", "llama 2 13 b"),
    "llama-2-70b": ("llama 2 70 b", "llama-2-70b"),
    "kipply-13b": ("13b (kipply test model)",),
    "falcon-40b": ("falcon 40 b", "falcon-40b"),
    "codellama-34b": ("codellama 34 b",),
    "stablelm-3b": ("stablelm alpha 3 b",),
    "granite-3-8b": ("granite-3.1-8b-instruct", "granite-3.3-8b"),
    "phi-1.5": ("phi-1.5 1.3 b",),
    "t0-3b": ("t0_3b",),
}
"""Shape name -> how the tables write the model."""
_BY_NAME = {written: name for name, all_written in _NAMES.items() for written in all_written}


def shape_of(row: Row) -> Shape | None:
    """The shape of a row's model; None where neither its name nor its dimensions give one."""
    written = row.text("model").casefold()
    named = _SHAPES.get(_BY_NAME.get(written, written))
    hidden = row.whole("hidden", 0)
    if named is not None or not hidden:
        return named
    heads, vocab = row.whole("heads", max(1, hidden // 128)), row.whole("vocab", 50304)
    ffn = row.whole("ffn", 4 * hidden)
    layers = row.whole("layers", 0)
    if not layers:
        block = 4 * hidden**2 + 2 * hidden * ffn
        rest = (row.number("params_b") or 0.0) * GIGA - vocab * hidden
        layers = max(1, round(rest / block))
    return _decoder(
        layers, hidden, heads, vocab, kv_heads=row.whole("kv_heads", heads), ffn=ffn,
        gated=bool(row.text("ffn")) and ffn < 4 * hidden, tied=True, head_dim=hidden // heads,
    )  # fmt: skip

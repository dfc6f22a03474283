"""What `assay positions` prints and draws: pictures, words and numbers of what was asked for."""

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from core.errors import BadInput
from core.record import hash_json
from core.text.catalog import t
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.interpret.own import Own
    from core.interpret.panels import Panel
    from core.interpret.schemes import Scheme


@dataclass(frozen=True)
class Shown:
    """What is printed and drawn.

    Attributes:
        panels: The pictures.
        sentence: The answer.
        lines: Further lines for people.
        facts: Name and value of each line of a page.
        document: As JSON, without the pictures.
        mark: Hash of model and settings.
        arrays: What `--npz` writes beside the pictures.
    """

    panels: "tuple[Panel, ...]"
    sentence: str
    lines: list[str]
    facts: list[tuple[str, str]]
    document: dict[str, Any]
    mark: str
    arrays: dict[str, Any] = field(default_factory=dict)


def of_model(workspace: Workspace, model: str) -> Shown:
    """What a model has."""
    from core.interpret import own_pictures, position_words, schemes

    key, found = _read(workspace, model)
    row = schemes.scheme(found.scheme)
    sentence = position_words.limit_sentence(row.name, found.limit, "en")
    facts = [(t("positions.html.model"), model), *_facts(row)]
    limit = {"kind": found.limit.kind, "tokens": found.limit.tokens, **found.limit.values}
    document = {**_document(row), "model": found.model, "limit": limit, "facts": found.facts}
    lines = [f"{t(f'positions.scheme.{row.name}')}: {row.plain}", row.source]
    shown = own_pictures.panels(found)
    return Shown(shown, sentence, lines, facts, document, key, dict(found.arrays))


def _read(workspace: Workspace, model: str) -> "tuple[str, Own]":
    from core.interpret.own import open_own
    from core.work.positions import compute

    key = compute({"workspace": str(workspace.root), "model": model})["key"]
    return key, open_own(workspace, key)


def of_scheme(name: str, numbers: dict[str, Any]) -> Shown:
    """The formula of a scheme; `numbers` are the options of `assay positions`."""
    from core.interpret import position_words, schemes

    row = schemes.scheme(name)
    length, dimension, heads = (numbers[one] for one in ("length", "dimension", "heads"))
    panels = row.draw(length, dimension, heads)
    settings = {"length_tokens": length, "dimension": dimension, "heads": heads}
    lines = [f"{t(f'positions.scheme.{row.name}')}: {row.plain}", row.source]
    at: dict[str, Any] = {}
    if numbers["position"] is not None:
        panels, at, line = _at(name, panels, numbers)
        lines.append(line)
    if numbers["distance"] is not None:
        at, line = _bucket(name, numbers["distance"])
        lines.append(line)
    sentence = position_words.limit_sentence(row.name, None, "en")
    document = {
        **_document(row), "model": None, "limit": None, "facts": {}, "settings": settings,
        "at": at or None,
    }  # fmt: skip
    facts = [*_facts(row), (t("positions.html.settings"), _told(settings))]
    return Shown(panels, sentence, lines, facts, document, hash_json([name, settings, at]))


def _at(
    name: str, panels: "tuple[Panel, ...]", numbers: dict[str, Any]
) -> "tuple[tuple[Panel, ...], dict[str, Any], str]":
    """One pair at one position, framed in the heat map where there is one."""
    from core.interpret import clock, pictures

    if name not in ("sinusoidal", "rope"):
        raise BadInput(f"--position turns pairs, and {name} turns none; use sinusoidal or rope.")
    layout = numbers["layout"] or ("halves" if name == "rope" else "interleaved")
    dimension, position = numbers["dimension"], numbers["position"]
    hand = clock.hand(position, numbers["pair"], dimension, layout=layout)
    if name == "sinusoidal":
        length = max(numbers["length"], position + 1)
        panels = (pictures.encoding(length, dimension, layout=layout, chosen=hand), *panels[1:])
    at = {
        "layout": layout, "position_tokens": position, "pair": hand.pair, "columns": hand.columns,
        "frequency_radians_per_token": hand.frequency, "angle_radians": hand.angle,
        "turns": hand.turns, "wavelength_tokens": hand.wavelength, "sin": hand.sin, "cos": hand.cos,
    }  # fmt: skip
    line = t(
        "positions.cli.at", position=position, pair=hand.pair, first=hand.columns[0],
        second=hand.columns[1], angle=f"{hand.angle:.6g}", turns=f"{hand.turns:.4g}",
        sin=f"{hand.sin:.6f}", cos=f"{hand.cos:.6f}",
    )  # fmt: skip
    return panels, at, line


def _bucket(name: str, distance: int) -> tuple[dict[str, Any], str]:
    from core.interpret import positions as formulas

    if name != "t5":
        raise BadInput(f"--distance asks for a bucket, and {name} has none; use --scheme t5.")
    both = int(formulas.t5_bucket([distance], bidirectional=True)[0])
    back = int(formulas.t5_bucket([distance], bidirectional=False)[0])
    at = {"distance_tokens": distance, "bucket_encoder": both, "bucket_decoder": back}
    return at, t("positions.cli.bucket", distance=distance, both=both, back=back)


def side_by_side(
    workspace: Workspace, names: str, model: str | None, numbers: dict[str, Any]
) -> Shown:
    """Several schemes in the same pictures."""
    from core.interpret.beside import beside
    from core.interpret.extension import EXTENSIONS, Stretch

    chosen = [name.strip() for name in names.split(",") if name.strip()]
    what = Stretch(numbers["dimension"], numbers["base"], numbers["trained"], numbers["factor"])
    key, own = _read(workspace, model) if model else ("", None)
    bias = own.arrays.get("decoder_bias") if own else None
    farthest = own.facts["max_distance_tokens"] if own and bias is not None else 128
    panels = beside(chosen, what, bias, int(farthest))
    settings = {**asdict(what), "length": what.read}
    rows = [row for row in EXTENSIONS if row.name in chosen]
    document = {
        "compare": chosen, "model": model, "settings": settings,
        "formulas": {row.name: {"formula": row.plain, "source": row.source, "url": row.url}
                     for row in rows},
    }  # fmt: skip
    facts = [(t(f"positions.line.{row.name}"), f"{row.plain} ({row.source})") for row in rows
             if row.name != "default"]  # fmt: skip
    facts.append((t("positions.html.settings"), _told(settings)))
    sentence = t(
        "beside.source", d=what.dimension, base=f"{what.base:,g}", trained=f"{what.trained:,}",
        factor=f"{what.factor:g}", read=f"{what.read:,}",
    )  # fmt: skip
    return Shown(panels, sentence, [], facts, document, hash_json([chosen, key, settings]))


def of_words(text: str, swap: str | None) -> Shown:
    """Why positions are needed: two words of a sentence change places."""
    from core.interpret import permutation
    from core.interpret.words import scientific
    from core.text.format import number

    words = permutation.words_of(text)
    first, second = _places(swap, len(words))
    shown = permutation.demonstrate(text, first, second)
    sentence = t(
        "permutation.finding", first=words[first], second=words[second],
        without=scientific(shown.largest_without), **{"with": number(shown.largest_with)},
    )  # fmt: skip
    document = {
        "words": shown.words, "swapped": shown.swapped,
        "largest_change_without_positions": shown.largest_without,
        "largest_change_with_positions": shown.largest_with,
        "changes_without_positions": shown.changes(positions=False).tolist(),
        "changes_with_positions": shown.changes(positions=True).tolist(),
    }  # fmt: skip
    facts = [(t("permutation.text"), " ".join(words)), ("", " ".join(shown.swapped))]
    mark = hash_json([words, first, second])
    return Shown(permutation.panels(shown), sentence, [], facts, document, mark)


def _places(swap: str | None, words: int) -> tuple[int, int]:
    if swap is None:
        return 0, words - 1
    try:
        first, second = (int(one) - 1 for one in swap.split(","))
    except ValueError:
        raise BadInput(f"--swap {swap!r} names no two words; write for example 1,3.") from None
    return first, second


def _document(row: "Scheme") -> dict[str, Any]:
    return {"scheme": row.name, "formula": row.plain, "latex": row.formula, "source": row.source,
            "url": row.url}  # fmt: skip


def _facts(row: "Scheme") -> list[tuple[str, str]]:
    return [
        (t("positions.reading.scheme"), t(f"positions.scheme.{row.name}")),
        (t("positions.html.formula"), row.plain),
        (t("positions.html.source"), f"{row.source}, {row.url}"),
    ]


def _told(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())

"""Variants with less in them: fewer attention heads, or fewer layers; tuned a little after it."""

import copy
import re
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core.data import dataset as datasets
from core.data.dataset import Example
from core.deploy.forms import Settings, spaced
from core.errors import BadInput, WorkFailed
from core.evaluate import predict
from core.evaluate.prepare import limited
from core.interpret import gates, prices
from core.jobs.context import Context
from core.models import heads
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef
from core.work.forced import Forced
from core.work.lessons import tune
from core.work.prices import gradients_of
from core.work.variant_source import Origin

EXAMPLES = 200
"""So many at most tell which heads matter."""
SAME = 1e-3
"""Logits that are farther apart than this, cut beside masked, were cut wrongly."""
CUTTING, TUNING = (0.0, 0.5), (0.5, 1.0)


def pruned(origin: Origin, settings: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Cut off the heads whose gates move the loss least, as many in each layer."""
    model, tokenizer = _loaded(origin)
    split, examples = _examples(origin, context)
    forced = Forced(model, tokenizer, origin.dataset, limited(examples, EXAMPLES),
                    name=origin.ref.name)  # fmt: skip
    pulls = _pulls(forced, context.part(*CUTTING))
    gone = chosen(heads.units(model), pulls, settings.share or 0.0)
    layers = {one.place: one.heads for one in heads.attentions(model)}
    batch = next(forced.batches(8))
    with torch.inference_mode(), gates.gated(model, gates.switched_off(layers, gone, "cpu")):
        masked = model(**batch.inputs)
    kept = {
        (kind, layer): [head for head in range(count) if (kind, layer, head) not in gone]
        for (kind, layer), count in layers.items()
    }
    heads.cut(model, kept)
    with torch.inference_mode():
        apart = farthest(masked, model(**batch.inputs))
    if not apart < SAME:
        raise WorkFailed(
            f"{origin.ref.name} without its heads is not what it is with them masked (logits differ"
            f" by {apart:.2g}); its architecture is not cut right here. Choose shallow."
        )
    told = {
        "heads": sum(layers.values()), "heads_cut": sorted(map(list, gone)), "parity": apart,
        "chosen_on": {"split": split, "n": len(forced.rows)}, "plain": heads.is_plain(model, kept),
        "parameters": model.num_parameters(),
    }  # fmt: skip
    return _written(origin, model, tokenizer, settings, folder, context, told)


def _loaded(origin: Origin) -> tuple[Any, Any]:
    model, _ = predict.load(origin.ref, origin.dataset)
    if getattr(model.config, "assay_heads", None):
        raise BadInput(f"{origin.ref.name} was cut before; name the run {origin.run.run}.")
    model.to("cpu", torch.float32)
    return model, load_tokenizer(origin.ref)


def _examples(origin: Origin, context: Context) -> tuple[str, list[Example]]:
    """Rows that are not scored afterwards."""
    for split in ("validation", "train"):
        found = datasets.read(context.workspace, origin.dataset, split)
        if found:
            return split, found
    raise BadInput(f"{origin.dataset.title} has no row to choose heads on but those of the test.")


def _pulls(forced: Forced, context: Context) -> dict[tuple[str, int, int], float]:
    """The mean of |∂L/∂gate| of each head, as `core.interpret.prices` has it."""
    first = next(forced.batches(1))
    layers = gates.layout(forced.model, first.inputs, "the model")
    places = [(kind, layer, head) for (kind, layer), n in layers.items() for head in range(n)]
    _, gradients = gradients_of(forced, layers, places, context)
    (pull, _, _), _ = prices.forecasts(gradients, torch.ones(1, len(gradients)).numpy())
    return dict(zip(places, map(float, pull), strict=True))


def chosen(
    slots: Sequence[Sequence[Sequence[tuple[str, int, int]]]],
    pulls: Mapping[tuple[str, int, int], float], share: float,
) -> list[tuple[str, int, int]]:  # fmt: skip
    """The heads to cut: of each slot the units that pull least, one at least and never all."""
    gone: list[tuple[str, int, int]] = []
    for found in slots:
        order = sorted(found, key=lambda unit: sum(pulls[head] for head in unit))
        for unit in order[: prices.dropped(len(found), share)]:
            gone += unit
    return gone


def farthest(one: Any, other: Any) -> float:
    """The largest difference of what two passes gave."""
    names = [name for name in ("logits", "start_logits", "end_logits") if name in one]
    return max(float((one[name] - other[name]).abs().max()) for name in names)


def shallow(origin: Origin, settings: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Keep evenly spaced layers of each stack."""
    model, tokenizer = _loaded(origin)
    small, kept = shallower(model, settings.layers or 1)
    told = {"layers_kept": kept, "parameters": small.num_parameters()}
    return _written(origin, small, tokenizer, settings, folder, context, told)


def shallower(model: Any, layers: int) -> tuple[Any, dict[str, list[int]]]:
    """A model of the same class with at most so many layers a stack, and which these are.

    The first layer is always among them: T5 keeps its bias by distance there.
    """
    stacks = _stacks(model)
    kept = {name: spaced(count, min(layers, count)) for name, count in stacks.items()}
    config = copy.deepcopy(model.config)
    _tell(config, [len(numbers) for numbers in kept.values()], next(iter(kept.values())))
    small = type(model)(config)
    small.load_state_dict(_renamed(model.state_dict(), kept))
    small.generation_config = copy.deepcopy(getattr(model, "generation_config", None))
    return small.eval(), kept


def _stacks(model: Any) -> dict[str, int]:
    """Names of the lists of layers, and how many each has; the encoder's first."""
    found = {name: len(module) for name, module in model.named_modules()
             if isinstance(module, nn.ModuleList) and _is_stack(module)}  # fmt: skip
    outermost = {
        name: count for name, count in found.items()
        if not any(name.startswith(f"{other}.") for other in found if other != name)
    }  # fmt: skip
    if not 1 <= len(outermost) <= 2:
        raise BadInput(
            f"The layers of {model.config.model_type} models cannot be told apart here; choose "
            "another form."
        )
    return outermost


def _is_stack(module: nn.ModuleList) -> bool:
    """Whether a list holds whole layers: modules with attention somewhere in each."""
    return len(module) > 0 and all(
        any("ttention" in type(part).__name__ for part in layer.modules()) for layer in module
    )


def _tell(config: Any, counts: Sequence[int], first: Sequence[int]) -> None:
    """Write numbers of layers into a configuration."""
    if len(counts) == 2 and hasattr(config, "num_decoder_layers"):
        config.num_layers, config.num_decoder_layers = counts
    elif len(counts) == 2:
        config.encoder_layers, config.decoder_layers = counts
        config.num_hidden_layers = counts[0]
    else:
        config.num_hidden_layers = counts[0]
    if getattr(config, "layer_types", None):
        config.layer_types = [config.layer_types[number] for number in first]


def _renamed(state: Mapping[str, Any], kept: Mapping[str, Sequence[int]]) -> dict[str, Any]:
    """The weights of kept layers under their new numbers, and all that belongs to no layer."""
    found = {}
    for name, value in state.items():
        new: str | None = name
        for stack, numbers in kept.items():
            match = re.match(rf"{re.escape(stack)}\.(\d+)\.", name)
            if match and int(match[1]) in numbers:
                place = numbers.index(int(match[1]))
                new = f"{stack}.{place}.{name[match.end() :]}"
            elif match:
                new = None
        if new is not None:
            found[new] = value
    return found


def _written(
    origin: Origin, model: Any, tokenizer: Any, settings: Settings, folder: Path, context: Context,
    told: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Save the model, and train what was saved where that was asked for."""
    place = folder / ("start" if settings.tune_seconds else "model")
    model.save_pretrained(place)
    tokenizer.save_pretrained(place)
    if not settings.tune_seconds:
        return told
    ref = ModelRef(origin.ref.name, "folder", place)
    result = tune(origin, ref, settings.tune_seconds, folder, context.part(*TUNING))
    shutil.rmtree(place)
    return {**told, "training": result}

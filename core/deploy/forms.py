"""The forms in which a run can be made smaller or faster, and what each asks for and of whom."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from core import table
from core.errors import BadInput
from core.models.shape import Shape

ALL = ("encoder", "decoder", "encoder-decoder")
QUANT = "pip install 'llm-assay[quant]'"
STUDENTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4}
"""Sizes of a student: the share of its teacher's layers that it begins from."""
SHARE, KEPT = 0.25, 1 / 2
LEARNING_SECONDS, HEALING_SECONDS = 60.0, 30.0
"""Of a student; and of a model that something was cut out of, which mends most of the damage."""
MOST_TUNE_SECONDS = 1_000_000.0


@dataclass(frozen=True)
class Form:
    """A form of a variant.

    Attributes:
        name: As it is asked for.
        engine: What reads it.
        families: Families of models that it can be made of.
        settings: Names of Settings' fields that it takes.
        precision: Of its weights where a GPU serves it, as `core.cost.engines` names it.
        learns: Whether it is trained.
        package: That must be installed besides, or None.
    """

    name: str
    engine: str
    families: tuple[str, ...]
    settings: tuple[str, ...] = ()
    precision: str = "fp16"
    learns: bool = False
    package: str | None = None


FORMS = (
    Form("ct2-fp32", "ctranslate2", ALL),
    Form("ct2-int8", "ctranslate2", ALL, precision="int8"),
    Form("int8", "transformers", ("decoder",), precision="int8", package="torchao"),
    Form("int4", "transformers", ("decoder",), precision="int4", package="bitsandbytes"),
    Form("pruned", "transformers", ALL, ("share", "tune_seconds")),
    Form("shallow", "transformers", ALL, ("layers", "tune_seconds")),
    Form("distilled", "transformers", ALL, ("student", "tune_seconds"), learns=True),
)  # fmt: skip
"""Every form, in the order in which they are listed."""


@dataclass(frozen=True)
class Settings:
    """What a form may be told; None = the default that `fitted` puts in.

    Attributes:
        share: Of the attention heads of each layer, to be cut off.
        layers: To be kept, of each stack.
        student: A key of STUDENTS, or the name of a model to begin from.
        tune_seconds: How long it learns after it was cut, or from its teacher; 0 = not at all.
    """

    share: float | None = None
    layers: int | None = None
    student: str | None = None
    tune_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """The fields that are set."""
        return {name: value for name, value in asdict(self).items() if value is not None}


def form_named(name: str, family: str) -> Form:
    """The form of a name; "int8" of a model that CTranslate2 serves best is its int8.

    Raises:
        NotFound: There is none of that name; the message lists them.
    """
    if name == "int8" and family != "decoder":
        name = "ct2-int8"
    return table.find(FORMS, name, "form")


def fitted(form: Form, settings: Settings, shape: Shape, model: str) -> Settings:
    """The settings that a form has for a model, defaults put in; see that it can be made at all.

    Raises:
        BadInput: The model is of another family, a setting is not one of the form or out of range,
            or a package is missing.
    """
    if shape.family not in form.families:
        raise BadInput(
            f"{form.name} is made of {' or '.join(form.families)} models, and {model} is an "
            f"{shape.family} model; choose ct2-int8."
        )
    strange = [name for name in settings.to_json() if name not in form.settings]
    if strange:
        takes = ", ".join(_option(name) for name in form.settings) or "no setting"
        raise BadInput(f"{form.name} takes {takes}; leave {_option(strange[0])} away.")
    if form.package and find_spec(form.package) is None:
        raise BadInput(f"{form.name} needs {form.package}: {QUANT}")
    made = _checked(form, _defaults(form, settings, shape), shape, model)
    seconds = made.tune_seconds
    if seconds is not None and not 0 <= seconds <= MOST_TUNE_SECONDS:
        raise BadInput(f"--tune-seconds {seconds:g} cannot be; give 0 to {MOST_TUNE_SECONDS:,.0f}.")
    if form.learns and not seconds:
        raise BadInput("A student that learns for 0 s knows nothing; give more --tune-seconds.")
    return made


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")


def _defaults(form: Form, settings: Settings, shape: Shape) -> Settings:
    usual: dict[str, Any] = {
        "share": SHARE,
        "layers": max(1, math.ceil(KEPT * shortest(shape))),
        "student": "half",
        "tune_seconds": LEARNING_SECONDS if form.learns else HEALING_SECONDS,
    }
    made = {name: usual[name] for name in form.settings} | settings.to_json()
    # 60 and 60.0 seconds are the same wish, and shall give the same variant.
    made |= {name: float(made[name]) for name in ("share", "tune_seconds") if name in made}
    return Settings(**made)


def _checked(form: Form, settings: Settings, shape: Shape, model: str) -> Settings:
    most = shortest(shape)
    if settings.share is not None:
        if not 0 < settings.share < 1:
            raise BadInput(
                f"--share {settings.share:g} cannot be; give the share of heads to cut off, "
                "between 0 and 1, such as 0.25."
            )
        if shape.kv_heads < 2:
            raise BadInput(f"{model} has one attention head a layer; none can be cut off.")
    if settings.layers is not None and not 1 <= settings.layers < longest(shape):
        raise BadInput(
            f"--layers {settings.layers} cannot be: {model} has {longest(shape)} layers a stack; "
            f"keep 1 to {longest(shape) - 1}."
        )
    if form.learns and settings.student in STUDENTS and most < 2 > longest(shape):
        raise BadInput(f"{model} has one layer; name a model to begin from with --student.")
    return settings


def shortest(shape: Shape) -> int:
    """Layers of the stack that has fewest."""
    return min(shape.layers, shape.encoder_layers or shape.layers)


def longest(shape: Shape) -> int:
    """Layers of the stack that has most."""
    return max(shape.layers, shape.encoder_layers)


def spaced(layers: int, kept: int) -> list[int]:
    """`kept` of so many layers, as evenly spread as can be, the first and last among them.

    Raises:
        ValueError: More are kept than there are.
    """
    if not 1 <= kept <= layers:
        raise ValueError(f"{kept} of {layers} layers cannot be kept")
    if kept == 1:
        return [0]
    return [round(place * (layers - 1) / (kept - 1)) for place in range(kept)]


def as_settings(given: Mapping[str, Any]) -> Settings:
    """Settings from the fields of a request or record."""
    return Settings(**{name: given.get(name) for name in Settings.__dataclass_fields__})

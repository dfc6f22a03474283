"""Variants that CTranslate2 reads: in float32, or with weights of 8 bits."""

from pathlib import Path
from typing import Any

from core.deploy.forms import Settings
from core.jobs.context import Context
from core.work.convert import convert
from core.work.variant_source import Origin


def fp32(origin: Origin, _: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Weights as they are."""
    return _made(origin, None, folder, context)


def int8(origin: Origin, _: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Weights of the matrices in 8 bits, a scale a row; sums in float32."""
    return _made(origin, "int8", folder, context)


def _made(
    origin: Origin, quantization: str | None, folder: Path, context: Context
) -> dict[str, Any]:
    context.check()
    convert(origin.ref, origin.dataset.task, quantization, folder / "model")
    return {}

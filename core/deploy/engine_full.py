"""The tokenizer of Transformers, for models that tokenizer.json alone does not describe."""

from pathlib import Path

from core.deploy.engine import EngineSpec
from core.deploy.engine_tokens import Full
from core.models.load import load_tokenizer
from core.models.resolve import ModelRef


def splitter(spec: EngineSpec) -> Full:
    """What splits a model's texts."""
    return Full(load_tokenizer(ModelRef(spec.name, "folder", Path(spec.folder))))

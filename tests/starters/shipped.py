"""Where the shipped starter models stand."""

from pathlib import Path

MODELS = ("translate", "encode", "causal")


def root() -> Path:
    return Path(__file__).resolve().parents[2] / "assets" / "models"


def folder(model: str) -> Path:
    return root() / f"starter-{model}"

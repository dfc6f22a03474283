"""Finished runs on a small dataset, with a file that stands for the weights."""

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from tests.scored import run

ROWS = {
    "train": [Example(f"t{n}", f"{n} apples please", f"{n} Äpfel bitte") for n in range(1, 41)],
    "test": [Example(f"e{n}", f"{n} pears please", f"{n} Birnen bitte") for n in range(1, 41)],
}
SCORE = {"metric": "bleu", "unit": "points", "value": 20.0, "low": 18.0, "high": 22.0}


def dataset(workspace, name="shop", rows=None):
    """A dataset with a training and a test split."""
    return datasets.save(workspace, name, "translation", rows or ROWS)


def finished(workspace, name, data=None, **more):
    """A run that can serve: a record, a model file with its hash, an evaluation's name."""
    data = data or dataset(workspace)
    path = workspace.run(name) / "model" / "model.safetensors"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(name.encode())
    fields = {
        "files": {path.name: record.hash_file(path)}, "evaluations": {"tuned": f"{name}-eval"},
        "scores": [SCORE], "finished_at": "2026-11-20T10:00:00+00:00",
        "training": {"device": "cpu"}, "train_seconds": 30.0,
    }  # fmt: skip
    run(workspace, name, data, **{**fields, **more})

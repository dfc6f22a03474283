"""A first sentence to look at, for each model. Standard library only."""

from core import record
from core.data.dataset import Dataset, open_dataset, read
from core.errors import AssayError, NotFound
from core.models.resolve import ModelRef, shape_of
from core.workspace import Workspace

SENTENCES = {
    "encoder-decoder": "translate English to German: in 3 days",
    "encoder": "Where is my refund? It was promised for Monday.",
    "decoder": "The order was sent on Monday and the order",
}
"""By family; the first begins as the starter model was trained to expect."""


def dataset_of(workspace: Workspace, ref: ModelRef) -> Dataset | None:
    """The dataset that a run learnt from; None for other models, or if it is gone."""
    if ref.kind != "run":
        return None
    body = record.read(workspace.run(ref.name) / "record.json", "run")
    name, version = body.get("dataset"), body.get("data_version")
    if not name or not version:
        return None
    try:
        return open_dataset(workspace, f"{str(name).partition('@')[0]}@{version}")
    except NotFound:
        return None


def prefix_of(workspace: Workspace, ref: ModelRef, text: str) -> str:
    """What a run was trained to find before every text; "" if the text begins with it already."""
    dataset = dataset_of(workspace, ref)
    return "" if dataset is None or text.startswith(dataset.prefix) else dataset.prefix


def crosses(ref: ModelRef) -> bool:
    """Whether a model has cross attention, the kind that shows most."""
    shape = shape_of(ref)
    return shape is not None and shape.family == "encoder-decoder"


def sentence(workspace: Workspace, ref: ModelRef) -> str:
    """A text for a model: the first of a run's own test examples, else one for its family."""
    try:
        dataset = dataset_of(workspace, ref)
        examples = read(workspace, dataset, "test") if dataset else []
        shape = shape_of(ref)
    except AssayError:
        return SENTENCES["encoder"]  # Loading the model will say what is wrong with it.
    if examples:
        return examples[0].input
    return SENTENCES[shape.family if shape else "encoder"]

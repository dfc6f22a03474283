"""What a variant is made from: the model, the run behind it, and the data that it is scored on."""

from dataclasses import dataclass

from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.deploy.variants import has_variant, open_variant
from core.errors import BadInput
from core.models.resolve import ModelRef, known_shape, resolve
from core.models.shape import Shape
from core.train.runs import Run, open_run
from core.workspace import Workspace


@dataclass(frozen=True)
class Origin:
    """A finished model of Transformers and where it comes from."""

    ref: ModelRef
    run: Run
    dataset: Dataset
    shape: Shape


def origin_of(workspace: Workspace, name: str) -> Origin:
    """What `name` is, if variants can be made of it.

    Raises:
        NotFound: There is no such run or variant, or its dataset is gone.
        BadInput: The run left no model, or the variant is of CTranslate2, whose weights stay as
            they are.
    """
    run_name = name
    if has_variant(workspace, name):
        made = open_variant(workspace, name)
        if made.engine != "transformers" or made.form in ("int8", "int4"):
            raise BadInput(
                f"{name} is stored in its last form ({made.form}) and cannot be changed further; "
                f"name the run {made.run}, or a pruned, shallow or distilled variant."
            )
        run_name = made.run
    run = open_run(workspace, run_name)
    if run.state != "succeeded" or not run.files:
        raise BadInput(
            f"The run {run_name!r} ({run.state}) has no finished model to make smaller; "
            f"`assay runs show {run_name}` says why."
        )
    ref = resolve(workspace, name)
    data = datasets.open_dataset(workspace, f"{run.dataset}@{run.data_version}")
    return Origin(ref, run, data, known_shape(ref))

"""The trust job: does what each method calls important matter, over many texts of a dataset?"""

import time
from collections.abc import Sequence
from typing import Any

import torch

from core import record
from core.data import looks
from core.data.dataset import Dataset, Example
from core.errors import BadInput
from core.evaluate.predict import use_cores
from core.evaluate.prepare import Prepared, prepare
from core.evaluate.store import slug
from core.interpret import attribution, faithfulness, slot, trust_test
from core.interpret.aim import filler_of
from core.interpret.aiming import aim, kind_of
from core.interpret.trust_test import TrustTest
from core.jobs.context import Context
from core.work.explain import METHOD, probabilities, scores_of
from core.workspace import Workspace


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Do as a TrustRequest says; the result names the test.

    Raises:
        BadInput: The model does not fit the dataset's task, or too few texts could be tested.
        NotFound: There is no such dataset or model.
    """
    made = measure(
        context, request["dataset"], request["model"], request["split"], request["limit"]
    )
    return {"trust": made.name, "n": made.n}


def ready(
    workspace: Workspace, dataset: str, model: str, split: str, limit: int | None
) -> Prepared:
    """Check a request, as `core.evaluate.prepare.prepare` does, without loading a model.

    Raises:
        BadInput: It names a baseline, which has no attention.
    """
    work = prepare(workspace, dataset, model=model, predictions=None, split=split, metrics=[],
                   limit=limit)  # fmt: skip
    if work.ref is None:
        raise BadInput(f"{work.model} is a baseline, which reads no word; name a model.")
    return work


def measure(
    context: Context, dataset_name: str, model: str, split: str = "test", limit: int | None = None
) -> TrustTest:
    """Test a model, or find the test that was made of the same things; see `run`."""
    begun = time.monotonic()
    workspace = context.workspace
    work = ready(workspace, dataset_name, model, split, limit)
    data = work.dataset
    context.report(None, "trust.progress.loading", n=len(work.examples))
    held = slot.hold(work.ref) if work.ref else None
    if held is None:
        raise BadInput(f"{model} is no model that can be loaded.")
    settings = [METHOD, faithfulness.PAIRS_MANY, faithfulness.POINTS_MANY, faithfulness.SEED]
    key = slot.key(held, trust=settings, data=data.title, split=split, limit=limit)
    name = f"{data.name[:28]}-{slug(work.model)}-{key[:8]}"
    if (workspace.trust_test(name) / "record.json").is_file():
        context.report(1.0, "trust.progress.known", n=len(work.examples))
        return trust_test.open_test(workspace, name)
    use_cores()
    if torch.cuda.is_available():
        held.model.to("cuda")
    lines, skipped = _texts(context, held, data, work.examples, name)
    made = TrustTest(
        name=name, model=work.model, dataset=data.name, data_version=data.version, split=split,
        limit=limit, skipped=skipped,
        missing=lines[0]["missing"],
        filler=attribution.named(held.tokenizer, filler_of(held.tokenizer)), key=key,
        seconds=time.monotonic() - begun, created_at=record.now(), **trust_test.summary(lines),
    )  # fmt: skip
    if split in ("test", "all"):
        looks.add_rows(workspace, data, "show", work.model, work.examples)
    return trust_test.save(workspace, made)


def _texts(
    context: Context, held: slot.Slot, data: Dataset, examples: Sequence[Example], name: str
) -> tuple[list[trust_test.Line], int]:
    """The line of every text, those that were done before included; how many were skipped."""
    workspace = context.workspace
    done = {line["id"]: line for line in trust_test.lines(workspace, name)}
    found: list[trust_test.Line] = []
    skipped: list[str] = []
    for place, example in enumerate(examples):
        context.report(place / len(examples), "trust.progress.testing", done=place,
                       total=len(examples))  # fmt: skip
        line = done.get(example.id)
        if line is None:
            try:
                line = _one(held, data, example)
            except BadInput as error:
                line = {"id": example.id, "skipped": str(error)}
            trust_test.append(workspace, name, line)
        if "skipped" in line:
            skipped.append(line["skipped"])
        else:
            found.append(line)
    if not found:
        raise BadInput(f"None of the {len(examples)} texts could be tested: {skipped[0]}")
    return found, len(skipped)


def _one(held: slot.Slot, data: Dataset, example: Example) -> trust_test.Line:
    """The line of one text.

    Raises:
        BadInput: It has too few tokens, too many, or the model answers nothing.
    """
    pair = kind_of(held.model) == "span"
    text = example.input if pair else data.model_input(example).removeprefix(data.prefix)
    chosen = aim(
        held.model, held.tokenizer, text, example.context if pair else None,
        prefix="" if pair else data.prefix,
    )  # fmt: skip
    if sum(chosen.removable) < faithfulness.FEWEST:
        raise BadInput(f"The text has fewer than {faithfulness.FEWEST} tokens to take away.")
    scores, _, missing, _ = scores_of(chosen)
    tested = {name: scores[name] for name in faithfulness.METHODS if name in scores}
    curves = faithfulness.measure(
        tested, chosen.removable, probabilities(chosen), pairs=faithfulness.PAIRS_MANY,
        points=faithfulness.POINTS_MANY, seed=_seed(example),
    )  # fmt: skip
    output = chosen.generated or (chosen.names[chosen.choice[0]] if chosen.names else "")
    line = trust_test.line_of(example.id, example.input, output, curves)
    return line | {"missing": missing}


def _seed(example: Example) -> int:
    """Other random orders for each text, and the same ones whenever it is tested."""
    return int(record.hash_json([faithfulness.SEED, example.id])[:8], 16)

"""The uncertain job: the rows a classifier is least sure of, outside the test split."""

from typing import Any

import torch

from core.data.dataset import Example, open_dataset, read
from core.errors import BadInput
from core.evaluate.classify import class_scores
from core.evaluate.predict import use_cores
from core.jobs.context import Context
from core.models.load import load_model, load_tokenizer
from core.models.resolve import resolve
from core.uncertainty import Unsure, classifier, keep

SPLITS = ("train", "validation")


def run(request: dict[str, Any], context: Context) -> dict[str, Any]:
    """Rank as an UncertainRequest says.

    Raises:
        NotFound: There is no such dataset or run.
        BadInput: The run knows fewer than two labels.
    """
    workspace = context.workspace
    data = open_dataset(workspace, request["dataset"])
    chosen = classifier(workspace, data, request["model"])
    rows = [(split, row) for split in SPLITS for row in read(workspace, data, split)]
    context.report(0.0, "evaluate.progress.loading", n=len(rows))
    ref = resolve(workspace, chosen.run)
    use_cores()
    model = load_model(ref, "classification")
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    model.eval()

    found: dict[int, torch.Tensor] = {}
    for batch, logits in class_scores(model, load_tokenizer(ref), data, [row for _, row in rows]):
        found.update(zip(batch, logits, strict=True))
        done, total = len(found), len(rows)
        context.report(done / total, "evaluate.progress.answering", done=done, total=total)
    scores = torch.stack([found[place] for place in range(len(rows))])
    if scores.shape[1] < 2:
        raise BadInput(f"{chosen.run} knows one label only; there is nothing to be unsure of.")
    ranked = _ranked(rows, scores, model.config.id2label)
    keep(workspace, data, chosen, ranked)
    return {"rows": len(ranked), "model": chosen.run}


def _ranked(
    rows: list[tuple[str, Example]], scores: torch.Tensor, names: dict[int, str]
) -> list[Unsure]:
    """Least margin first; of equal ones in the order of the rows."""
    best, which = torch.softmax(scores, -1).topk(2, -1)
    found = [
        Unsure(
            row.id, split, row.input, row.target, round(values[0] - values[1], 6),
            names[labels[0]], names[labels[1]], round(values[0], 6),
        )
        for (split, row), values, labels in zip(rows, best.tolist(), which.tolist(), strict=True)
    ]  # fmt: skip
    return sorted(found, key=lambda one: one.margin)

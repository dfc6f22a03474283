"""A smaller student that learns from what its teacher says, not from the references.

- A model that writes: sequence-level distillation (Kim and Rush 2016): the student is trained on
  the likeliest text that a beam search of the teacher finds for each training input.
- A classifier: on the teacher's scores of every class, by `core.train.soft`.

The student begins as some of its teacher's layers, evenly spaced (Sanh et al. 2019), or as any
model that is named.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from core.data import dataset as datasets
from core.data.dataset import Example
from core.deploy.forms import STUDENTS, Settings, longest
from core.errors import BadInput
from core.evaluate import predict
from core.evaluate.answer import Answer
from core.evaluate.answered import collect
from core.evaluate.batches import answer_tokens, batches, pad_id, padded
from core.evaluate.classify import class_scores
from core.evaluate.prompts import fitted, prompt_ids
from core.evaluate.source import Tell
from core.jobs.context import Context
from core.models import hub
from core.models.load import load_model, load_tokenizer
from core.models.purpose import purpose_for
from core.models.resolve import ModelRef, known_shape, resolve
from core.train.soft import Soft
from core.work.asked import model_hash, teller
from core.work.lessons import tune
from core.work.shrink import shallower
from core.work.variant_source import Origin

BEAMS = 4
ROWS = 32
"""Inputs at once; each takes BEAMS rows of the batch."""
MOST_TOKENS = 2_048
ASKING, LEARNING = (0.0, 0.5), (0.5, 1.0)


def distilled(origin: Origin, settings: Settings, folder: Path, context: Context) -> dict[str, Any]:
    """Ask the teacher, then train the student.

    Raises:
        BadInput: It points at answers, which has neither texts nor scores to learn from; or the
            student is no model of its family.
    """
    if origin.dataset.task == "question-answering" and origin.shape.family == "encoder":
        raise BadInput(
            f"{origin.ref.name} points at its answers, and neither writes nor scores labels that a "
            "student could learn; choose shallow."
        )
    student, told = _student(origin, settings.student or "half", folder, context)
    rows = datasets.read(context.workspace, origin.dataset, "train")
    asking, soft = context.part(*ASKING), None
    teacher, tokenizer = predict.load(origin.ref, origin.dataset)
    if teacher.can_generate():
        rows = written(origin, teacher, tokenizer, rows, asking)
    else:
        soft = Soft(scores(origin, teacher, tokenizer, rows, asking))
    result = tune(origin, student, settings.tune_seconds or 0.0, folder,
                  context.part(*LEARNING), rows, soft)  # fmt: skip
    shutil.rmtree(folder / "student", ignore_errors=True)
    return {**told, "rows": len(rows), "beams": BEAMS if soft is None else None,
            "temperature": soft.temperature if soft else None,
            "parameters": result["parameters"], "training": result}  # fmt: skip


def _student(
    origin: Origin, asked: str, folder: Path, context: Context
) -> tuple[ModelRef, dict[str, Any]]:
    """What the student begins as, in a folder; and what there is to tell of it."""
    if asked not in STUDENTS:
        ref = hub.fetch(resolve(context.workspace, asked))
        family = known_shape(ref).family
        if family != origin.shape.family:
            raise BadInput(
                f"--student {asked!r} is an {family} model and its teacher an "
                f"{origin.shape.family} one; name one like it, or {', '.join(STUDENTS)}."
            )
        return ref, {"student": asked}
    purpose = purpose_for(origin.shape.family, origin.dataset.task, origin.ref.name)
    model = load_model(origin.ref, purpose)
    small, kept = shallower(model, max(1, round(STUDENTS[asked] * longest(origin.shape))))
    place = folder / "student"
    small.save_pretrained(place)
    load_tokenizer(origin.ref).save_pretrained(place)
    return ModelRef(origin.ref.name, "folder", place), {"student": asked, "layers_kept": kept}


def written(
    origin: Origin, teacher: Any, tokenizer: Any, rows: Sequence[Example], context: Context
) -> list[Example]:
    """The training rows with what the teacher writes in place of what it should have written.

    Rows for which it writes nothing are left out. What was written before is not asked again.
    """
    limit = answer_tokens(tokenizer, rows)
    key = {"model": model_hash(origin.ref), "asked": "beams", "beams": BEAMS, "limit": limit,
           "prefix": origin.dataset.prefix, "precision": predict.precision(),
           "chat": origin.dataset.chat}  # fmt: skip

    def ask(examples: Sequence[Example], _: Tell) -> Iterator[list[tuple[int, Answer]]]:
        yield from _beams(origin, teacher, tokenizer, examples, limit)

    said = collect(context.workspace, key, rows, ask, teller(context))
    return [
        replace(row, target=answer.text)
        for row, answer in zip(rows, said, strict=True) if answer.text.strip()
    ]  # fmt: skip


def _beams(
    origin: Origin, teacher: Any, tokenizer: Any, examples: Sequence[Example], limit: int
) -> Iterator[list[tuple[int, Answer]]]:
    both = teacher.config.is_encoder_decoder
    asked = [fitted(teacher, tokenizer, ids, limit)
             for ids in prompt_ids(teacher, tokenizer, origin.dataset, examples)]  # fmt: skip
    for batch in batches([len(ids) for ids in asked], ROWS, MOST_TOKENS):
        rows = padded([asked[i] for i in batch], pad_id(tokenizer), left=not both)
        ids, mask = (part.to(teacher.device) for part in rows)
        with torch.inference_mode():
            whole = teacher.generate(
                input_ids=ids, attention_mask=mask, max_new_tokens=limit, do_sample=False,
                num_beams=BEAMS, pad_token_id=pad_id(tokenizer),
            )  # fmt: skip
        new = whole if both else whole[:, ids.shape[1] :]
        texts = tokenizer.batch_decode(new, skip_special_tokens=True)
        yield [(place, Answer(text.strip())) for place, text in zip(batch, texts, strict=True)]


def scores(
    origin: Origin, teacher: Any, tokenizer: Any, rows: Sequence[Example], context: Context
) -> list[list[float]]:
    """The teacher's logits of every row, in the order of the dataset's classes."""
    numbers = {name: number for number, name in teacher.config.id2label.items()}
    order = [int(numbers[name]) for name in origin.dataset.classes]
    found: dict[int, list[float]] = {}
    for places, logits in class_scores(teacher, tokenizer, origin.dataset, rows):
        found |= dict(zip(places, logits[:, order].tolist(), strict=True))
        context.report(len(found) / len(rows), "evaluate.progress.answering",
                       done=len(found), total=len(rows))  # fmt: skip
    return [found[place] for place in range(len(rows))]

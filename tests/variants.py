"""Runs that look finished, and variants with made-up numbers: what a workspace holds of them."""

import shutil
from dataclasses import replace

from core import record
from core.data import dataset as datasets
from core.data.dataset import Example
from core.deploy.measured import Measured
from core.deploy.variants import Variant, write_variant
from core.models.load import load_model, load_tokenizer
from core.models.resolve import resolve
from core.train.runs import Run, write_run

PREFIX = "translate English to German: "
TEXTS = ("{n} days", "in {n} days", "{n} March", "at {n} pm", "{n} hours ago", "page {n}")


def pairs(first, count, tag):
    return [Example(f"{tag}{n}", TEXTS[n % 6].format(n=n + first), f"{n + first} Tage")
            for n in range(count)]  # fmt: skip


def translation(workspace, name="shop", *, test=30, train=24):
    """A run that is starter-translate itself, on a small dataset; returns its name."""
    data = datasets.save(
        workspace, name, "translation",
        {"train": pairs(2, train, "t"), "validation": pairs(40, 8, "v"),
         "test": pairs(60, test, "e")},
        prefix=PREFIX, source_language="en", target_language="de",
    )  # fmt: skip
    return _finished(workspace, f"{name}-1", data, "starter-translate", "seq2seq")


def classification(workspace, name="tickets", *, test=12, train=24):
    """A run that is an untrained classifier on starter-encode."""

    def rows(count, tag):
        return [Example(f"{tag}{n}", f"message {n} about {'abc'[n % 3]} and so on", "abc"[n % 3])
                for n in range(count)]  # fmt: skip

    data = datasets.save(
        workspace, name, "text-classification",
        {"train": rows(train, "t"), "validation": rows(9, "v"), "test": rows(test, "e")},
    )  # fmt: skip
    return _finished(workspace, f"{name}-1", data, "starter-encode", "classification")


def generation(workspace, name="dates", *, test=8):
    """A run that is starter-causal itself."""
    data = datasets.save(
        workspace, name, "text-generation",
        {"train": pairs(2, 12, "t"), "test": pairs(60, test, "e")},
    )  # fmt: skip
    return _finished(workspace, f"{name}-1", data, "starter-causal", "causal")


def _finished(workspace, name, data, base, purpose):
    ref, folder = resolve(workspace, base), workspace.run(name) / "model"
    if purpose == "classification":
        load_model(ref, purpose, data.classes).save_pretrained(folder)
        load_tokenizer(ref).save_pretrained(folder)
    else:
        folder.mkdir(parents=True)
        for path in ref.path.iterdir():
            if path.name not in ("README.md", "scores.json"):
                shutil.copy2(path, folder / path.name)
    files = {path.name: record.hash_file(path) for path in folder.iterdir()}
    write_run(workspace, Run(
        name, "succeeded", base, None, "full", "quick", data.task, data.name, data.version,
        {"max_input_tokens": 64, "max_target_tokens": 32, "seed": 0}, 0, "j-1",
        "2026-11-25T00:00:00+00:00", files=files,
        environment={"assay": "0.1.0", "commit": "f" * 40, "libraries": {},
                     "command": ["assay", "--secret-path", "/home/me"]},
    ))  # fmt: skip
    return name


def measured(name="shop-1", p50=20.0, *, spread=1.0, rate=1_000.0, memory=400_000_000,
             engine="transformers", **fields):  # fmt: skip
    """A measurement of 40 requests around a median."""
    times = tuple(p50 + spread * (k - 20) / 20 for k in range(41))
    known = Measured(
        "0" * 64, name, engine, 8_000_000, memory - 10_000_000, memory, 1.5, times, 16, rate,
        "output", 12.0, 8.0, 0.02, "estimated", "A processor, 2 cores", 2, 2, len(times),
        "2026-11-25T00:00:00+00:00",
    )  # fmt: skip
    return replace(known, **fields)


SCORE = {"metric": "bleu", "value": 40.0, "low": 38.0, "high": 42.0, "n": 300, "unit": "points",
         "signature": "nrefs:1"}  # fmt: skip


def variant(form="ct2-int8", *, p50=8.0, difference=0.1, low=-0.3, high=0.5, decided=False,
            a100=0.9, workspace=None, **fields):  # fmt: skip
    """A measured variant of shop-1; kept where a workspace is given."""
    name = fields.pop("variant", f"shop-1-{form}")
    row = {"metric": "bleu", "unit": "points", "a": 40.0, "b": 40.0 + difference,
           "difference": difference, "low": low, "high": high, "p_value": 0.4, "test": "x",
           "decided": decided, "higher_is_better": True, "examples_needed": None}  # fmt: skip
    made = Variant(
        name, record.hash_json(name), "shop-1", "shop-1", form, {}, "ctranslate2", {}, 2_000_000,
        "translation", "shop", "0" * 12, 2_000_000, {}, "2026-11-25T00:00:00+00:00", {},
        measured(name, p50, rate=4_000.0, memory=50_000_000, size_bytes=2_000_000),
        measured(), {"usd": a100, "low": a100 / 2, "high": 2 * a100},
        {"usd": 1.0, "low": 0.5, "high": 2.0}, {},
        [{**SCORE, "value": 40.0 + difference}], [SCORE], {"n": 300, "metrics": [row]},
    )  # fmt: skip
    made = replace(made, **fields)
    if workspace is not None:
        write_variant(workspace, made)
    return made

"""The model card of a run: README.md with the front matter that the Hugging Face Hub reads.

Names come from people, so in the front matter each is a JSON string, which YAML reads as one, and
in the text each stands between backticks.
"""

import json
import re
from pathlib import Path
from typing import Any

from core.data import dataset as datasets
from core.data.dataset import Dataset
from core.deploy.variants import Variant
from core.errors import AssayError
from core.evaluate import notation
from core.models.catalog import CATALOG
from core.models.resolve import HUB_ID
from core.text import format
from core.train.runs import Run, has_run, open_run
from core.work import variant_cards
from core.workspace import Workspace

CLASSES = {
    "translation": "AutoModelForSeq2SeqLM",
    "summarization": "AutoModelForSeq2SeqLM",
    "text-classification": "AutoModelForSequenceClassification",
    "question-answering": "AutoModelForQuestionAnswering",
    "text-generation": "AutoModelForCausalLM",
}
"""What loads a model, by task; where a model of another family did the task, Auto finds it."""
UNKNOWN = "unknown"


UNEVALUATED = "**Not evaluated.** It was taken away although nobody had measured how good it is."


def card(
    workspace: Workspace, run: Run, variant: Variant | None = None, *, unevaluated: bool = False
) -> str:
    """The card of a finished run, or of a variant of it, as Markdown.

    Args:
        workspace: Where they are.
        run: The run.
        variant: A variant of it that the card is of.
        unevaluated: It was never scored; the card says so first.
    """
    data = _dataset(workspace, run)
    base, licence = origin(workspace, run)
    summary = _summary(run, data, base)
    if variant is not None:
        summary = f"{variant_cards.summary(variant)} {summary}"
        run = variant_cards.as_run(run, variant)
    if unevaluated:
        summary = f"{UNEVALUATED}\n\n{summary}"
    use = variant_cards.use(variant, data) if variant else None
    limits = _limits(run, data, licence)
    if variant is not None:
        limits = "\n".join([limits, *(f"- {one}" for one in variant_cards.limits(variant))])
    parts = (
        _front_matter(run, data, base, licence, variant.engine if variant else "transformers"),
        f"# {run.run}\n\n{summary}",
        f"## Scores\n\n{_scores(run, 'original' if variant else 'base')}",
        f"## Use\n\n{use or _use(run, data)}",
        f"## Limits\n\n{limits}",
        f"## How it was made\n\n{_made(run)}",
    )
    return "\n\n".join(parts) + "\n"


def origin(workspace: Workspace, run: Run) -> tuple[str, str]:
    """The model that a run goes back to, through other runs, and its licence or "unknown"."""
    name, seen = run.base, {run.run}
    while name not in seen and re.fullmatch(r"[\w.-]+", name) and has_run(workspace, name):
        seen.add(name)
        name = open_run(workspace, name).base
    for row in CATALOG:
        if name.casefold() in (row.name.casefold(), (row.hub_id or row.name).casefold()):
            return row.hub_id or row.name, row.licence.casefold()
    # A folder's path says where somebody keeps things; its last part is enough.
    return (name if HUB_ID.fullmatch(name) else Path(name).name), UNKNOWN


def _dataset(workspace: Workspace, run: Run) -> Dataset | None:
    try:
        return datasets.open_dataset(workspace, f"{run.dataset}@{run.data_version}")
    except AssayError:
        return None  # it was removed since; the card says less


def _front_matter(run: Run, data: Dataset | None, base: str, licence: str, library: str) -> str:
    lines = [f"license: {json.dumps(licence)}", f"library_name: {library}",
             f"pipeline_tag: {run.task}", "tags:", "- assay"]  # fmt: skip
    if "/" in base:
        lines.append(f"base_model: {json.dumps(base)}")
    codes = [data.source_language, data.target_language] if data else []
    languages = list(dict.fromkeys(code for code in codes if code))
    if languages:
        lines += ["language:", *(f"- {json.dumps(code)}" for code in languages)]
    if run.scores:
        data_name = json.dumps(run.dataset)
        lines += ["metrics:", *(f"- {row['metric']}" for row in run.scores), "model-index:",
                  f"- name: {json.dumps(run.run)}", "  results:", "  - task:",
                  f"      type: {run.task}", "    dataset:", f"      name: {data_name}",
                  f"      type: {data_name}",
                  f"      revision: {json.dumps(run.data_version)}", "      split: test",
                  "    metrics:"]  # fmt: skip
        for row in run.scores:
            name = json.dumps(notation.title(row["metric"]))
            lines += [f"    - type: {row['metric']}", f"      name: {name}",
                      f"      value: {json.dumps(row['value'])}"]  # fmt: skip
    return "\n".join(["---", *lines, "---"])


def _summary(run: Run, data: Dataset | None, base: str) -> str:
    rows = run.training.get("train_rows")
    count = f"{rows:,} rows of " if rows else ""
    synthetic = " The data is synthetic." if data and data.synthetic else ""
    return (
        f"`{base}`, fine-tuned ({run.method}) for {run.task} on {count}`{run.dataset}`, version "
        f"`{run.data_version}`.{synthetic}"
    )


def _scores(run: Run, beside: str = "base") -> str:
    if not run.scores:
        return "Not scored: the dataset has no test rows, or the run ended before."
    base = {row["metric"]: row for row in run.base_scores}
    change = {row["metric"]: row for row in run.comparison.get("metrics", [])}
    lines = [f"| metric | {beside} | this model | difference | n | signature |",
             "|---|---|---|---|---|---|"]  # fmt: skip
    for row in run.scores:
        found = change.get(row["metric"])
        difference = ""
        if found:
            around = notation.interval(found["low"], found["high"], row["unit"], sign=True)
            p = notation.p_value(found["p_value"])
            difference = f"{notation.change(found['difference'], row['unit'])} ({around}, {p})"
        signature = str(row["signature"]).replace("|", "\\|")  # in code, too, it ends a cell
        lines.append(
            f"| {notation.title(row['metric'])} | {_score(base.get(row['metric']))} "
            f"| {_score(row)} | {difference} | {row['n']:,} | `{signature}` |"
        )
    lines += ["", "On test rows that it has never seen; 95 % intervals; paired test on the same "
              "rows."]  # fmt: skip
    if run.general and run.general["tuned_scores"]:
        before, after = run.general["base_scores"], run.general["tuned_scores"]
        lines += ["", f"General ability, on `{run.general['dataset']}`: "
                  f"{notation.title(after[0]['metric'])} {_score(before[0] if before else None)} "
                  f"before, {_score(after[0])} after."]  # fmt: skip
    return "\n".join(lines)


def _score(row: dict[str, Any] | None) -> str:
    if row is None:
        return "not known"
    around = notation.interval(row["low"], row["high"], row["unit"])
    return f"{notation.number(row['value'], row['unit'])} ({around})"


def _use(run: Run, data: Dataset | None) -> str:
    kind = CLASSES.get(run.task, "AutoModel")
    prefix = data.prefix if data else ""
    read = f"{json.dumps(prefix, ensure_ascii=False)} + text" if prefix else "text"
    answer = {
        "text-classification": "model.config.id2label[model(**inputs).logits.argmax().item()]",
        "question-answering": "model(**inputs).start_logits.argmax().item()",
    }.get(run.task, "tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True)")
    inputs = "question, passage" if run.task == "question-answering" else read
    return (
        f"```python\nfrom transformers import AutoTokenizer, {kind}\n\n"
        'folder = "."  # or the name on the Hub\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        f"model = {kind}.from_pretrained(folder)\n"
        f'inputs = tokenizer({inputs}, return_tensors="pt")\n'
        f"print({answer})\n```"
    )


def _limits(run: Run, data: Dataset | None, licence: str) -> str:
    lines = []
    if licence == UNKNOWN:
        lines.append("The licence of its base is not known; find it out before you pass this on.")
    lines.append(
        "The licence of the data is not recorded; whoever passes the model on must know it."
    )
    lines += [f"The data was not fit for it: {said}" for said in run.training.get("unfit", [])]
    if run.scores:
        lines.append(
            f"The scores hold for text like the test rows of `{run.dataset}`; on other text it was "
            "not measured."
        )
    else:
        lines.append("How good it is was not measured.")
    tokens = run.config.get("max_input_tokens")
    if tokens:
        cut = run.training.get("cut_inputs") or 0
        lines.append(f"It learnt from inputs of at most {tokens:,} tokens; {cut:,} were cut.")
    if not run.general:
        lines.append("What it forgot of its base was not measured.")
    if data and data.synthetic:
        lines.append("It learnt from synthetic text.")
    lines.append("Safety, bias and truthfulness were not tested.")
    return "\n".join(f"- {line}" for line in lines)


def _made(run: Run) -> str:
    environment = run.environment
    versions = ", ".join(f"{k} {v}" for k, v in environment.get("libraries", {}).items() if v)
    settings = ", ".join(f"{name}={value}" for name, value in run.config.items())
    rows = (
        ("steps", f"{run.steps:,}" if run.steps is not None else None),
        ("time", format.duration(run.train_seconds) if run.train_seconds else None),
        ("device", run.training.get("device")),
        ("attempts", str(run.attempts)),
        ("seed", str(run.seed)),
        ("settings", settings),
        ("base weights", f"`{run.base_hash}`" if run.base_hash else None),
        ("Assay", f"{environment.get('assay')}"
         + (f", commit `{environment['commit']}`" if environment.get("commit") else "")),
        ("libraries", versions),
    )  # fmt: skip
    lines = [
        "| | |",
        "|---|---|",
        *(f"| {name} | {value or 'not known'} |" for name, value in rows),
    ]
    hashes = [f"{digest}  {name}" for name, digest in sorted(run.files.items())]
    return "\n".join([*lines, "", "SHA-256 of its files:", "", "```", *hashes, "```"])

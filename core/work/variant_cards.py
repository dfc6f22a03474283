"""What a model card says of a variant: what it is, how it is called, and what it cannot."""

import json
from dataclasses import replace

from core.data.dataset import Dataset
from core.deploy.variants import Variant
from core.train.runs import Run

_CALLS = {
    "text-generation": (
        "Generator",
        "model.generate_batch([tokens], include_prompt_in_result=False)[0].sequences[0]",
    ),
}
_TRANSLATES = ("Translator", "model.translate_batch([tokens], beam_size=1)[0].hypotheses[0]")


def summary(made: Variant) -> str:
    """One sentence: what was made of what."""
    settings = ", ".join(f"{name}={value}" for name, value in made.settings.items())
    form = f"{made.form} ({settings})" if settings else made.form
    return f"A {form} variant of `{made.made_from}`, read by {made.engine}."


def as_run(run: Run, made: Variant) -> Run:
    """The run with the variant's name, scores and files, for the parts that a card of a run has."""
    return replace(
        run, run=made.variant, scores=made.scores, base_scores=made.original_scores,
        comparison=made.comparison, files=made.files, general=None, environment=made.environment,
    )  # fmt: skip


def use(made: Variant, data: Dataset | None) -> str | None:
    """How a model of CTranslate2 is called; None where Transformers reads the variant."""
    if made.engine != "ctranslate2":
        return None
    if made.task == "text-classification":
        return (
            "`ctranslate2.Encoder(folder)` gives the hidden states, head.safetensors holds what "
            "makes labels of them; Assay does both (`assay evaluate D --model FOLDER`)."
        )
    prefix = data.prefix if data else ""
    read = f"{json.dumps(prefix, ensure_ascii=False)} + text" if prefix else "text"
    opened, call = _CALLS.get(made.task, _TRANSLATES)
    return (
        "```python\nimport ctranslate2\nfrom transformers import AutoTokenizer\n\n"
        'folder = "."\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        f"model = ctranslate2.{opened}(folder)\n"
        f'tokens = tokenizer.convert_ids_to_tokens(tokenizer({read})["input_ids"])\n'
        f"answer = {call}\n"
        "print(tokenizer.decode(tokenizer.convert_tokens_to_ids(answer), "
        "skip_special_tokens=True))\n```"
    )


def limits(made: Variant) -> list[str]:
    """What is to be known besides."""
    found = []
    if made.made.get("plain") is False:
        found.append(
            "Heads were cut out of its layers in a way that plain Transformers cannot be told of; "
            "Assay reads it (`assay_heads` in config.json says which heads are left)."
        )
    if made.form == "distilled":
        found.append("It learnt from its teacher's answers, mistakes included.")
    return found

"""What the model cards say in words; the figures come from each model's scores.json."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What a card says in words; the figures come from scores.json.

    Attributes:
        title: One sentence: what the model is.
        tag: The task's name on model hubs.
        architecture: How it is built, beside the sizes.
        objective: What it was trained to do.
        unfit: What it is not good for, one sentence a row.
        usage: Python lines that use it.
    """

    title: str
    tag: str
    architecture: str
    objective: str
    unfit: tuple[str, ...]
    usage: str


_SHORT = "Long or difficult sentences: its training sentences have about four to six words."
_TINY = "Anything that matters: it is a few million numbers trained for minutes, to learn from."

WORDS = {
    "starter-translate": Words(
        "A small T5 that translates short everyday English sentences into German and Chinese.",
        "translation",
        "two encoder and two decoder layers of width 128 with four heads, gated GELU, input and "
        "output embeddings shared.",
        "Trained to translate, with the prefixes “translate English to German: ” and “translate "
        "English to Chinese: ”.",
        (
            _TINY,
            _SHORT,
            "French, or any direction but the two it was trained on, before it is fine-tuned.",
            "Traditional Chinese characters: it writes simplified ones.",
            "Facts, names and numbers: read every translation before you use it.",
        ),
        "from transformers import AutoModelForSeq2SeqLM, AutoTokenizer\n\n"
        'folder = "assets/models/starter-translate"\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        "model = AutoModelForSeq2SeqLM.from_pretrained(folder)\n"
        'inputs = tokenizer("translate English to German: I am tired.", return_tensors="pt")\n'
        "print(tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True))",
    ),
    "starter-encode": Words(
        "A small BERT for short English, German and Chinese texts, to be fine-tuned.",
        "fill-mask",
        "four layers of width 128 with four heads, 256 positions.",
        "Trained to guess 15 % of the tokens (80 % of them hidden, 10 % replaced, 10 % left), on "
        "passages of one to eight sentences.",
        (
            _TINY,
            "Use without fine-tuning: its sentence vectors mean little as they are.",
            "Texts of a profession or of many sentences; French, which it has never read.",
            "Telling whether B follows A: it has seen pairs cut from one passage, and was never "
            "asked.",
        ),
        "from transformers import AutoModelForMaskedLM, AutoTokenizer\n\n"
        'folder = "assets/models/starter-encode"\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        "model = AutoModelForMaskedLM.from_pretrained(folder)\n"
        'inputs = tokenizer("I want to [MASK] home.", return_tensors="pt")\n'
        "best = model(**inputs).logits.argmax(-1)\n"
        "print(tokenizer.decode(best[0, 1:-1]))",
    ),
    "starter-causal": Words(
        "A small Llama that continues short English, German and Chinese texts, to be fine-tuned.",
        "text-generation",
        "four layers of width 128 with four query heads that share two key and value heads, "
        "rotary positions, input and output embeddings shared.",
        "Trained to predict the next token of passages of one to eight sentences, from <s> to "
        "</s>.",
        (
            _TINY,
            "Following instructions, chatting, facts, reasoning: it continues text, no more.",
            "Passages of more than about 128 tokens; French, which it has never read.",
        ),
        "from transformers import AutoModelForCausalLM, AutoTokenizer\n\n"
        'folder = "assets/models/starter-causal"\n'
        "tokenizer = AutoTokenizer.from_pretrained(folder)\n"
        "model = AutoModelForCausalLM.from_pretrained(folder)\n"
        'inputs = tokenizer("I would like to", return_tensors="pt")\n'
        "print(tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True))",
    ),
}
"""One row a model; a new starter model gets one here."""

"""Models and a made-up explanation for tests of what is explained, drawn and stored."""

from functools import cache

import numpy as np
import torch
import transformers as tf

from core.interpret.explained import Explanation, Question
from core.interpret.facts import Span
from core.interpret.faithfulness import CURVES, METHODS, judge_one, measure
from tests.interpret import models

DECISIVE = "refund"
FILLER_WORDS = [word for word in models.WORDS if word != DECISIVE]
DECODERS = ("llama", "gpt2", "bloom", "gemma2", "mistral", "mamba")
HOSTILE = "</script><b>**x**$y$"


def more(name: str) -> tf.PreTrainedModel:
    """Tiny models of further families and heads."""
    ids = models.IDS
    bert = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
            "intermediate_size": 32, "max_position_embeddings": 64}  # fmt: skip
    distil = {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 32}
    makers = {
        "bert-gap": lambda: tf.BertForMaskedLM(tf.BertConfig(**ids, **bert)),
        "distilbert-gap": lambda: tf.DistilBertForMaskedLM(tf.DistilBertConfig(**ids, **distil)),
        "distilbert-class": lambda: tf.DistilBertForSequenceClassification(
            tf.DistilBertConfig(**ids, **distil, num_labels=3)),
        "roberta-gap": lambda: tf.RobertaForMaskedLM(tf.RobertaConfig(**ids, **bert)),
        "roberta-class": lambda: tf.RobertaForSequenceClassification(
            tf.RobertaConfig(**ids, **bert)),
        "bert-span": lambda: tf.BertForQuestionAnswering(tf.BertConfig(**ids, **bert)),
        "gpt2-class": lambda: tf.GPT2ForSequenceClassification(
            tf.GPT2Config(**ids, n_embd=32, n_layer=2, n_head=4)),
        "mamba": lambda: tf.MambaForCausalLM(
            tf.MambaConfig(**ids, hidden_size=32, num_hidden_layers=2, state_size=4)),
        "mistral": lambda: tf.MistralForCausalLM(
            tf.MistralConfig(**ids, **models.LLAMA, sliding_window=4)),
    }  # fmt: skip
    torch.manual_seed(0)
    return makers[name]().eval() if name in makers else models.build(name)


def tokenizer(name: str):
    """Words to ids: with a mask where the model fills gaps, without an end where it goes on."""
    made = models.tokenizer(end=name not in DECODERS)
    if name.endswith("-gap"):
        made.add_special_tokens({"mask_token": "<unk>"})
    return made


@cache
def blind() -> tf.PreTrainedModel:
    """A classifier that says whether DECISIVE occurs, and whose attention looks at all alike.

    Its queries are zero, so that every weight is 1/tokens: attention can say nothing.
    """
    torch.manual_seed(0)
    model = tf.DistilBertForSequenceClassification(
        tf.DistilBertConfig(**models.IDS, dim=32, n_layers=2, n_heads=4, hidden_dim=32, dropout=0,
                            attention_dropout=0, seq_classif_dropout=0,
                            id2label={0: "without", 1: "with"}, label2id={"without": 0, "with": 1})
    )  # fmt: skip
    for name, parameter in model.named_parameters():
        if "q_lin" in name:
            torch.nn.init.zeros_(parameter)
            parameter.requires_grad_(False)
    rng = np.random.default_rng(0)
    words = [models.VOCABULARY[word] for word in FILLER_WORDS]
    wanted, end = models.VOCABULARY[DECISIVE], models.VOCABULARY["</s>"]
    learner = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 3e-3)
    for _ in range(300):
        # Removed tokens are <pad>, so it must have met them.
        ids = rng.choice([*words, 0], size=(32, 9))
        labels = rng.integers(2, size=32)
        ids[labels == 1, rng.integers(9, size=int(labels.sum()))] = wanted
        batch = torch.tensor(np.concatenate([ids, np.full((32, 1), end)], 1))
        loss = model(batch, labels=torch.tensor(labels)).loss
        learner.zero_grad()
        loss.backward()
        learner.step()
    learner.zero_grad()
    return model.eval()


def made_up(labels: tuple[str, ...] = ("·Where", HOSTILE, "·my", "·refund", "</s>")) -> Explanation:
    """An explanation of a target of three tokens, tested; random numbers, always the same."""
    rng = np.random.default_rng(0)
    removable = (True,) * (len(labels) - 1) + (False,)
    scores = {name: np.abs(rng.normal(size=len(labels))) for name in METHODS}
    weight = rng.random(len(labels))
    curves = measure(
        scores, removable, lambda gone: 0.9 - 0.8 * (gone @ weight) / weight.sum(), pairs=30
    )
    arrays = {"shares": curves.shares}
    for name in CURVES:
        rows = {**getattr(curves, name), "random": getattr(curves, f"random_{name}")}
        arrays |= {f"{name}.{method}": values for method, values in rows.items()}
    following = ("·Wo", HOSTILE, "</s>")
    tokens = [[[f"{layer}{top}", HOSTILE] for top in range(3)] for layer in range(4)]
    arrays |= {
        "gradient_attention": rng.normal(size=(2, 4, len(labels))),
        "lens.tokens": np.zeros((4, 3, 2), np.int64),
        "lens.probabilities": np.tile([0.6, 0.3], (4, 3, 1)).astype(np.float32),
        "lens.chosen": np.full((4, 3), 0.6, np.float32),
        "lens.rank": np.zeros((4, 3), np.int64),
    }
    return Explanation(
        key="abc", question=Question("tiny", "Where is my refund", "Wo ist"), kind="sequence",
        prefix="", span=Span(1, 1, 1, 4, 4), tokens=labels, labels=labels, removable=removable,
        following=following,
        places=(0, 1, 2), classes=(), choice=None, generated=None, scale="log_probability",
        value=-0.5, baseline_value=-3.0, probability=0.61, completeness_error=0.004,
        completeness_share=0.0016, gradients=16, converged=True, tolerance=0.01, filler="<pad>",
        baseline="<pad>", missing={}, lens={"tokens": tokens, "settled": [1, 2, 3]},
        scores={**scores, "gradient_input": rng.normal(size=len(labels))}, arrays=arrays,
        verdicts=tuple(judge_one(curves)), created_at="2026-11-26T10:00:00+00:00", seconds=0.4,
    )  # fmt: skip

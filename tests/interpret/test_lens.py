"""The logit lens: the last row is the model's own answer, the others by each family's own head."""

import numpy as np
import pytest
import torch

from core.errors import BadInput
from core.interpret.lens import logit_lens
from tests.interpret.test_aim import EVERY, ask

WRITERS = [name for name in EVERY if "class" not in name and name not in ("bert", "bert-span")]


@pytest.mark.parametrize("name", WRITERS)
def test_the_last_layer_is_the_models_own_answer(name: str) -> None:
    goal = ask(name)
    found = logit_lens(goal)
    with torch.no_grad():
        own = goal.model(**goal.inputs).logits[0, list(goal.rows)].softmax(-1)
    top = own.topk(found.tokens.shape[-1])
    assert np.allclose(found.probabilities[-1], top.values, atol=1e-6)
    assert np.allclose(
        found.chosen[-1], own[torch.arange(len(own)), torch.tensor(goal.following)], atol=1e-6
    )
    assert (found.rank[-1] == 0).all() == (found.tokens[-1, :, 0] == goal.following).all()
    assert (found.settled <= len(found.tokens) - 1).all() and (found.settled >= 0).all()


HEADS = {
    "t5": lambda m, h: m.lm_head(m.decoder.final_layer_norm(h) * m.config.d_model**-0.5),
    "llama": lambda m, h: m.lm_head(m.model.norm(h)),
    "gpt2": lambda m, h: m.lm_head(m.transformer.ln_f(h)),
    "gemma2": lambda m, h: 30 * torch.tanh(m.lm_head(m.model.norm(h)) / 30),
    "bert-gap": lambda m, h: m.cls(h),
    "distilbert-gap": lambda m, h: m.vocab_projector(
        m.vocab_layer_norm(m.activation(m.vocab_transform(h)))
    ),
    "roberta-gap": lambda m, h: m.lm_head(h),
    "bart": lambda m, h: m.lm_head(h) + m.final_logits_bias,
}


@pytest.mark.parametrize("name", HEADS)
def test_earlier_layers_go_through_the_final_norm_and_the_head(name: str) -> None:
    goal = ask(name)
    found = logit_lens(goal)
    with torch.no_grad():
        outputs = goal.model(**goal.inputs, output_hidden_states=True)
        states = getattr(outputs, "decoder_hidden_states", None) or outputs.hidden_states
        # The last state of most families is normed already; the first ones are not.
        for layer, state in enumerate(states[:-1]):
            expected = HEADS[name](goal.model, state)[0, list(goal.rows)].softmax(-1)
            values = expected.topk(found.tokens.shape[-1]).values
            assert np.allclose(found.probabilities[layer], values, atol=1e-5), layer
    assert len(found.tokens) == len(states)


@pytest.mark.parametrize("name", ["bert", "bert-span", "gpt2-class"])
def test_a_model_without_a_vocabulary_has_none(name: str) -> None:
    with pytest.raises(BadInput, match="no head over a vocabulary"):
        logit_lens(ask(name))


def test_settled_is_the_layer_from_which_the_answer_stays() -> None:
    found = logit_lens(ask("t5"))
    top = found.tokens[:, :, 0]
    for place, layer in enumerate(found.settled):
        assert (top[layer:, place] == top[-1, place]).all()
        assert layer == 0 or top[layer - 1, place] != top[-1, place]


def test_nothing_is_left_hanging_on_the_model() -> None:
    goal = ask("t5")
    with torch.no_grad():
        before = goal.model(**goal.inputs).logits
        logit_lens(goal)
        assert torch.equal(goal.model(**goal.inputs).logits, before)

"""What is explained: each family's number against its own outputs, and bad requests."""

import numpy as np
import pytest
import torch

from core.errors import BadInput
from core.interpret.aiming import aim
from tests.interpret import models
from tests.interpret.explained import more, tokenizer

TEXT = "where is the cat on my mat"
EVERY = ("t5", "bart", "marian", "bert", "llama", "gpt2", "bloom", "gemma2", "mistral", "mamba",
         "bert-gap", "distilbert-gap", "distilbert-class", "roberta-gap", "roberta-class",
         "bert-span", "gpt2-class")  # fmt: skip


def ask(name: str, text: str = TEXT, target: str | None = None, device: str = "cpu", **more_of_it):
    """An aim at a text, with a target where the family wants or writes one."""
    if name in ("bert-span", "t5", "bart", "marian"):
        target = target or "the dog saw a cat"
    return aim(more(name).to(device), tokenizer(name), text, target, **more_of_it)


@pytest.mark.parametrize("name", EVERY)
def test_embeddings_put_in_the_place_of_tokens_give_the_same_number(name: str) -> None:
    found = ask(name)
    by_id = found.of_ids(found.ids)
    with torch.no_grad():
        by_vector = found.of_embeddings(found.embed(found.ids))
    assert torch.allclose(by_id, by_vector, atol=1e-6)


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_a_targets_number_is_minus_the_loss(name: str) -> None:
    """Mean log-probability = minus cross entropy, as the model itself computes it."""
    found = ask(name, target="the dog")
    with torch.no_grad():
        loss = found.model(input_ids=found.ids, labels=torch.tensor([found.following])).loss
    assert float(found.of_ids(found.ids)) == pytest.approx(-float(loss), abs=1e-5)
    one = ask(name, target="the dog", position=1)
    each = [float(ask(name, target="the dog", position=i).of_ids(one.ids))
            for i in range(len(one.following))]  # fmt: skip
    assert np.mean(each) == pytest.approx(float(found.of_ids(found.ids)), abs=1e-6)


@pytest.mark.parametrize("name", ["t5", "bart"])
def test_without_a_target_the_model_writes_its_own_within_its_positions(name: str) -> None:
    model = more(name)
    found = aim(model, models.tokenizer(), TEXT)
    longest = 128 if name == "t5" else 64
    with torch.no_grad():
        written = model.generate(found.ids, do_sample=False, max_new_tokens=longest)[0, 1:]
    assert list(found.following) == written.tolist()
    assert found.generated == models.tokenizer().decode(written, skip_special_tokens=True)
    assert torch.isfinite(found.of_ids(found.ids)).all()


def test_a_decoders_target_is_read_after_its_prompt() -> None:
    found = aim(more("llama"), models.tokenizer(end=False), "where is ", "the cat")
    assert found.source == 2 and len(found.following) == 2
    with torch.no_grad():
        ids = models.tokenizer(end=False)("where is the cat", return_tensors="pt")["input_ids"]
        logits = found.model(ids).logits.log_softmax(-1)[0]
    wanted = (logits[1, ids[0, 2]] + logits[2, ids[0, 3]]) / 2
    assert float(found.of_ids(found.ids)) == pytest.approx(float(wanted), abs=1e-6)


def test_a_decoder_alone_answers_with_its_next_token() -> None:
    found = ask("llama")
    with torch.no_grad():
        ids = models.tokenizer(end=False)(TEXT, return_tensors="pt")["input_ids"]
        assert found.following == (int(found.model(ids).logits[0, -1].argmax()),)


def test_a_class_is_a_logit_and_the_models_choice_unless_told() -> None:
    found = ask("distilbert-class")
    with torch.no_grad():
        logits = found.model(**found.inputs).logits[0]
    assert found.choice == (int(logits.argmax()),)
    assert float(found.of_ids(found.ids)) == pytest.approx(float(logits.max()))
    told = ask("distilbert-class", label="LABEL_2", scale="log_probability")
    assert float(told.of_ids(told.ids)) == pytest.approx(float(logits.log_softmax(-1)[2]), abs=1e-6)


def test_a_class_among_several_at_once_has_a_probability_of_its_own() -> None:
    model = more("distilbert-class")
    model.config.problem_type = "multi_label_classification"
    found = aim(model, models.tokenizer(), TEXT, label="LABEL_1", scale="log_probability")
    with torch.no_grad():
        logit = model(**found.inputs).logits[0, 1]
    assert float(found.of_ids(found.ids).exp()) == pytest.approx(float(logit.sigmoid()), abs=1e-6)


def test_a_span_is_the_likeliest_pair_in_order() -> None:
    found = ask("bert-span")
    with torch.no_grad():
        outputs = found.model(**found.inputs)
    first, last = found.choice
    begun, ended = outputs.start_logits[0], outputs.end_logits[0]
    best = max(float(begun[i] + ended[j]) for i in range(len(begun)) for j in range(i, len(ended)))
    assert first <= last and float(begun[first] + ended[last]) == pytest.approx(best)


def test_a_gap_is_filled_or_a_token_hidden() -> None:
    filled = ask("bert-gap", "where is <unk> cat")
    with torch.no_grad():
        logits = filled.model(**filled.inputs).logits[0]
    assert filled.rows == (2,) and filled.following == (int(logits[2].argmax()),)
    hidden = ask("bert-gap", "where is the refund")
    assert hidden.places == (3,) and hidden.ids[0, 3] == models.VOCABULARY["<unk>"]
    assert hidden.following[3] == models.VOCABULARY["refund"]
    assert hidden.removable == (True, True, True, False, False)
    assert ask("bert-gap", "where is the refund", position=0).places == (0,)


def test_special_tokens_and_the_instruction_are_never_taken_away() -> None:
    found = ask("t5", "the cat", prefix="where is ")
    # The prefix alone ends with "</s>": the comparison stops where the texts part.
    assert found.removable == (False, False, True, True, False)
    gone = torch.zeros(1, 5, dtype=torch.bool)
    gone[0, 2] = True
    assert found.removed(gone)[0].tolist() == [
        *found.ids[0, :2].tolist(), models.VOCABULARY["<pad>"], *found.ids[0, 3:].tolist(),
    ]  # fmt: skip


@pytest.mark.parametrize(("name", "given", "words"), [
    ("t5", {"text": "  "}, "The text is empty"),
    ("gpt2", {"target": " "}, "The target is empty"),
    ("t5", {"target": "the cat", "position": 3}, "no position 3: the target has 3 tokens, counted "
     "from 0 to 2"),
    ("t5", {"label": "x"}, "T5ForConditionalGeneration is no classifier"),
    ("t5", {"text": "cat " * 300, "window": 3}, "no window 3: for this model the text has 2"),
    ("bert", {"generate": 4}, "does not write text"),
    ("t5", {"target": "cat", "generate": 4}, "not both"),
    ("distilbert-class", {"label": "LABEL_9"}, "no class 'LABEL_9' in this model; its classes: "
     "LABEL_0, LABEL_1, LABEL_2"),
    ("distilbert-class", {"position": 1}, "this model writes no target"),
    ("distilbert", {}, "DistilBertModel has no head"),
    ("gpt2", {"target": "x", "scale": "bits"}, "'bits' is no scale; choose log_probability or"),
    ("t5", {"text": "</s> </s>"}, "no token that could be taken away"),
])  # fmt: skip
def test_a_wrong_request_is_refused_in_one_sentence(name: str, given: dict, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        ask(name, **{"text": TEXT, **given})


def test_a_span_needs_its_passage() -> None:
    with pytest.raises(BadInput, match="give the passage as the target"):
        aim(more("bert-span"), models.tokenizer(), TEXT)


def test_a_model_in_training_is_explained_in_evaluation_and_given_back() -> None:
    model = more("t5").train()
    found = aim(model, models.tokenizer(), TEXT, "the dog")
    assert model.training
    calm = aim(more("t5"), models.tokenizer(), TEXT, "the dog")
    assert found.following == calm.following


def test_a_long_text_is_explained_in_windows() -> None:
    found = ask("t5", " ".join(["cat"] * 300 + ["dog"] * 50), window=2)
    assert (found.span.window, found.span.windows, found.span.total) == (2, 2, 350)
    assert found.ids.shape[1] <= 256 and found.span.cut_tokens == 255
    first = ask("t5", " ".join(["cat"] * 300))
    assert (first.span.first, first.span.last) == (1, 255)


def test_a_decoder_can_be_let_write_several_tokens() -> None:
    found = ask("llama", generate=4)
    assert len(found.following) == 4 and found.source == len(TEXT.split())
    with torch.no_grad():
        written = found.model.generate(found.ids[:, : found.source], do_sample=False,
                                       max_new_tokens=4)  # fmt: skip
    assert written[0, found.source :].tolist() == list(found.following)

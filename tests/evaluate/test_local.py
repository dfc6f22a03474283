"""A decoder that was not tuned here is asked in the words of a prompt."""

import pytest
import torch

from core.data import dataset as datasets
from core.data.dataset import Example
from core.evaluate.local import LocalModel, takes_prompt
from core.evaluate.prompt import make
from core.evaluate.prompts import prompt_ids
from core.models.resolve import ModelRef, resolve
from core.workspace import Workspace

ROWS = [Example(str(n), f"Where is order {n}?", ("order", "refund")[n % 2]) for n in range(6)]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    workspace = Workspace.open(tmp_path_factory.mktemp("home"))
    data = datasets.save(workspace, "shop", "text-classification",
                         {"train": ROWS[:4], "test": ROWS[4:]})  # fmt: skip
    return resolve(workspace, "starter-causal"), data


def test_its_answers_are_those_that_generate_gives_to_the_words(place):
    ref, data = place
    prompt = make(data, ROWS[:4], 1, None)
    model = LocalModel(ref, "digest", data, ROWS, prompt)
    given = dict(pair for batch in model.answer(ROWS[4:], lambda *_: None) for pair in batch)
    loaded, tokenizer = model.loaded
    assert loaded.can_generate(), "it writes labels; no head is made up for it"
    for n, example in enumerate(ROWS[4:]):
        (ids,) = prompt_ids(loaded, tokenizer, data, [example], prompt)
        assert tokenizer.decode(ids, skip_special_tokens=True).endswith("\nAnswer:")
        limit = model.key["longest_answer_tokens"]
        ids = ids[-(int(tokenizer.model_max_length) - limit) :]
        with torch.inference_mode():
            new = loaded.generate(torch.tensor([ids]), max_new_tokens=limit, do_sample=False)
        text = tokenizer.decode(new[0][len(ids) :], skip_special_tokens=True)
        assert given[n].text in (prompt.read(text), *data.classes)
        assert "\n\n" not in given[n].text


def test_the_words_are_part_of_what_an_answer_depends_on(place):
    ref, data = place
    keys = [
        LocalModel(ref, "digest", data, ROWS, prompt).key
        for prompt in (None, make(data, ROWS[:4], 0, None), make(data, ROWS[:4], 1, None))
    ]
    assert len({str(key) for key in keys}) == 3


def test_surprise_is_that_of_the_answer_after_the_words(place):
    ref, data = place
    prompt = make(data, ROWS[:4], 0, "{input}")
    model = LocalModel(ref, "digest", data, ROWS, prompt)
    ((place_, said),) = next(iter(model.surprise(ROWS[4:5], lambda *_: None)))
    loaded, tokenizer = model.loaded
    read = tokenizer("Where is order 4?\nAnswer:")["input_ids"]
    told = [*tokenizer(" order", add_special_tokens=False)["input_ids"], tokenizer.eos_token_id]
    with torch.inference_mode():
        logits = loaded(torch.tensor([read + told])).logits[0].log_softmax(-1)
    nats = -sum(float(logits[len(read) + n - 1, id_]) for n, id_ in enumerate(told))
    assert place_ == 0
    assert (said.reference_nats, said.reference_tokens) == (
        pytest.approx(nats, rel=1e-4),
        len(told),
    )


def test_a_run_an_encoder_and_a_trained_head_are_asked_as_they_were_trained(place, tmp_path):
    ref, _ = place
    assert takes_prompt(ref)
    assert not takes_prompt(ModelRef(**{**vars(ref), "kind": "run"}))
    workspace = Workspace.open(tmp_path)
    for name in ("starter-translate", "starter-encode"):
        assert not takes_prompt(resolve(workspace, name))


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        (" order\n\nWhere is order 5?\nAnswer: refund", "order"),
        ("\n\norder", "order"),
        ("", ""),
        ("two\nlines ", "two\nlines"),
    ],
)
def test_what_comes_after_the_answer_is_left_out(place, written, answer):
    _, data = place
    assert make(data, (), 0, None).read(written) == answer

"""The context job on the starters: loss by position, and what cannot be measured."""

from dataclasses import asdict

import numpy as np
import pytest
import torch

from core import run
from core.data import dataset as store
from core.data.dataset import Example
from core.errors import BadInput
from core.interpret import loss_curve as found_by
from core.interpret import slot
from core.interpret.own import Limit, Own
from core.jobs import runner
from core.models.load import load_model, load_tokenizer
from core.models.resolve import resolve
from core.work import context as work
from core.work import document_loss, pair_loss, reading
from core.workspace import Workspace
from tests.interpret import models

PAIRS = [
    ("Where is my order?", "Wo ist meine Bestellung?"),
    ("The lamp is broken.", "Die Lampe ist kaputt."),
    ("Can I have my money back?", "Kann ich mein Geld zurück haben?"),
    ("It came too late.", "Es kam zu spät."),
]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Workspace:
    place = Workspace.open(tmp_path_factory.mktemp("context"))
    rows = [Example(f"e{n}", f"{PAIRS[n % 4][0]} Number {n}.", f"{PAIRS[n % 4][1]} Nummer {n}.")
            for n in range(400)]  # fmt: skip
    splits = {"train": rows[:360], "validation": rows[360:380], "test": rows[380:]}
    store.save(place, "pairs", "translation", splits, prefix="translate English to German: ")
    short = {"train": rows[:20], "validation": [], "test": rows[380:]}
    store.save(place, "few", "translation", short)
    store.save(place, "tested", "translation", {"train": [], "validation": [], "test": rows[:50]})
    rng = np.random.default_rng(0)
    said = [Example(f"w{n}", " ".join(rng.choice(models.WORDS, 4)),
                    " ".join(rng.choice(models.WORDS, 4))) for n in range(900)]  # fmt: skip
    store.save(place, "words", "translation", {"train": said, "validation": [], "test": rows[:3]})
    summaries = [Example(f"s{n}", " ".join([PAIRS[n % 4][0]] * (1 + n % 9)), PAIRS[n % 4][1])
                 for n in range(160)]  # fmt: skip
    store.save(place, "notes", "summarization", {"train": summaries, "validation": [],
                                                 "test": rows[:3]})  # fmt: skip
    return place


class Told:
    """What a job says of itself, kept."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace, self.shares = workspace, []

    def report(self, share, message, /, **values):
        self.shares.append(share)


def measured(workspace: Workspace, model: str, **fields) -> found_by.Curve:
    told = Told(workspace)
    result = work.run(asdict(run.ContextRequest(model, **fields)), told)
    assert told.shares == sorted(told.shares)
    return found_by.open_curve(workspace, result["context"])


def test_it_is_a_job(workspace) -> None:
    request = run.ContextRequest("starter-causal", "pairs", None, 48)
    job, _ = run.start(workspace, request)
    result = runner.follow(workspace, job.id).result
    assert result is not None and result["tokens"] == 48
    assert found_by.open_curve(workspace, result["context"]).length == 48


@pytest.mark.parametrize(("model", "way", "length"), [
    ("starter-causal", "position", 128), ("starter-encode", "masked", 64),
])  # fmt: skip
def test_loss_by_position_in_long_documents(workspace, model: str, way: str, length: int) -> None:
    curve = measured(workspace, model, dataset="pairs", length=length)
    assert (curve.way, curve.length) == (way, length)
    assert curve.units >= 10 and curve.bins[0].start == 1 and curve.bins[-1].end == length
    starts = [one.start for one in curve.bins]
    assert starts[1:] == [one.end for one in curve.bins[:-1]]
    assert all(one.low <= one.nats <= one.high and 0 < one.nats < 20 for one in curve.bins)
    again = measured(workspace, model, dataset="pairs", length=length)
    assert again == curve  # Found, not measured anew.


def test_a_models_loss_is_that_of_its_own_forward(workspace) -> None:
    """The mean over all positions equals Transformers' own loss of the same documents."""
    curve = measured(workspace, "starter-causal", dataset="pairs", length=96)
    ref = resolve(workspace, "starter-causal")
    tokenizer, model = load_tokenizer(ref), load_model(ref, "causal")
    data = store.open_dataset(workspace, "pairs")
    rows = tuple(row for split in work.SPLITS for row in store.read(workspace, data, split))
    stream = document_loss.stream_of(tokenizer, reading.Texts("pairs", "", data, rows))
    before, _ = document_loss.around(tokenizer)
    inside = 96 - len(before)
    documents = [[*before, *stream[n * inside : (n + 1) * inside]] for n in range(curve.units)]
    ids = torch.tensor(documents)
    with torch.inference_mode():
        theirs = float(model(input_ids=ids, labels=ids).loss)
    ours = sum(one.nats * one.tokens for one in curve.bins) / curve.tokens
    assert ours == pytest.approx(theirs, abs=1e-4)
    assert curve.tokens == curve.units * 95


def test_joined_rows_have_the_same_content_at_every_length(workspace) -> None:
    curve = measured(workspace, "starter-translate", dataset="pairs", length=91)
    assert curve.way == "joined" and curve.length == 91 and curve.units >= 10
    assert [one.end for one in curve.bins][-3:] == [45, 64, 91]
    tokens = [one.tokens for one in curve.bins]
    # A joint can be tokenised in another way; nothing else differs.
    assert max(tokens) - min(tokens) <= 0.02 * max(tokens)


def test_inputs_that_cannot_be_joined_are_measured_as_they_are(workspace) -> None:
    curve = measured(workspace, "starter-translate", dataset="notes")
    assert curve.way == "length" and curve.units == 160
    ends = [one.end for one in curve.bins]
    assert ends == sorted(ends) and len(curve.bins) >= 2


def test_a_text_file_is_read(workspace, tmp_path) -> None:
    path = tmp_path / "book.txt"
    path.write_text(" ".join(f"Sentence number {n} is here." for n in range(400)), "utf-8")
    curve = measured(workspace, "starter-causal", text=str(path), length=64)
    assert curve.source == "book.txt" and curve.way == "position"


@pytest.mark.parametrize(("model", "fields", "words"), [
    ("starter-causal", {"dataset": "few", "length": 512}, "documents of 512 need 5,120"),
    ("starter-encode", {"dataset": "pairs", "length": 300}, "ends at 256"),
    ("starter-translate", {"dataset": "few", "length": 91}, "Give more data"),
    ("starter-causal", {"dataset": "tested"}, "only a test split"),
    ("starter-translate", {"text": "{book}"}, "needs pairs; name a dataset"),
])  # fmt: skip
def test_what_cannot_be_measured_is_said(workspace, tmp_path, model, fields, words) -> None:
    book = tmp_path / "b.txt"
    book.write_text("A word. " * 50, encoding="utf-8")
    given = {name: str(book) if value == "{book}" else value for name, value in fields.items()}
    with pytest.raises(BadInput, match=words):
        measured(workspace, model, **given)


def test_a_classifier_has_no_loss_at_a_position(workspace, tmp_path) -> None:
    folder = tmp_path / "classifier"
    ref = resolve(workspace, "starter-encode")
    load_model(ref, "classification", labels=("a", "b")).save_pretrained(folder)
    load_tokenizer(ref).save_pretrained(folder)
    held = slot.hold(resolve(workspace, str(folder)))
    facts = {"trained_tokens": 256, "windows_tokens": [None] * 4}
    own = Own("c", "learned", Limit("table", 256), facts, {})
    with pytest.raises(BadInput, match="saved for classification"):
        work.measure(held, own, reading.Texts("t", "", None, (), "x"), None, lambda _: None)


@pytest.mark.parametrize("length", [32, 64, 100, 130, 512, 1024, 4000])
def test_bins_cover_every_position_once(length: int) -> None:
    edges = document_loss.bin_edges(length)
    assert edges[0][0] == 1 and edges[-1][1] == length
    assert [start for start, _ in edges[1:]] == [end for _, end in edges[:-1]]
    assert all(end > start for start, end in edges) and len(edges) <= 20


def test_packs_fill_and_never_exceed() -> None:
    sizes = np.random.default_rng(0).integers(3, 12, 200)
    blocks = pair_loss.blocks_of(sizes, 90)
    assert all(80 - 12 < sizes[a:b].sum() <= 90 for a, b in blocks)
    for most in (12, 30, 90):
        for start, end in blocks:
            packs = list(pair_loss.packs_of(sizes[start:end], start, most))
            assert packs[0][0] == start and packs[-1][1] == end
            assert all(sizes[a:b].sum() <= most for a, b in packs)
            assert [a for a, _ in packs[1:]] == [b for _, b in packs[:-1]]


def test_the_first_bin_is_each_row_by_itself(workspace) -> None:
    curve = measured(workspace, "starter-translate", dataset="pairs", length=91)
    data = store.open_dataset(workspace, "pairs")
    ref = resolve(workspace, "starter-translate")
    tokenizer, model = load_tokenizer(ref), load_model(ref, "seq2seq")
    rows = [row for split in work.SPLITS for row in store.read(workspace, data, split)]
    pairs = [(data.model_input(row), row.target) for row in rows]
    found = list(pair_loss.target_losses(model, tokenizer, pairs, None))
    alone = sum(nats for _, nats, _ in found) / sum(tokens for *_, tokens in found)
    # The rows of all blocks are nearly all rows.
    assert curve.bins[0].nats == pytest.approx(alone, rel=0.03)


@pytest.mark.parametrize(("name", "way", "key"), [
    ("bart", "joined", "to_the_end"), ("marian", "joined", "to_the_end"), ("t5", "joined", None),
    ("gpt2", "position", None), ("llama", "position", None), ("mistral", "position", None),
    ("qwen3", "position", None), ("gemma3", "position", None), ("bloom", "position", None),
    ("mpt", "position", "to_the_end"),
])  # fmt: skip
def test_every_architecture_is_measured(workspace, tmp_path, name, way, key) -> None:
    models.build(name).save_pretrained(tmp_path)
    models.tokenizer().save_pretrained(tmp_path)
    curve = measured(workspace, str(tmp_path), dataset="words")
    assert curve.way == way and curve.units >= 10
    # A model with random weights says every word with about the same chance, wherever it stands.
    assert all(abs(one.nats - np.log(models.SIZE)) < 1.5 for one in curve.bins)
    if key:
        assert curve.length == 64  # The rows of its table.


def test_a_tokenizer_that_cannot_hide_a_token_is_told(workspace, tmp_path) -> None:
    models.build("roberta").save_pretrained(tmp_path)
    models.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(BadInput, match="no sign to hide"):
        measured(workspace, str(tmp_path), dataset="words", length=32)

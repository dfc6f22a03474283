"""The tokenizer: what goes in comes out, and a number is one token."""

import pytest
from transformers import AutoTokenizer

from core.starters import cldr, tokenizer
from tests.starters.shipped import MODELS, folder

SENTENCES = (
    "5 days ago",
    "January 5, 2021",
    "I don't know: is it 10.50 $ or 1,234 €?",
    "“Well,” she said—no (really).",
    "vor 5 Tagen",
    "5. Januar 2021",
    "Größe und Straße, für 99 Euro!",
    "il y a 5 jours",
    "L’été dernier, où étiez-vous à Noël ? Ça coûte 3\u00a0€.",
    "1\u202f234,5 kilomètres",
    "2021年1月5日星期二",
    "汤姆以1,234.56元买了3本书。",
    "他說：「你好嗎？」",
    "5天前",
    "A rare sign: 😀 ☃ Ω ж",
    "two  spaces",
)


@pytest.fixture(scope="module", params=MODELS)
def shipped(request):
    return AutoTokenizer.from_pretrained(folder(request.param), local_files_only=True)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_round_trip(shipped, sentence):
    ids = shipped(sentence).input_ids
    assert shipped.decode(ids, skip_special_tokens=True) == sentence
    assert shipped.unk_token_id not in ids


def test_cldr_phrases_round_trip(shipped):
    phrases = cldr.phrases()[::97]
    rows = shipped(phrases).input_ids
    back = shipped.batch_decode(rows, skip_special_tokens=True)
    # A space at either end would be lost: CLDR has none there in these languages.
    assert back == phrases


def test_every_number_is_one_token(shipped):
    for number in (*range(1_000), *range(1900, 2100)):
        text = str(number)
        assert shipped.tokenize(text) == ["▁", text]
        assert shipped.tokenize(f"第{number}章")[-2:] == [text, "章"]


def test_numbers_are_the_same_token_in_every_language(shipped):
    (token,) = shipped.convert_tokens_to_ids(["2021"])
    for text in ("January 5, 2021", "5. Januar 2021", "5 janvier 2021", "2021年1月5日", "x2021y"):
        assert token in shipped(text).input_ids


def test_special_tokens_of_each_architecture():
    tokenizers = {
        m: AutoTokenizer.from_pretrained(folder(m), local_files_only=True) for m in MODELS
    }
    translate, encode, causal = (tokenizers[model] for model in MODELS)
    assert (translate.pad_token_id, translate.eos_token_id, translate.unk_token_id) == (0, 1, 2)
    assert translate("a").input_ids[-1] == 1

    pair = encode("a", "b")
    assert encode.convert_ids_to_tokens(pair.input_ids) == ["[CLS]", "▁a", "[SEP]", "▁b", "[SEP]"]
    assert pair.token_type_ids == [0, 0, 0, 1, 1]
    hidden = encode("a [MASK] b").input_ids
    assert encode.convert_ids_to_tokens(hidden) == ["[CLS]", "▁a", "[MASK]", "▁b", "[SEP]"]

    batch = causal(["a", "a a a"], padding=True)
    assert causal.convert_ids_to_tokens(batch.input_ids[0]) == ["<pad>", "<pad>", "<s>", "▁a"]
    assert batch.attention_mask[0] == [0, 0, 1, 1]


def test_training_a_small_one(tmp_path):
    texts = ["das ist gut", "this is good", "0 ist gut", "这很好。", "good, gut!"] * 20
    made = tokenizer.dressed(tokenizer.train(texts, size=1_600), "translate")
    made.save_pretrained(tmp_path)
    again = AutoTokenizer.from_pretrained(tmp_path, local_files_only=True)
    assert again.get_vocab() == made.get_vocab()
    assert again.tokenize("7")[-1] == "7"
    assert again.convert_tokens_to_ids(list(tokenizer.SPECIAL)) == list(range(7))
    assert (
        again.decode(again("gut 这 ж 1999").input_ids, skip_special_tokens=True) == "gut 这 ж 1999"
    )

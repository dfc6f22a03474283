"""One Unigram tokenizer for the three starter models, and its three dresses.

A text is cut before the model sees it: numbers, runs of Chinese characters, punctuation marks and
no-break spaces stand alone, and a space before a letter belongs to the word ("▁ago"). Every whole
number from 0 to 999 and every year from 1900 to 2099 is one piece, the same in every language, so
that a small model can copy a number instead of spelling it. What the vocabulary lacks is written
in bytes: no text becomes <unk>, and decoding gives back what was encoded.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import PreTrainedTokenizerFast

from core.starters import cldr
from core.starters.corpus import LANGUAGES, Corpus, sentences

VOCABULARY = 8_192
PAD, END, UNKNOWN, BEGIN = "<pad>", "</s>", "<unk>", "<s>"
CLS, SEP, MASK = "[CLS]", "[SEP]", "[MASK]"
SPECIAL = (PAD, END, UNKNOWN, BEGIN, CLS, SEP, MASK)
"""Their places in this order are their ids, in every dress."""

NUMBERS = tuple(str(n) for n in (*range(1_000), *range(1900, 2100)))
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
# A number never appears in the training text, so its score is set: one piece beats any two.
NUMBER_SCORE = -8.0
# Worse than any learnt piece: bytes are the last resort.
BYTE_SCORE = -30.0

_CUT = Regex(r"[0-9]+|\p{Han}+|[^\p{L}\p{M}0-9'’▁]")
_DIGITS = re.compile(r"[0-9]+")
# Letters of the four languages that their text here may lack.
_LETTERS = list("àâæçéèêëîïôœùûüÿäößÀÂÆÇÉÈÊËÎÏÔŒÙÛÜÄÖ" + "\u00a0\u202f")
# The prefix stands before every sentence to translate: its words deserve a piece each.
_PREFIX_REPEATS = 500


@dataclass(frozen=True)
class Dress:
    """How one architecture wears the tokenizer.

    Attributes:
        single: Template of one text. pair: template of two.
        special: Which special token plays which role for transformers.
        max_length: Longest input the model is meant for, in tokens.
        padding_side: Where a batch is padded.
        token_types: Whether the model takes token_type_ids.
    """

    single: str
    pair: str
    special: dict[str, str]
    max_length: int
    padding_side: str = "right"
    token_types: bool = False


DRESSES = {
    "translate": Dress(
        f"$A {END}",
        f"$A {END} $B {END}",
        {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN},
        512,
    ),
    "encode": Dress(
        f"{CLS} $A {SEP}",
        f"{CLS} $A {SEP} $B:1 {SEP}:1",
        {
            "pad_token": PAD,
            "unk_token": UNKNOWN,
            "cls_token": CLS,
            "sep_token": SEP,
            "mask_token": MASK,
        },
        256,
        token_types=True,
    ),
    "causal": Dress(
        f"{BEGIN} $A",
        f"{BEGIN} $A {BEGIN}:1 $B:1",
        {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN, "bos_token": BEGIN},
        512,
        padding_side="left",
    ),
}


def _blank(model: models.Model) -> Tokenizer:
    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="first"),
            pre_tokenizers.Split(_CUT, behavior="isolated"),
        ]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.ByteFallback(), decoders.Metaspace(prepend_scheme="first")]
    )
    return tokenizer


def training_text(corpus: Corpus) -> list[str]:
    """Tatoeba's train sentences and the CLDR phrases, every number written as 0."""
    tatoeba = (text for texts in sentences(corpus.train).values() for text in texts)
    prefixes = [language.prefix for language in LANGUAGES] * _PREFIX_REPEATS
    return [_DIGITS.sub("0", text) for text in (*tatoeba, *cldr.phrases(), *prefixes)]


def train(texts: Iterable[str], size: int = VOCABULARY) -> Tokenizer:
    """Learn the pieces, then put special tokens, bytes and numbers in place.

    Args:
        texts: Training text without numbers other than 0.
        size: Entries of the vocabulary; all characters of the text are kept, even beyond it.
    """
    reserved = [*SPECIAL, *BYTES, *NUMBERS]
    learner = trainers.UnigramTrainer(
        vocab_size=max(size - len(reserved), 100),
        special_tokens=[UNKNOWN],
        unk_token=UNKNOWN,
        show_progress=False,
        initial_alphabet=_LETTERS,
        max_piece_length=16,
    )
    learnt = _blank(models.Unigram())
    learnt.train_from_iterator(texts, trainer=learner)
    pieces = [(piece, score) for piece, score in json.loads(learnt.to_str())["model"]["vocab"]]
    taken = set(reserved)
    vocabulary = [(token, 0.0) for token in SPECIAL]
    vocabulary += [(token, BYTE_SCORE) for token in BYTES]
    vocabulary += [(number, NUMBER_SCORE) for number in NUMBERS]
    vocabulary += [(piece, score) for piece, score in pieces if piece not in taken]
    return _blank(models.Unigram(vocabulary, unk_id=SPECIAL.index(UNKNOWN), byte_fallback=True))


def dressed(base: Tokenizer, model: str) -> PreTrainedTokenizerFast:
    """The tokenizer as one of the models wears it, ready to be saved.

    Args:
        base: The trained tokenizer.
        model: A key of DRESSES.
    """
    dress = DRESSES[model]
    tokenizer = Tokenizer.from_str(base.to_str())
    names = list(dress.special.values())
    # The space before a hidden word belongs to the word: [MASK] takes it, as in training.
    tokens = {name: AddedToken(name, special=True, lstrip=name == MASK) for name in names}
    tokenizer.add_special_tokens(list(tokens.values()))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=dress.single,
        pair=dress.pair,
        special_tokens=[(name, SPECIAL.index(name)) for name in names],
    )
    inputs = ["input_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=dress.max_length,
        padding_side=dress.padding_side,
        clean_up_tokenization_spaces=False,
        model_input_names=[*inputs[:1], "token_type_ids", *inputs[1:]]
        if dress.token_types
        else inputs,
        **{role: tokens[name] for role, name in dress.special.items()},
    )


def undressed(path: Path) -> Tokenizer:
    """The bare tokenizer below the one that a finished model wears."""
    worn = json.loads(path.read_text(encoding="utf-8"))
    return Tokenizer.from_str(json.dumps({**worn, "added_tokens": [], "post_processor": None}))


def load_or_train(
    corpus: Callable[[], Corpus], work: Path, siblings: Sequence[Path] = ()
) -> Tokenizer:
    """The tokenizer of a work folder; a finished sibling's, so that all share one; or a new one.

    Args:
        corpus: Gives the text that a new one is trained on.
        work: Folder where it is kept.
        siblings: tokenizer.json of models that are finished.
    """
    path = work / "tokenizer.json"
    if not path.is_file():
        work.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        made = undressed(siblings[0]) if siblings else train(training_text(corpus()))
        made.save(str(partial))
        partial.replace(path)
    return Tokenizer.from_file(str(path))

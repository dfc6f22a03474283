"""Forms: which fits which model, what each may be told, and what is refused in a sentence."""

import pytest

from core.deploy import forms
from core.deploy.forms import FORMS, Settings, fitted, form_named, spaced
from core.errors import BadInput, NotFound
from core.models.catalog import model
from core.text.catalog import LANGUAGES, t

T5, BERT, LLAMA = (
    model(name).shape for name in ("starter-translate", "starter-encode", "starter-causal")
)


@pytest.fixture
def packages(monkeypatch):
    monkeypatch.setattr(forms, "find_spec", lambda name: object())


def named(name, shape=T5):
    return form_named(name, shape.family)


def test_int8_of_what_is_no_decoder_is_that_of_ctranslate2():
    assert named("int8", T5).name == "ct2-int8"
    assert named("int8", BERT).name == "ct2-int8"
    assert named("int8", LLAMA).name == "int8"


def test_defaults_are_put_in(packages):
    assert fitted(named("pruned"), Settings(), T5, "m") == Settings(share=0.25, tune_seconds=30.0)
    assert fitted(named("shallow"), Settings(), T5, "m") == Settings(layers=1, tune_seconds=30.0)
    assert fitted(named("shallow", LLAMA), Settings(), LLAMA, "m").layers == 2
    made = fitted(named("distilled"), Settings(), T5, "m")
    assert made == Settings(student="half", tune_seconds=60.0)
    assert fitted(named("ct2-int8"), Settings(), T5, "m") == Settings()


@pytest.mark.parametrize(
    ("form", "settings", "shape", "words"),
    [
        ("int4", Settings(), T5, "int4 is made of decoder models, and m is an encoder-decoder"),
        ("pruned", Settings(share=0.0), T5, "--share 0 cannot be"),
        ("pruned", Settings(share=1.0), T5, "--share 1 cannot be"),
        ("pruned", Settings(share=float("nan")), T5, "--share nan cannot be"),
        ("shallow", Settings(layers=2), T5, "m has 2 layers a stack; keep 1 to 1"),
        ("shallow", Settings(layers=9), LLAMA, "m has 4 layers a stack; keep 1 to 3"),
        ("shallow", Settings(layers=0), T5, "--layers 0 cannot be"),
        ("ct2-int8", Settings(share=0.5), T5, "ct2-int8 takes no setting; leave --share away"),
        ("shallow", Settings(student="half"), T5, "leave --student away"),
        ("distilled", Settings(tune_seconds=0.0), T5, "knows nothing"),
        ("pruned", Settings(tune_seconds=-1.0), T5, "--tune-seconds -1 cannot be"),
        ("pruned", Settings(tune_seconds=float("inf")), T5, "--tune-seconds inf cannot be"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(packages, form, settings, shape, words):
    with pytest.raises(BadInput) as caught:
        fitted(named(form, shape), settings, shape, "m")
    assert words in str(caught.value)


@pytest.mark.parametrize(("form", "package"), [("int8", "torchao"), ("int4", "bitsandbytes")])
def test_a_missing_package_is_named_with_how_to_get_it(monkeypatch, form, package):
    monkeypatch.setattr(forms, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match=rf"needs {package}: pip install 'llm-assay\[quant\]'"):
        fitted(named(form, LLAMA), Settings(), LLAMA, "m")


def test_an_unknown_form_is_answered_with_the_known_ones():
    with pytest.raises(NotFound, match="ct2-fp32"):
        named("gguf")


def test_layers_are_kept_evenly_and_the_first_always():
    assert spaced(12, 6) == [0, 2, 4, 7, 9, 11]
    assert spaced(4, 2) == [0, 3]
    assert spaced(5, 1) == [0]
    assert spaced(3, 3) == [0, 1, 2]
    for layers in range(1, 13):
        for kept in range(1, layers + 1):
            found = spaced(layers, kept)
            assert len(set(found)) == kept
            assert found[0] == 0
    with pytest.raises(ValueError, match="cannot be kept"):
        spaced(2, 3)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_form_has_a_line_of_help(language):
    assert all(t(f"compress.help.{form.name}", language) for form in FORMS)


def test_a_whole_number_of_seconds_is_the_same_wish():
    found = fitted(named("shallow"), Settings(layers=1, tune_seconds=60), T5, "m").to_json()
    assert str(found) == "{'layers': 1, 'tune_seconds': 60.0}"

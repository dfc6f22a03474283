import pytest

from core.data.cleaning.identify import check_code, identify, is_other
from core.errors import BadInput


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The cat sat on the mat and looked at the birds outside.", "en"),
        ("Die Katze saß auf der Matte und sah den Vögeln draußen zu.", "de"),
        ("Le chat était assis sur le tapis et regardait les oiseaux.", "fr"),
        ("猫坐在垫子上，看着外面的鸟。", "zh"),
        ("猫はマットの上に座って外の鳥を見ていた。", "ja"),
        ("고양이가 매트 위에 앉아 밖의 새들을 바라보았다.", "ko"),
        ("Сегодня утром на севере страны было холодно и шёл дождь, поэтому поезда опоздали.", "ru"),
        ("Η γάτα καθόταν στο χαλί και κοίταζε τα πουλιά.", "el"),
    ],
)
def test_a_sentence_is_told(text, code):
    found, sure = identify(text)
    assert found == code
    assert 0.5 < sure <= 1


@pytest.mark.parametrize("short", ["", "ok", "12.03.2029 — 14:30", "Berlin", "A1 B2 C3", "好的"])
def test_too_little_is_left_undecided(short):
    assert identify(short) == (None, 0.0)
    assert is_other(short, "en", 0.8, 20) is None


def test_another_language_is_named_and_relatives_are_not():
    german = "Die Katze saß auf der Matte und sah den Vögeln draußen zu."
    assert is_other(german, "en", 0.8, 20) == "de"
    assert is_other(german, "de", 0.8, 20) is None
    danish = "Katten sad på måtten og kiggede på fuglene udenfor vinduet."
    assert is_other(danish, "no", 0.5, 20) is None


def test_unknown_codes_are_refused():
    assert check_code("de") == "de"
    with pytest.raises(BadInput, match="'klingon' is not a language that can be told"):
        check_code("klingon")

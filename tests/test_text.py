"""The catalogue: complete in both languages, and every key that the code asks for is in it."""

import ast
import re
import string
from pathlib import Path

import pytest

from core.text import catalog

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted([*(ROOT / "core").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")])
TOPICS = sorted(path.stem for path in (ROOT / "core" / "text" / "en").glob("*.toml"))
HAN = r"[\u4e00-\u9fff]"


def placeholders(sentence: str) -> set[str]:
    """Names in braces; not Plotly's own, `%{x}`."""
    sentence = re.sub(r"%\{(?!\{)[^}]*\}", "", sentence)
    return {name.split(".")[0] for _, name, _, _ in string.Formatter().parse(sentence) if name}


def sentences(language: str) -> dict[str, str]:
    return {
        f"{topic}.{key}": words
        for topic in TOPICS
        for key, words in catalog.topic(topic, language).items()
    }


EN, ZH = sentences("en"), sentences("zh")


def test_both_languages_have_the_same_files():
    chinese = sorted(path.stem for path in (ROOT / "core" / "text" / "zh").glob("*.toml"))
    assert chinese == TOPICS


def test_both_languages_have_the_same_keys():
    assert set(EN) - set(ZH) == set()
    assert set(ZH) - set(EN) == set()


def test_both_languages_take_the_same_values():
    differing = {key for key in EN if placeholders(EN[key]) != placeholders(ZH[key])}
    assert differing == set()


def test_no_sentence_is_empty_or_shouts():
    for key, words in [*EN.items(), *ZH.items()]:
        assert words.strip(), key
        assert not re.search("[!！]", words), f"{key}: {words}"
        assert not re.search("[\U0001f300-\U0001faff]", words), f"{key}: {words}"


def test_chinese_has_chinese_punctuation():
    found = {
        key: words
        for key, words in ZH.items()
        if re.search(rf"{HAN}[,;:?]|{HAN}\.(\s|$)|{HAN}\(|\){HAN}", words)
    }
    assert found == {}


def test_chinese_keeps_a_space_beside_latin_letters_and_digits():
    found = {
        key: words
        for key, words in ZH.items()
        if re.search(rf"{HAN}[A-Za-z0-9]|[A-Za-z0-9]{HAN}", re.sub(r"\{[^}]*\}", "", words))
    }
    assert found == {}


def asked(path: Path) -> list[tuple[str, str | re.Pattern[str], set[str] | None]]:
    """Where, which key (a pattern for an f-string), and the values (None = not known)."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        key = node.args[0]
        if name == "report" and len(node.args) > 1:
            key = node.args[1]
        elif name == "header":
            pass
        elif name != "t":
            continue
        values = {word.arg for word in node.keywords if word.arg}
        known = all(word.arg for word in node.keywords) and name != "header"
        where = f"{path.relative_to(ROOT)}:{node.lineno}"
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            found.append((where, key.value, values if known else None))
        elif isinstance(key, ast.JoinedStr):
            parts = (
                re.escape(part.value) if isinstance(part, ast.Constant) else ".+"
                for part in key.values
            )
            found.append((where, re.compile("".join(map(str, parts))), None))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_key_in_the_code_is_in_the_catalogue(path):
    for where, key, values in asked(path):
        if isinstance(key, re.Pattern):
            assert any(key.fullmatch(known) for known in EN), f"{where}: no key like {key.pattern}"
            continue
        assert key in EN, f"{where}: {key!r} is not in the catalogue"
        if values is not None:
            missing = placeholders(EN[key]) - values
            assert not missing, f"{where}: {key!r} wants {missing} as well"

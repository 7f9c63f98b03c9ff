"""The catalogues say everything that code and templates say, once, and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

import catalogues
from shindan.locale import LANGUAGES, negotiated, translator

OTHERS = [language for language in LANGUAGES if language != "en"]
_PLACES = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


def places(text: str) -> set[str]:
    return {"".join(found) for found in _PLACES.findall(text)}


def forms(said: Any) -> list[str]:
    """A text as the only one, or the forms of one that says a number."""
    return [said] if isinstance(said, str) else list(said or [])


@pytest.fixture(scope="module")
def wanted() -> dict[catalogues.Text, str]:
    return catalogues.wanted()


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_and_no_translation_is_left_over(
    language: str, wanted: dict[catalogues.Text, str]
) -> None:
    there = {catalogues.key(message) for _, message in catalogues.translated(language)}
    assert {text: place for text, place in wanted.items() if text not in there} == {}, "not translated"
    assert sorted(map(str, there - set(wanted))) == [], "translated, but said nowhere"


@pytest.mark.parametrize("language", OTHERS)
def test_translations_are_whole(language: str) -> None:
    seen: dict[catalogues.Text, object] = {}
    for file, message in catalogues.translated(language):
        said, texts = forms(message.string), forms(message.id)
        assert all(said), (file, message.id, "is empty")
        assert not message.fuzzy, (file, message.id, "is marked as doubtful")
        for one in said:
            assert places(one) <= places(texts[-1]), (file, message.id)
            assert places(texts[-1]) - places(one) <= {"num", "n"}, (file, message.id)
        assert seen.setdefault(catalogues.key(message), message.string) == message.string, (
            file,
            message.id,
            "is translated in two ways",
        )


@pytest.mark.parametrize("language", OTHERS)
def test_the_catalogue_is_read_as_one(language: str) -> None:
    said = translator(language)
    for _, message in catalogues.translated(language):
        if isinstance(message.id, str):
            assert said.gettext(message.id) == message.string
        else:
            assert said.ngettext(message.id[0], message.id[1], 2) == forms(message.string)[0]


def test_english_says_what_stands_in_the_code() -> None:
    said = translator("en")
    assert said.gettext("Sign in") == "Sign in"
    assert [said.ngettext("one", "many", count) for count in (0, 1, 2)] == ["many", "one", "many"]
    assert translator("xx").gettext("Sign in") == "Sign in"


@pytest.mark.parametrize(
    ("header", "language"),
    [("ja", "ja"), ("en;q=0.1, ja;q=0.2", "ja"), ("*", "en"), ("x" * 10_000, "en"), ("ja;q=2", "en"), ("ja;q=0.0005", "en"), ("ja-Hira-JP;q=0.3,de", "ja")],
)  # fmt: skip
def test_a_header_gives_a_language(header: str, language: str) -> None:
    assert negotiated(header) == language

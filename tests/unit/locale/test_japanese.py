"""The Japanese that people read keeps to its customs, and can be put together with any values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import catalogues
import japanese
from support import REPOSITORY

CATALOGUE = catalogues.translated("ja")
_NAMED = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def _texts() -> list[tuple[str, str, str]]:
    """(file, English, Japanese) of every translation."""
    found = []
    for file, message in CATALOGUE:
        english = message.id if isinstance(message.id, str) else message.id[-1]
        forms = [message.string] if isinstance(message.string, str) else list(message.string or ())
        found += [(file, english, form) for form in forms]
    return found


def test_it_keeps_to_the_customs() -> None:
    told = {(file, said): found for file, _, said in _texts() if (found := japanese.flaws(_bare(said)))}
    assert told == {}


def _bare(said: str) -> str:
    # What is put in may be Japanese or not: the space beside it is the translator's to judge.
    return _NAMED.sub("…", said)


def test_whole_sentences_are_polite() -> None:
    told = {(file, said): ends for file, _, said in _texts() if (ends := japanese.plain_ends(said))}
    assert told == {}


def test_a_sentence_stays_one() -> None:
    """What ends with a full stop, or asks, in English does so in Japanese; labels have none in either."""
    odd = []
    for file, english, said in _texts():
        stops = english.endswith(".") and english != said
        if english.endswith("?") != said.endswith("？") or (stops and not said.endswith("。")):
            odd.append((file, english, said))
        if said.endswith("。") and not english.endswith((".", "!")) and english[0].islower():
            odd.append((file, english, said))
    assert odd == []


def test_every_translation_has_japanese_in_it() -> None:
    """Unless it is one word that stays as it is, or only puts values together."""
    left = [
        (file, said)
        for file, english, said in _texts()
        if not re.search(r"[\u3041-\u30ff\u4e00-\u9fff]", said) and not (said == english and " " not in said)
    ]
    assert [one for one in left if re.search(r"[A-Za-z]", _bare(one[1]))] == []


def test_any_values_can_be_put_in() -> None:
    """A stray `%` or brace would break the page that shows the text, and only in Japanese."""
    for file, english, said in _texts():
        names = {a or b for a, b in _NAMED.findall(english)}
        values = {name: f"<{name}>" for name in names}
        if "%(" in english:
            made = said % {**values, "num": "<num>"}
        elif names:
            made = said.format(**values)
        else:
            continue
        assert "%(" not in made and "{" not in made, (file, said)


def test_a_name_that_is_used_once_in_english_is_used_as_often() -> None:
    """Each place of a text is filled as often as in English: none is doubled, none dropped but the plain number."""
    for file, english, said in _texts():
        there, wanted = (sorted(a or b for a, b in _NAMED.findall(text)) for text in (said, english))
        assert [one for one in there if one not in ("num", "n")] == [one for one in wanted if one not in ("num", "n")], (
            file, said,
        )  # fmt: skip


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "src/shindan/locale/ja").glob("*.po")), ids=lambda file: file.name
)
def test_a_catalogue_says_each_text_once_and_counts_as_japanese_does(file: Path) -> None:
    text = file.read_text()
    said = re.findall(r'^msgid "(.+)"$', text, re.MULTILINE)
    assert sorted({one for one in said if said.count(one) > 1}) == []
    assert r"Plural-Forms: nplurals=1; plural=0;\n" in text
    assert "msgstr[1]" not in text, "Japanese has one form for any number"

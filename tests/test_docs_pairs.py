"""A page that is there in English and in Japanese says the same in both: whoever changes one is reminded of the other."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import japanese
from support import REPOSITORY

PAIRS = {page.with_name(page.name.replace(".ja.md", ".md")): page for page in sorted(REPOSITORY.glob("**/*.ja.md"))}
"""English page → Japanese page."""
FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`[^`\n]+`")


def _prose(text: str) -> str:
    return FENCE.sub("", text)


def headings(text: str) -> list[str]:
    """The level of each heading, in order, with the number that a step has."""
    return re.findall(r"^(#+(?: \d+\.)?) ", _prose(text), re.MULTILINE)


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """(language, lines) of each code block; comments, which are translated, count as being there."""
    return [
        (name, [re.sub(r"(^|\s+)# .*", " #", line) for line in body.splitlines()]) for name, body in FENCE.findall(text)
    ]


def links(text: str) -> Counter[str]:
    """Where links lead, whatever the language of the page there; the order of words differs between languages."""
    return Counter(target.replace(".ja.md", ".md") for target in LINK.findall(_prose(text)))


def codes(text: str) -> Counter[str]:
    """Names, options and commands within sentences."""
    return Counter(CODE.findall(_prose(text)))


def rows(text: str) -> list[tuple[str, int]]:
    """(code or number that a row begins with, columns) of each row of the tables, in order."""
    found = [line.strip("|").split("|") for line in _prose(text).splitlines() if line.startswith("|")]
    return [("".join(re.findall(r"^ *(`[^`]+`|[0-9]+)", cells[0])), len(cells)) for cells in found]


def items(text: str) -> list[str]:
    """The mark of each item of the lists, in order."""
    return re.findall(r"^ *(-|\d+\.)(?= )", _prose(text), re.MULTILINE)


ASPECTS: tuple[Callable[[str], object], ...] = (headings, blocks, links, codes, rows, items)


def figures(text: str) -> Counter[str]:
    """Numbers within sentences: versions, sizes, exit codes."""
    bare = CODE.sub("", LINK.sub("", _prose(text)))
    return Counter(re.findall(r"\d+(?:\.\d+)*", re.sub(r"(?<=\d),(?=\d{3})", "", bare)))


def _name(given: object) -> str:
    return str(given.relative_to(REPOSITORY)) if isinstance(given, Path) else getattr(given, "__name__", "")


def test_the_first_pages_are_there_in_both_languages() -> None:
    assert {_name(page) for page in PAIRS} >= {"README.md", "docs/quickstart.md"}


@pytest.mark.parametrize("aspect", ASPECTS, ids=_name)
@pytest.mark.parametrize("english", PAIRS, ids=_name)
def test_both_have_the_same(english: Path, aspect: Callable[[str], object]) -> None:
    assert aspect(PAIRS[english].read_text()) == aspect(english.read_text())


@pytest.mark.parametrize("english", PAIRS, ids=_name)
def test_no_number_is_lost(english: Path) -> None:
    """Numbers that English writes as words may be digits in Japanese, not the other way round."""
    assert figures(english.read_text()) - figures(PAIRS[english].read_text()) == Counter()


@pytest.mark.parametrize("english", PAIRS, ids=_name)
def test_each_leads_to_the_other_below_its_title(english: Path) -> None:
    page = PAIRS[english]
    assert f"[日本語]({page.name})" in english.read_text().splitlines()[2]
    assert f"[English]({english.name})" in page.read_text().splitlines()[2]


@pytest.mark.parametrize("english", PAIRS, ids=_name)
def test_japanese_pages_lead_to_japanese_pages(english: Path) -> None:
    page = PAIRS[english]
    leads = {(page.parent / target).resolve() for target in LINK.findall(_prose(page.read_text())) if ":" not in target}
    assert leads & set(PAIRS) == {english}


@pytest.mark.parametrize("page", PAIRS.values(), ids=_name)
def test_the_japanese_keeps_to_its_customs(page: Path) -> None:
    # Markdown knows the end of bold text after a full stop by the space behind it.
    bare = re.sub(r"\]\([^)]*\)|\*\* ?|[\[\]*]", "", _prose(page.read_text()))
    told = {line: found for line in bare.splitlines() if (found := japanese.flaws(line))}
    assert told == {}
    assert [end for line in bare.splitlines() if not line.startswith("|") for end in japanese.plain_ends(line)] == []


CHANGES = {
    "a command has another option": (blocks, "make scan\n", "make scan ARGS=-h\n"),
    "a command is gone": (blocks, "shindan serve ", ""),
    "a comment is gone": (blocks, "make test    # every test, with linters and types", "make test"),
    "a heading has another level": (headings, "## Commands", "### Commands"),
    "a link leads elsewhere": (links, "](docs/scap.md)", "](docs/serve.md)"),
    "an option within a sentence": (codes, "`--fail-on`", "`--fail`"),
    "a row is gone": (rows, "| `oval` | OVAL of Oracle Linux | fixed only |\n", ""),
    "an exit code changes places": (rows, "| 2 | wrong usage |\n", "| 6 | wrong usage |\n"),
    "an item is new": (items, "- **Two passes.**", "- **First.**\n- **Two passes.**"),
    "a version": (figures, "Python 3.11", "Python 3.12"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_of_one_page_would_be_noticed(case: str) -> None:
    aspect, old, new = CHANGES[case]
    text = (REPOSITORY / "README.md").read_text() + "\n```sh\nmake scan\n```\n"
    assert old in text
    assert aspect(text.replace(old, new)) != aspect(text)


@pytest.mark.parametrize(
    "text",
    ["検出結果(HTML)", "削除しますか?", "Linuxのホスト", "１台のホスト", "通知先: 3", "重要度が高い", "サーバを止める", "、、", "ホスト 、タグ"],
)  # fmt: skip
def test_a_breach_of_custom_would_be_noticed(text: str) -> None:
    assert japanese.flaws(text)


def test_a_sentence_in_the_plain_form_would_be_noticed() -> None:
    assert len(japanese.plain_ends("判定する。判定します。判定した。判定しない。パッケージ。件数には含めません。")) == 3

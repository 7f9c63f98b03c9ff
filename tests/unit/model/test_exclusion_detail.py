"""Details of exclusions: our sentences become the reader's language, and nothing else in them changes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.locale import translator
from shindan.model.exclusion import REASONS as CODES
from shindan.model.exclusion_detail import REASONS, SENTENCES, WORDS, told

JAPANESE = translator("ja").gettext
_LETTERS = re.compile(r"[a-z]{3,}")


def same(text: str) -> str:
    return text


def filled(template: str) -> str:
    return re.sub(r"\{(\w+)\}", "7", template)


@pytest.mark.parametrize("template", (*SENTENCES, *REASONS))
def test_every_sentence_is_known_as_itself_and_not_as_another(template: str) -> None:
    wanted = re.sub(r"\{(\w+)\}", "7", JAPANESE(template))
    assert told(filled(template), JAPANESE) == wanted
    # Behind what it is about, too, and that stays.
    if template in REASONS:
        assert told(f"Root: no login, Other: {filled(template)}", JAPANESE) == f"Root: no login, Other: {wanted}"


def ja(template: str, **values: str) -> str:
    return JAPANESE(template).format(**values)


SILENT = ja(
    "No contact since {moment}; it last said: {answer}.", moment="2026-11-25T07:52:00Z", answer="busy, disk full"
)
FOREIGN = ja("not the distribution's own: {origin}", origin="Docker")
NO_FEED = ja("no feed speaks for {release}", release="x:1")
UNREAD = ja("nobody read {name}", name="/etc/motd")


@pytest.mark.parametrize(
    ("english", "japanese"),
    [
        (
            "Its release is debian:7. No feed that can be fetched speaks of it.",
            ja("Its release is {release}. {why}", release="debian:7", why=ja("No feed that can be fetched speaks of it.")),
        ),
        (
            "Its window was cut: No contact since 2026-11-25T07:52:00Z; it last said: busy, disk full.",
            ja("Its window was cut: {why}", why=SILENT),
        ),
        (
            "12 packages (foreign-origin), such as docker-ce, code: not the distribution's own: Docker; no feed speaks for x:1.",
            ja(
                "{number} packages ({word}), such as {names}: {more}.", number="12", word=ja("of foreign origin"),
                names="docker-ce, code", more=f"{FOREIGN}; {NO_FEED}",
            ),
        ),
        (
            "Root cannot log in over SSH, Idle sessions end: nobody looked for facts of the kind sshd",
            "Root cannot log in over SSH, Idle sessions end: " + ja("nobody looked for facts of the kind {kind}", kind="sshd"),
        ),
        (
            "9 more rules, for 2 reasons: nobody read /etc/motd; no reason given",
            ja(
                "{number} more rules, for {reasons} reasons: {more}", number="9", reasons="2",
                more=f"{UNREAD}; {ja('no reason given')}",
            ),
        ),
        ("kernel: 4 parameters may be read by root only", "kernel: 4 parameters may be read by root only"),
        ("ValueError: {broken} {}", "ValueError: {broken} {}"),
        ("", ""),
    ],
    ids=["a release", "an agent", "packages", "rules", "rarer reasons", "what a collector said", "braces", "nothing"],
)  # fmt: skip
def test_a_detail_in_japanese(english: str, japanese: str) -> None:
    assert told(english, JAPANESE) == japanese


@pytest.mark.parametrize("code", CODES)
def test_the_fixed_texts_of_every_code_are_translated(code: str) -> None:
    for text in CODES[code]:
        said = JAPANESE(text)
        assert said != text
        # What stays English stands as code, or is a name.
        left = set(_LETTERS.findall(re.sub(r"`[^`]*`", "", said)))
        assert left <= {"hindan"}


@settings(max_examples=200)
@given(st.one_of(st.text(max_size=80), st.sampled_from([*SENTENCES, *REASONS]).map(filled)), st.text(max_size=40))
def test_in_english_a_detail_is_what_it_was(detail: str, before: str) -> None:
    def keep(text: str) -> str:
        return next((word for word, told_as in WORDS.items() if told_as == text), text)

    for text in (detail, f"{before}: {detail}", f"Its release is {before}. {detail}"):
        assert told(text, keep) == text

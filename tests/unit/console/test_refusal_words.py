"""What is refused is said in the visitor's language first; the message for programs, in English, stands below it."""

from __future__ import annotations

import pytest

from shindan.console.refusal_words import GENERAL, said_of
from shindan.locale import translator
from shindan.model.errors import ShindanError
from shindan.model.refusals import InvalidInput, NoSuchEntity
from unit.console.visits import Site

MESSAGE = "the name of a target has 1 to 140 characters, not 0"
CASES = {
    "what was typed in": (InvalidInput("INVALID_TARGET_NAME", MESSAGE), "入力内容に誤りがあります。"),
    "what is not there": (NoSuchEntity("TARGET_DOES_NOT_EXIST", MESSAGE), "指定したものが見つからないか、すでに削除されています。"),
    "anything else": (ShindanError(MESSAGE), "指定した内容では処理できません。"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_message_without_a_sentence_of_its_own_has_a_general_one_in_japanese(case: str) -> None:
    error, japanese = CASES[case]
    said, below = said_of(error, translator("ja").gettext)
    assert said == japanese and below.startswith(MESSAGE)


@pytest.mark.parametrize("case", CASES)
def test_in_english_the_message_itself_is_said_and_nothing_twice(case: str) -> None:
    said, below = said_of(CASES[case][0], translator("en").gettext)
    assert said.startswith(MESSAGE) and below == ""


def test_every_error_has_a_general_sentence() -> None:
    assert list(GENERAL)[-1] is ShindanError, "the one that fits all comes last"


def test_a_form_that_is_refused_says_so_in_japanese(site: Site) -> None:
    browser = site.entered(language="ja")
    browser.look("/console/targets/new")
    page = browser.fill("/console/targets/new", name="x" * 141, tag_key="", tag_value="")
    assert page.status_code == 422
    assert "入力内容に誤りがあります。" in page.text
    assert '<p class="soft" lang="en">' in page.text and "140" in page.text

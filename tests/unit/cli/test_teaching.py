"""What `--help` and the documents show can be typed as it stands: every command, option and argument of it is there."""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from shindan.cli.app import app
from shindan.cli.teaching import examples, laid_out
from support import REPOSITORY

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
_BEFORE = re.compile(r"(sudo|[A-Z_]+=\S*|ssh \S+|runuser -u \S+ --)$")
"""What may stand before `shindan` in a command: what runs it as somebody else, elsewhere, or with a variable."""


@functools.cache
def root() -> Any:
    return get_command(app)


@functools.cache
def commands() -> dict[str, Any]:
    """Every command that does something, groups left out, by the words behind `shindan`."""
    whole = root()
    found: dict[str, Any] = {}
    for name in whole.places:
        command = whole.get_command(None, name)
        children = getattr(command, "commands", None)
        if children is None:
            found[name] = command
        for verb, child in (children or {}).items():
            found[f"{name} {verb}"] = child
    return found


def typed(line: str) -> list[list[str]]:
    """The arguments of each `shindan` that a line of shell runs, here or by ssh elsewhere."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    found: list[list[str]] = []
    words: list[str] = []
    redirected = False
    for word in [*lexer, ";"]:
        if set(word) <= set("<>"):
            redirected = True  # the word that follows is a file of the shell's
        elif set(word) <= set("|&;()"):
            found += _arguments(words)
            words = []
        elif redirected:
            redirected = False
        else:
            words.append(word)
    return found


def _arguments(words: list[str]) -> list[list[str]]:
    for place, word in enumerate(words):
        if word.rpartition("/")[2] == "shindan" and (place == 0 or _BEFORE.search(" ".join(words[:place]))):
            return [words[place + 1 :]]
    return []


def refused(arguments: list[str]) -> str:
    """Why the command line would not take these; "" where it would. Nothing is run."""
    rest = list(arguments)
    whole = root()
    context = whole.context_class(whole, info_name="shindan")
    command = whole
    try:
        while hasattr(command, "commands"):
            if rest and rest[0].startswith("-"):  # options of a group, such as `shindan run --this-host`
                whole_or_group = command.make_context("shindan", rest, parent=context)
                return "" if not whole_or_group.args else f"left over: {whole_or_group.args}"
            _, command, rest = command.resolve_command(context, rest or ["(nothing)"])
        command.make_context(arguments[0], rest, parent=context)
    except Exception as error:  # noqa: BLE001 - the errors of a command line have no public name in typer
        said = getattr(error, "format_message", None)
        return (said() if said else str(error)) or repr(error)
    return ""


def shown_in(page: Path) -> Iterator[str]:
    """Lines of shell blocks that have `shindan` in them, continued lines joined."""
    for block in re.findall(r"^ *```(?:sh|console)?\n(.*?)^ *```", page.read_text(), re.DOTALL | re.MULTILINE):
        for line in block.replace("\\\n", " ").splitlines():
            if re.search(r"(^|[ |])shindan ", line.strip()):
                yield re.sub(r"\s{2,}# .*|^# .*", "", line.strip())


@pytest.mark.parametrize("name", commands())
def test_every_verb_shows_examples_that_can_be_typed(name: str) -> None:
    command = commands()[name]
    shown = examples(command.help or "")
    assert shown or not [one for one in command.params if one.required]
    for line in shown:
        runs = typed(line)
        assert any(" ".join(one).startswith(name) for one in runs), line
        assert [refused(one) for one in runs] == [""] * len(runs), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_can_be_typed(page: Path) -> None:
    wrong = {line: why for line in shown_in(page) for one in typed(line) if (why := refused(one))}
    assert wrong == {}


def test_what_would_be_refused_is_seen() -> None:
    assert refused(["hosts", "submit"]) != ""
    assert refused(["hosts", "submit", "x", "--nope"]) != ""
    assert refused(["nope"]) != ""
    assert typed("ssh a shindan collect | shindan hosts submit - --tag 'a=b c' > out; true") == [
        ["collect"], ["hosts", "submit", "-", "--tag", "a=b c"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "laid"),
    [
        ("Does it.", "Does it."),
        ("Does it.\n\nExample: shindan x", "Does it.\n\n\b\nExample:\n  shindan x"),
        (
            "Does it.\n\nExamples: shindan x      shindan y --z\nshindan w",
            "Does it.\n\n\b\nExamples:\n  shindan x\n  shindan y --z\n  shindan w",
        ),
        ("\b\nExample:\n  shindan x", "\b\nExample:\n  shindan x"),
    ],
    ids=["none", "one", "several", "laid out before"],
)
def test_examples_are_laid_out_a_line_each(text: str, laid: str) -> None:
    assert laid_out(text) == laid
    assert laid_out(laid) == laid
    assert examples(laid) == examples(text)


def test_lists_of_verbs_say_whole_sentences() -> None:
    whole = root()
    for name in whole.places:
        command = whole.get_command(None, name)
        for child in getattr(command, "commands", {}).values():
            said = child.get_short_help_str(20)
            assert said.endswith("."), (name, said)
            assert not said.endswith("..."), (name, said)

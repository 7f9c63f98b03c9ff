"""How help is laid out: examples a line each, to be copied, and what verbs do without an ellipsis."""

from __future__ import annotations

import inspect
import re
from typing import Any

_HEADING = re.compile(r"Examples?:\s+")
_BETWEEN = re.compile(r"\n\s*| {3,}")
_SENTENCE = re.compile(r".*?[.](?=\s|$)", re.DOTALL)
_AS_IT_STANDS = "\b\n"
"""Before a paragraph it keeps click from filling lines (its documentation, "Preventing Rewrapping")."""


def taught(command: Any) -> Any:
    """The command with its help laid out, and those below it; for each that is loaded, once.

    A docstring's last paragraph begins with `Example: ` or `Examples: `; one of them stands in a line, or three spaces
    and more are between two.
    """
    if command.help:
        command.help = laid_out(command.help)
    for child in getattr(command, "commands", {}).values():
        if child.help and not child.short_help:
            child.short_help = _first_sentence(child.help)
        taught(child)
    return command


def laid_out(text: str) -> str:
    """A help text with each example in a line of its own."""
    return "\n\n".join(_paragraph(one) for one in inspect.cleandoc(text).split("\n\n"))


def examples(text: str) -> list[str]:
    """The commands that a help text shows, whether it was laid out before or not."""
    for one in inspect.cleandoc(text).split("\n\n"):
        paragraph = one.removeprefix(_AS_IT_STANDS)
        if heading := _HEADING.match(paragraph):
            return [line.strip() for line in _BETWEEN.split(paragraph[heading.end() :].strip())]
    return []


def _paragraph(text: str) -> str:
    found = examples(text)
    if not found or text.startswith(_AS_IT_STANDS):
        return text
    return _AS_IT_STANDS + "\n".join(["Example:" if len(found) == 1 else "Examples:", *(f"  {one}" for one in found)])


def _first_sentence(text: str) -> str:
    paragraph = " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
    found = _SENTENCE.match(paragraph)
    return found[0] if found else paragraph

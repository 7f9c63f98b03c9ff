"""Texts of others, made harmless to look at; escaping them is the template engine's."""

from __future__ import annotations

from typing import Any
from unicodedata import category

from markupsafe import Markup

_TRACELESS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, marks that hide or turn text, lone surrogates, and separators of lines."""


def harmless(value: Any) -> Any:
    """A text without what moves, hides or turns other text: that becomes U+FFFD, so that nothing vanishes unseen."""
    if not isinstance(value, str) or value.isprintable():
        return value
    made = "".join("\ufffd" if category(letter) in _TRACELESS and letter not in "\n\t" else letter for letter in value)
    return Markup(made) if isinstance(value, Markup) else made  # noqa: S704 - no letter of markup was added


def shortened(value: object, length: int = 120) -> str:
    """The beginning of a text that may be of any length."""
    text = str(value)
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"

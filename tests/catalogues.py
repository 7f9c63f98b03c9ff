"""What texts there are to translate: found in code and templates, as Babel finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po

from support import REPOSITORY

SOURCE = REPOSITORY / "src" / "shindan"
TEMPLATES = ("console/templates/*.jinja", "render/*.jinja")
Text = str | tuple[str, ...]
"""A text, or the forms of one that says a number."""


def wanted() -> dict[Text, str]:
    """Every text that is marked, with a place where it stands (`console/users.py:12`)."""
    found: dict[Text, str] = {}
    for path, method in _files():
        with path.open("rb") as stream:
            for line, text, _, _ in extract(method, stream, DEFAULT_KEYWORDS, (), _OPTIONS.get(method, {})):
                found.setdefault(text if isinstance(text, str) else tuple(text), f"{path.relative_to(SOURCE)}:{line}")
    return found


def key(message: Message) -> Text:
    """What a message translates."""
    return message.id if isinstance(message.id, str) else tuple(message.id)


def translated(language: str) -> list[tuple[str, Message]]:
    """(file, message) of every catalogue of a language."""
    found = []
    for path in sorted((SOURCE / "locale" / language).glob("*.po")):
        with path.open("rb") as stream:
            found += [(path.name, message) for message in read_po(stream, locale=language) if message.id]
    return found


_OPTIONS = {"jinja2.ext:babel_extract": {"extensions": "jinja2.ext.do", "trimmed": "true", "silent": "false"}}


def _files() -> Iterator[tuple[Path, str]]:
    for pattern in TEMPLATES:
        yield from ((path, "jinja2.ext:babel_extract") for path in sorted(SOURCE.glob(pattern)))
    for path in sorted(SOURCE.rglob("*.py")):
        if b"gettext" in (content := path.read_bytes()) or b"N_(" in content:
            yield path, "python"

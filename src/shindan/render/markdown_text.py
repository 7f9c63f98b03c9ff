"""Text in Markdown that stays text."""

from __future__ import annotations

import re

from shindan.render.words import harmless

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!@])")


def plain(text: str) -> str:
    """Text as itself: nothing in it is markup, a mention, or the end of a cell."""
    return _SPECIAL.sub(r"\\\1", harmless(text)).replace("://", ":\u200b//")

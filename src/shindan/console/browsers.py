"""What a browser calls itself, in few words."""

from __future__ import annotations

import re

_BROWSERS = (
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Firefox", r"Firefox/|FxiOS/"),
    ("Chrome", r"Chrome/|CriOS/|Chromium/"),
    ("Safari", r"Safari/"),
)
_SYSTEMS = (
    ("Android", r"Android"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Windows", r"Windows"),
    ("macOS", r"Mac OS X|Macintosh"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)


def named(client: str) -> str:
    """`Firefox, Linux`; what it calls itself where neither is known."""
    found = [next((name for name, mark in known if re.search(mark, client)), "") for known in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name) or client

"""The texts of a finding taken apart again: why it is one, what was observed, where to read more.

Findings have them as the API shows them, in one piece (`cve_flaws`, `cis_flaws`, `host_flaws` put them together).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.model.issue_views import Observed

_BEGINS = re.compile(r"[^;]{1,300}?: |and [\d,]+ more$")
"""How a piece of evidence begins: what was looked at; what does not is the rest of what was observed before."""
_WANTED = re.compile(r"(.*) \(wanted: (.*)\)", re.DOTALL)
_REFERENCE = re.compile(r"\s*Reference: \[[^\]]*\]\((https?://[^\s()]+)\)\.?\s*$")


def parted(description: str) -> tuple[str, str]:
    """(reason, statement about the host) of a rule's description, in which `{subject}` is not put in yet."""
    reason, gap, statement = description.rpartition("\n\n")
    return (reason, statement) if gap and "{subject}" in statement else (description, "")


def observed(text: str) -> tuple[Observed, ...]:
    """Evidence in one line (`host_flaws.observed`), one by one."""
    return tuple(_one(piece) for piece in _pieces(text)) if text else ()


def referenced(recommendation: str) -> tuple[str, str]:
    """(what to do, an address to read more at); "" for none, or for one that no browser should be led to."""
    found = _REFERENCE.search(recommendation)
    return (recommendation[: found.start()], found[1]) if found else (recommendation, "")


def _pieces(text: str) -> Iterator[str]:
    begun = ""
    for piece in text.split("; "):
        if begun and _BEGINS.match(piece):
            yield begun
            begun = piece
        else:
            begun = f"{begun}; {piece}" if begun else piece
    yield begun


def _one(piece: str) -> Observed:
    found = _WANTED.fullmatch(piece)
    return Observed(found[1], found[2]) if found else Observed(piece)

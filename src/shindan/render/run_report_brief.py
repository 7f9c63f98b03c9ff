"""A finding in a line or two, for paper: id, severity, title, what to do, and on which hosts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shindan.model.report import Affected, ReportFinding
from shindan.render.run_report_numbers import Numbers, ranges
from shindan.render.run_report_prose import paragraphs
from shindan.render.run_report_shapes import Room
from shindan.render.run_report_words import Tongue, hosts, severities

_TITLE, _FIX = 120, 160
_LEAST, _MOST = 100, 700
_ROOMY = 200
"""Characters from which on there is room for a title that says no more than the id does."""
_FEW = 3
_SENTENCE = re.compile(r"(.{12,}?[.。])(?:\s|$)")


def length_of(room: Room, number: int) -> int:
    """How many characters each of so many findings in brief may take."""
    return min(max(room.brief // max(1, number), _LEAST), _MOST)


def brief(one: ReportFinding, length: int, numbers: Numbers, tongue: Tongue) -> str:
    """What stands behind the finding's id, or its title where it has none."""
    roomy = length >= _ROOMY
    title = one.title if one.id and one.title != one.id and (roomy or one.id not in one.title) else ""
    parts = [severities(tongue)[one.severity], _cut(title, _TITLE if roomy else _FIX // 2), _fix(one, roomy)]
    told = " · ".join(part for part in parts if part)
    if not one.hosts:
        return told
    left = max(length - len(told) - len(one.id or one.title), 40)
    return f"{told} · {named(one.hosts, left, numbers, tongue)}"


def named(affected: Sequence[Affected], most: int, numbers: Numbers, tongue: Tongue) -> str:
    """Some hosts: a few by their ids, many by their numbers, and how many of them had no room."""
    ids = list(dict.fromkeys(one.host for one in affected))
    said = f"{hosts(tongue, len(ids))}: "
    plain = ", ".join(ids)
    if len(ids) <= _FEW and len(said) + len(plain) <= most:
        return said + plain
    text, left = by_number(ids, most - len(said), numbers)
    if not text:
        return f"{said}{ids[0]}{_more(len(ids) - 1, tongue)}"
    return f"{said}{text}{_more(left, tongue)}"


def by_number(ids: Sequence[str], most: int, numbers: Numbers) -> tuple[str, int]:
    """`No. 1–5, 9` in at most so many characters, and how many hosts are not in it."""
    known = [numbers[id_] for id_ in ids if id_ in numbers]
    text, left = ranges(known, most - len("No. "))
    return f"No. {text}" if text else "", left + len(ids) - len(known)


def _more(number: int, tongue: Tongue) -> str:
    return f" {tongue.counted('and {n} more', 'and {n} more', number)}" if number > 0 else ""


def _fix(one: ReportFinding, roomy: bool) -> str:
    first = next(iter(paragraphs(one.recommendation or one.description, _FIX * 4)), ())
    text = "".join(piece.text for piece in first)
    sentence = _SENTENCE.match(text)
    return _cut(sentence[1] if sentence else text, _FIX if roomy else _FIX // 2)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} …"

"""One file of Ubuntu's CVE tracker → the advisory of one CVE id, with every state of every release.

Source: README and `scripts/cve_lib.py` of https://git.launchpad.net/ubuntu-cve-tracker: lines
`RELEASE_PACKAGE: STATE (DETAIL)`, priorities for all, for a package, or for a package in a release.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.feeds.scores import vector
from shindan.feeds.ubuntu_series import place
from shindan.model.advisory import Advisory, Affected, State
from shindan.model.errors import FeedError

FILE = re.compile(r"(?:^|/)(?:active|retired|ignored)/(CVE-\d{4}-[\dNX]+)$")
"""The files that speak of one CVE id; beside them lie drafts, lists and subprojects."""

_LINE = re.compile(r"^([a-z][a-z0-9.+/-]*)_([A-Za-z0-9][\w.+-]*):\s*([A-Za-z-]+)(?![\w.])\s*(.*)$")
_FIELD = re.compile(r"^([A-Za-z][\w.+/-]*):\s*(.*)$")
_VECTOR = re.compile(r"(?:CVSS:\d\.\d/)?AV:[A-Z]/\S+")
_VERSION = re.compile(r"^\d[\w.+:~-]*$")
_ENDED = re.compile(r"end[- ]of[- ](?:life|standard support)|out of standard support|reached end", re.I)
_WAS_OPEN = re.compile(r"was (?:need|deferred|pending|in-progress|active)", re.I)
_DESCRIPTION = 2000
_REFERENCES = 10
_STATES: dict[str, State] = {
    "needed": "affected",
    "active": "affected",
    "in-progress": "affected",
    "pending": "affected",
    "needs-triage": "under_investigation",
    "deferred": "deferred",
    "released": "fixed",
    "not-affected": "not_affected",
    "DNE": "not_affected",
    "ignored": "will_not_fix",
}


def advisory_of(name: str, content: bytes) -> Advisory:
    """The advisory of one tracker file. Raises FeedError for a file that names no candidate."""
    lines = content.decode("utf-8", "replace").splitlines()
    fields = _fields(lines)
    id_ = next(iter(fields.get("Candidate", [""])), "")
    if not id_.startswith("CVE-"):
        raise FeedError(f"{name} is no file of Ubuntu's CVE tracker: it names no candidate")
    vectors = (vector(_assigner(said), found[0]) for said in fields.get("CVSS", []) if (found := _VECTOR.search(said)))
    description = " ".join(fields.get("Ubuntu-Description", []) or fields.get("Description", []))
    return Advisory(
        id=id_,
        feed="ubuntu",
        affected=tuple(_rows(lines, fields)),
        cves=(id_,),
        severity=_priority(fields, "Priority"),
        vectors=tuple(one for one in vectors if one is not None),
        description=description[:_DESCRIPTION],
        references=tuple(line for line in fields.get("References", []) if "://" in line)[:_REFERENCES],
        published=_date(fields),
        withdrawn="REJECT **" in description,
    )


def _fields(lines: list[str]) -> dict[str, list[str]]:
    """Field → its first line and all that are indented below it."""
    fields: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        match = _FIELD.match(line)
        if match:
            current = fields.setdefault(match[1], [])
            if match[2].strip():
                current.append(match[2].strip())
        elif line[:1] in (" ", "\t") and line.strip():
            current.append(line.strip())
    return fields


def _rows(lines: list[str], fields: dict[str, list[str]]) -> Iterator[Affected]:
    for line in lines:
        match = _LINE.match(line)
        where = place(match[1]) if match else None
        if match is None or where is None or match[3] not in _STATES:
            continue
        package, word, said = match[2], match[3], match[4].strip()
        detail = said.strip("()[] \t")  # some lines lack a bracket
        version = detail.split(",")[0].split(" ")[0] if word == "released" else ""
        fixed = version if _VERSION.match(version) else ""
        keys = (f"Priority_{package}_{match[1]}", f"Priority_{package}", "Priority")
        yield Affected(
            platform=where[0],
            package=package,
            scheme="deb",
            fixed=fixed,
            state=_state(word, detail, fixed),
            vendor_state=f"{word} {said}" if said and not fixed else word,
            names="source",
            severity=next((priority for key in keys if (priority := _priority(fields, key))), ""),
            only_if=where[1],
        )


def _state(word: str, detail: str, fixed: str) -> State:
    """The state behind a tracker's word and its remark."""
    if word == "released" and not fixed:
        return "not_affected"  # fixed before the release was made: no version of it has the flaw
    if word == "ignored" and _ENDED.search(detail):
        return "end_of_life"
    if word == "DNE" and _WAS_OPEN.search(detail):
        return "end_of_life"  # `DNE (trusty was needed)`: nobody looks any more, and it was never fixed
    return _STATES[word]


def _priority(fields: dict[str, list[str]], key: str) -> str:
    said = fields.get(key)
    return said[0].split()[0] if said else ""


def _assigner(said: str) -> str:
    return said.partition(":")[0].strip() if not said.startswith(("CVSS:", "AV:")) else "ubuntu"


def _date(fields: dict[str, list[str]]) -> str:
    """`2019-08-06 17:00:00 UTC` as ISO 8601."""
    said = next(iter(fields.get("PublicDate", []) or fields.get("PublicDateAtUSN", [])), "")
    match = re.match(r"(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d))?", said)
    if not match:
        return ""
    return f"{match[1]}T{match[2]}Z" if match[2] else match[1]

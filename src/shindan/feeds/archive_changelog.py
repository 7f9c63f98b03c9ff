"""Which version fixed which CVE, told by a source package's debian/changelog.

A release's host at version v lacks a fix exactly when the entry that names the CVE stands above v's own. Two versions
say that as an interval, for a rebuild (`1.2-1~deb12u1`) carries the entries of a version (`1.2-1`) that the release
never shipped and that sorts higher: `fixed` is the first version at or above the entry that was made for the release,
and `until` ends the interval where versions with the fix sort below that one.

Source: deb-changelog(5).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shindan.versions import key

_HEADER = re.compile(r"^(\S+) \(([^()\s]+)\)((?:\s+[-+.\w]+)*)\s*;")
_CVE = re.compile(r"\bCVE-\d{4}-\d{4,7}\b")
_ALSO = re.compile(r"\bCVE-(\d{4})-\d{4,7}((?:(?:,|/|\s+and|\s+&)\s*-\d{4,7}\b)+)")
_BULLET = re.compile(r"^(\s{1,12})[*+-]\s")
_CLAUSE = re.compile(r"(?<=[.;])\s")
_REVERTS = re.compile(r"\b(?:revert(?:s|ed|ing)?|back(?:s|ed|ing)? out)\b", re.IGNORECASE)
_UNDOES = re.compile(rf"{_REVERTS.pattern}|\b(?:disabl(?:e|es|ed|ing))\b", re.IGNORECASE)
_QUOTED = re.compile(r"\"[^\"]*\"")
_UNDONE = re.compile(r"CVE-\d{4}-\d{4,7}\S*:?\s+(?:\w+\s+)?(?:reverted|disabled|backed out)\b", re.IGNORECASE)
_IN_ORDER_TO = re.compile(r"\b(?:to|that|which) (?:fix|address|mitigat|resolv|prevent|solv|close)\w*", re.IGNORECASE)
_WHAT_FIXED = re.compile(r"\b(?:fix(?:es)?|patch(?:es)?|changes?|backports?|mitigations?|updates?)\b", re.IGNORECASE)
_NOT_FIXED = re.compile(
    r"\b(?:(?:do|does|did) not fix|(?:doesn't|didn't) fix|not affected by|not vulnerable to|unaffected by"
    r"|still vulnerable to|not (?:yet )?fixed|without (?:a )?fix(?:es)? for)\b",
    re.IGNORECASE,
)

_ID_LIST = r"CVE-\d{4}-\d{4,7}(?:(?:\s*[,/&+]\s*|\s+and\s+|\s+)(?:CVE-\d{4})?-\d{4,7})*"
# `(CVE-…, CVE-…)` at any place, and `CVE-…:` or `Fix CVE-…` before what there is to say.
_NAMING = re.compile(
    rf"[(\[]\s*(?:(?:fixes|closes)?:?\s*)?{_ID_LIST}[^)\]]*[)\]]|^(?:fix(?:es)?:?\s+)?{_ID_LIST}\s*[:,-]?",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"\((?:Closes|LP):[^)]*\)", re.IGNORECASE)
_SHORTEST_TEXT, _LONGEST_TEXT = 8, 160


@dataclass(frozen=True, slots=True)
class Entry:
    """One changelog entry: its version, the suites it was uploaded to, CVE ids it fixes and those it reverts.

    `texts` are the items that name the fixed ids, by id, as far as they say more than the id.
    """

    version: str
    suites: tuple[str, ...]
    fixes: frozenset[str]
    reverts: frozenset[str]
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fix:
    """A CVE's fix in a release: hosts below `fixed` lack it, those only that are at or below `until` if it is set."""

    cve: str
    fixed: str
    until: str = ""
    text: str = ""


def entries(changelog: str) -> list[Entry]:
    """The entries, newest first; what is malformed is passed over."""
    found: list[Entry] = []
    header: re.Match[str] | None = None
    body: list[str] = []
    for line in changelog.splitlines():
        match = _HEADER.match(line)
        if match is not None:
            if header is not None:
                found.append(_entry(header, body))
            header, body = match, []
        elif header is not None and not line.startswith(" --"):
            body.append(line)
    if header is not None:
        found.append(_entry(header, body))
    return found


def fixes(found: Sequence[Entry], codenames: Collection[str], shipped: Collection[str]) -> Iterator[Fix]:
    """The fixes that a release carries, from the entries of its newest version (newest first).

    `codenames` are the release's names (`bookworm`, `stable`), `shipped` the versions that its suites list now. What
    the oldest entry names is left out: no version without it is known.
    """
    latest: dict[str, int] = {}
    for position in range(len(found) - 1, -1, -1):
        for cve in found[position].reverts:
            latest.pop(cve, None)
        for cve in found[position].fixes:
            latest.setdefault(cve, position)
    order = [_key(entry.version) for entry in found]
    below, lowest = _highest_below(order), _lowest_with(order)
    own = [position for position, entry in enumerate(found) if _of_release(entry, codenames, shipped)] or [0]
    for cve, position in sorted(latest.items()):
        older = below[position]
        first = max((place for place in own if place <= position), default=0)
        if older is not None and order[first] is not None:
            until = _until(found, order, first, lowest[position], older)
            yield Fix(cve, _sooner(shipped, until, found[first].version), until, found[position].texts.get(cve, ""))


def _sooner(shipped: Collection[str], until: str, fixed: str) -> str:
    """A version between the two that the suites list although the changelog does not name it, else `fixed`."""
    if not until:
        return fixed
    low, high = _key(until), _key(fixed)
    between = [(here, one) for one in shipped if (here := _key(one)) and low and high and low < here < high]
    return min(between)[1] if between else fixed


def _until(found: Sequence[Entry], order: Sequence[bytes | None], first: int, least: int | None, older: int) -> str:
    """The last version without a fix, where some with it sort below the release's first (`found[first]`).

    That is the highest older version, or whatever sorts below the least version with the fix. `1.2-1~` stands for the
    latter: below 1.2-1, and below every rebuild (`1.2-1~deb12u1`) of it, but above all that came before.
    """
    fixed = order[first]
    lowest = order[least] if least is not None else None
    if least is None or lowest is None or fixed is None or lowest >= fixed:
        return ""
    before = found[least].version + "~"
    highest = order[older]
    if highest is None or highest <= (_key(before) or b""):
        return before
    return found[older].version if highest < fixed else ""


def _highest_below(order: Sequence[bytes | None]) -> list[int | None]:
    """For each entry, the place of the highest version among the older ones; None below the oldest."""
    highest: list[int | None] = [None] * len(order)
    best: int | None = None
    for position in range(len(order) - 1, -1, -1):
        highest[position] = best
        best = _better(order, best, position, higher=True)
    return highest


def _lowest_with(order: Sequence[bytes | None]) -> list[int | None]:
    """For each entry, the place of the lowest version among it and the newer ones."""
    lowest: list[int | None] = []
    best: int | None = None
    for position in range(len(order)):
        best = _better(order, best, position, higher=False)
        lowest.append(best)
    return lowest


def _better(order: Sequence[bytes | None], best: int | None, other: int, *, higher: bool) -> int | None:
    there, here = order[other], order[best] if best is not None else None
    if there is None:
        return best
    return other if here is None or (there > here if higher else there < here) else best


def _key(version: str) -> bytes | None:
    try:
        return key("deb", version)
    except ValueError:
        return None


def _of_release(entry: Entry, codenames: Collection[str], shipped: Collection[str]) -> bool:
    """Whether a version was made for the release: uploaded to one of its suites, or listed by them."""
    if entry.version in shipped:
        return True
    return any(
        suite == name or (suite.startswith(name + "-") and not suite.endswith("-backports"))
        for suite in entry.suites
        for name in codenames
    )


def _entry(header: re.Match[str], body: Sequence[str]) -> Entry:
    fixed: set[str] = set()
    reverted: set[str] = set()
    texts: dict[str, str] = {}
    for item in _items(body):
        for clause in _CLAUSE.split(item):
            named = _named(clause)
            if named:
                if _reverts(clause):
                    reverted.update(named)
                elif not _NOT_FIXED.search(clause):
                    fixed.update(named)
                    for cve in named:
                        texts.setdefault(cve, _text(item))
    suites = tuple(header[3].lower().split())
    return Entry(header[2], suites, frozenset(fixed - reverted), frozenset(reverted), texts)


def _text(item: str) -> str:
    """What an item says beside the ids that it names; "" where that is nothing much."""
    said = _NAMING.sub(" ", _CLOSES.sub(" ", re.sub(r"^[*+-]\s+", "", item)))
    said = " ".join(said.split()).strip(" ,;:.-+*()[]\"'`")
    return said[:_LONGEST_TEXT] if len(said) >= _SHORTEST_TEXT else ""


def _named(clause: str) -> list[str]:
    """The CVE ids, those too that share a year (`CVE-2025-49794 and -49796`)."""
    also = ((match[1], number) for match in _ALSO.finditer(clause) for number in re.findall(r"-(\d{4,7})", match[2]))
    return _CVE.findall(clause) + [f"CVE-{year}-{number}" for year, number in also]


def _reverts(clause: str) -> bool:
    """Whether a fix is taken back; `revert X to fix CVE-…` and `Revert "X" (CVE-…)` make one."""
    undoes = _UNDOES.search(clause)
    first = _CVE.search(clause)
    if undoes is None or first is None:
        return False
    if undoes.start() > first.start():
        return _UNDONE.search(clause) is not None
    between = _QUOTED.sub("", clause[undoes.end() : first.start()])
    if _IN_ORDER_TO.search(between):
        return False
    in_brackets = between.count("(") > between.count(")") or between.count("[") > between.count("]")
    plainly = _REVERTS.match(undoes[0]) is not None and not in_brackets and not between.rstrip().endswith(":")
    return plainly or _WHAT_FIXED.search(between) is not None


def _items(body: Sequence[str]) -> Iterator[str]:
    """The items of an entry; one below `Revert these:` says itself that it is reverted."""
    undoing = -1
    for depth, item in _bullets(body):
        if 0 <= undoing < depth:
            yield f"reverted fix of {item}"
            continue
        undoing = depth if item.endswith(":") and _UNDOES.search(item) else -1
        yield item


def _bullets(body: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Bullets with their continuation lines joined, and how deep they are indented."""
    item: list[str] = []
    depth = 0
    for line in (*body, ""):
        bullet = _BULLET.match(line)
        if item and (bullet is not None or not line.strip()):
            yield depth, " ".join(item)
            item = []
        if line.strip():
            depth = depth if item else len(bullet[1]) if bullet is not None else 0
            item.append(line.strip())

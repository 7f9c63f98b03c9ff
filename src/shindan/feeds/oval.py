"""OVAL definitions of rpm distributions, streamed: what a definition says, and what its criteria test.

Source: OVAL 5.10 (https://oval.mitre.org/language/version5.10.1/): definitions, criteria, and the tests `rpminfo`,
`dpkginfo` and `textfilecontent54`. Definitions come first in a file and their tests after, so a file is read twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree.ElementTree import Element

from shindan.feeds.containers import open_stream
from shindan.feeds.xml_stream import child, children, descendants, elements, local, text
from shindan.model.errors import FeedError

_TESTS = ("rpminfo", "dpkginfo")
_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_MOST_NESTED = 50
_NUMBERED = {"1": "equals", "5": "greater than", "6": "less than"}  # as some of SUSE's files write them


class Leaf(NamedTuple):
    """One test of the criteria.

    `package` is the package that it looks at ("" for anything else than a package), `operation` and `version` how its
    version is compared ("" where any does), `arches` the architectures it is for, `absent` whether the package must not
    be there. `comment` is what the publisher calls the test; `known` is False where the file does not hold it.
    """

    comment: str
    package: str = ""
    operation: str = ""
    version: str = ""
    arches: tuple[str, ...] = ()
    absent: bool = False
    known: bool = True


class Node(NamedTuple):
    """A node of the criteria."""

    operator: Literal["AND", "OR"]
    children: tuple[Node | Leaf, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """What one definition says. Dates are as published; `resolutions` are Red Hat's components and their states."""

    id: str
    kind: str
    title: str
    references: tuple[tuple[str, str], ...]
    cves: tuple[str, ...]
    vectors: tuple[str, ...]
    severity: str
    issued: str
    updated: str
    description: str
    cpes: tuple[str, ...]
    resolutions: tuple[tuple[str, str], ...]
    platforms: tuple[str, ...]
    criteria: Node


class _State(NamedTuple):
    operation: str = ""
    version: str = ""
    arches: tuple[str, ...] = ()
    other: bool = False


@dataclass
class _Tests:
    """Everything a file tests, by id."""

    tests: dict[str, tuple[str, tuple[str, ...], bool]] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)
    states: dict[str, _State] = field(default_factory=dict)

    def leaf(self, id_: str, comment: str) -> Leaf:
        """The leaf that a criterion refers to."""
        if id_ not in self.tests:
            return Leaf(comment, known=False)
        target, state_ids, absent = self.tests[id_]
        states = [self.states[state] for state in state_ids if state in self.states]
        package = self.objects.get(target, "")
        if any(state.other for state in states):
            return Leaf(comment)
        versioned = next((state for state in states if state.version), _State())
        arches = next((state.arches for state in states if state.arches), ())
        return Leaf(comment, package, versioned.operation, versioned.version, arches, absent)


def files(source: Path) -> list[Path]:
    """The OVAL files of a folder, or the one file. Raises FeedError where there are none."""
    if not source.is_dir():
        return [source]
    found = sorted(path for path in source.rglob("*.xml*") if path.is_file() and not path.name.startswith("."))
    if not found:
        raise FeedError(f"{source} holds no OVAL file")
    return found


def definitions(path: Path) -> Iterator[Definition]:
    """Every definition of a file, its criteria resolved. Raises FeedError for what is no OVAL."""
    tests = _tests(path)
    found = False
    with open_stream(path) as stream:
        for element in elements(stream, path.name, ("definition",)):
            found = True
            criteria = child(element, "criteria")
            if criteria is not None:
                yield _definition(element, criteria, tests, path.name)
    if not found:
        raise FeedError(f"{path.name} holds no OVAL definitions")


def _tests(path: Path) -> _Tests:
    wanted = frozenset(
        f"{name}_{part}" for name in (*_TESTS, "textfilecontent54", "uname") for part in ("test", "object", "state")
    )
    tests = _Tests()
    with open_stream(path) as stream:
        for element in elements(stream, path.name, wanted):
            kind, _, part = local(element).partition("_")
            id_ = element.get("id", "")
            if part == "test":
                target = child(element, "object")
                states = tuple(state.get("state_ref", "") for state in children(element, "state"))
                absent = element.get("check_existence") == "none_exist"
                tests.tests[id_] = (target.get("object_ref", "") if target is not None else "", states, absent)
            elif part == "object" and kind in _TESTS:
                tests.objects[id_] = text(element, "name")
            elif part == "state" and kind in _TESTS:
                tests.states[id_] = _state(element)
    return tests


def _state(element: Element) -> _State:
    """An rpm or deb state. A signature says who built a package, which is judged by its vendor instead."""
    version = child(element, "evr")
    version = version if version is not None else child(element, "version")
    arch = child(element, "arch")
    arches = tuple(re.findall(r"\w+", arch.text or "")) if arch is not None else ()
    if version is None:
        return _State(arches=arches, other=child(element, "signature_keyid") is not None)
    said = (version.text or "").strip()
    operation = version.get("operation", "equals")
    return _State(_NUMBERED.get(operation, operation), said.removeprefix("0:"), arches)


def _definition(element: Element, criteria: Element, tests: _Tests, name: str) -> Definition:
    metadata = child(element, "metadata")
    advisory = child(metadata, "advisory")
    references = tuple((r.get("ref_id", ""), r.get("ref_url", "")) for r in children(metadata, "reference"))
    flaws = list(children(advisory, "cve"))
    said = " ".join((*(id_ for id_, _ in references), *(flaw.text or "" for flaw in flaws)))
    issued, updated = child(advisory, "issued"), child(advisory, "updated")
    return Definition(
        id=element.get("id", ""),
        kind=element.get("class", ""),
        title=text(metadata, "title"),
        references=references,
        cves=tuple(dict.fromkeys(_CVE.findall(said) or _CVE.findall(text(metadata, "title")))),
        vectors=tuple(score for flaw in flaws for score in _scores(flaw)),
        severity=text(advisory, "severity"),
        issued=_date(issued),
        updated=_date(updated),
        description=text(metadata, "description"),
        cpes=tuple(dict.fromkeys((cpe.text or "").strip() for cpe in _cpes(advisory))),
        resolutions=tuple(_resolutions(advisory)),
        platforms=tuple((p.text or "").strip() for p in children(child(metadata, "affected"), "platform")),
        criteria=_node(criteria, tests, name, 0),
    )


def _cpes(advisory: Element | None) -> Iterator[Element]:
    return children(child(advisory, "affected_cpe_list"), "cpe")


def _scores(flaw: Element) -> Iterator[str]:
    """`7.0/CVSS:3.1/AV:N…` as Red Hat and Oracle write vectors."""
    for name in ("cvss4", "cvss3", "cvss2"):
        said = flaw.get(name, "")
        if "/" in said:
            yield said.partition("/")[2]


def _resolutions(advisory: Element | None) -> Iterator[tuple[str, str]]:
    affected = child(advisory, "affected")
    for resolution in () if affected is None else descendants(affected, "resolution"):
        for component in children(resolution, "component"):
            yield (component.text or "").strip(), resolution.get("state", "")


def _date(element: Element | None) -> str:
    return "" if element is None else (element.get("date") or element.text or "").strip()


def _node(element: Element, tests: _Tests, name: str, depth: int) -> Node:
    if depth > _MOST_NESTED:
        raise FeedError(f"{name}: criteria are nested deeper than {_MOST_NESTED}")
    parts: list[Node | Leaf] = []
    for part in element:
        if part.get("negate") == "true":
            continue  # seen only as guards against other products; a row without the guard says more, not less
        if local(part) == "criteria":
            parts.append(_node(part, tests, name, depth + 1))
        elif local(part) == "criterion":
            parts.append(tests.leaf(part.get("test_ref", ""), part.get("comment", "")))
    return Node("OR" if element.get("operator", "AND").upper() == "OR" else "AND", tuple(parts))

"""Red Hat's OVAL v2 (one file a stream, `-including-unpatched`) and v1 → advisories.

Source: https://access.redhat.com/security/data/oval/v2/ and https://www.redhat.com/security/data/oval/. Definitions
`com.redhat.rhsa` name fixes, `com.redhat.cve` flaws without one, `com.redhat.unaffected` packages that never had it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.feeds.oval import Definition, Leaf
from shindan.feeds.oval_criteria import Flat, Guard, PackageTest, flat
from shindan.feeds.redhat_products import Place, place
from shindan.feeds.redhat_vex import STATES
from shindan.feeds.scores import vector
from shindan.model.advisory import Advisory, Affected, Condition, State

_DESCRIPTION = 2000
_RELEASE = re.compile(r"^Red Hat Enterprise Linux (\d+) (?:\w+ )?is installed")
_MODULE = re.compile(r"^Module (\S+) is enabled$")
_ERRATUM = re.compile(r"^(RH[SBE]A-\d{4}[:-]\d+)")


def advisory_of(definition: Definition) -> Advisory:
    """The advisory of one definition: an erratum, or one CVE id."""
    erratum = _ERRATUM.match(definition.title)
    id_ = erratum[1] if erratum else (definition.cves[0] if definition.cves else definition.id)
    places = _places(definition)
    rows = dict.fromkeys(row for one in flat(definition.criteria, _meaning) for row in _rows(definition, one, places))
    vectors = (vector("redhat", score) for score in dict.fromkeys(definition.vectors))
    return Advisory(
        id=id_,
        feed="redhat",
        title=definition.title,
        affected=tuple(rows),
        cves=definition.cves,
        severity=definition.severity,
        vectors=tuple(one for one in vectors if one is not None),
        description=definition.description[:_DESCRIPTION],
        references=tuple(url for _, url in definition.references[:10]),
        published=definition.issued or definition.updated,
        modified=definition.updated,
    )


def _meaning(leaf: Leaf) -> Guard | PackageTest | None:
    release, module = _RELEASE.match(leaf.comment), _MODULE.match(leaf.comment)
    if module:
        return Guard("module", (module[1],))
    if release:
        return Guard("release", (release[1],))
    if not leaf.package or leaf.package.startswith("redhat-release"):
        return None
    if leaf.absent:
        return None if leaf.comment.endswith("is not installed") else Guard("not_installed", (leaf.package,))
    if leaf.operation == "less than":
        return PackageTest(leaf.package, "fixed", leaf.version)
    return None if leaf.version else PackageTest(leaf.package, "affected")


def _places(definition: Definition) -> tuple[Place, ...]:
    found = (place(cpe) for cpe in definition.cpes)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def _rows(definition: Definition, one: Flat, places: tuple[Place, ...]) -> Iterator[Affected]:
    releases = {f"rhel:{value}" for guard in one.guards if guard.kind == "release" for value in guard.values}
    # A definition may list several releases and test each in a branch of its own.
    fitting = [each for each in places if each.platform in releases or not each.platform.startswith("rhel:")]
    where = (fitting if releases else list(places)) or [Place(release) for release in sorted(releases)]
    state, said = _state(definition, one)
    guards = (
        *((Condition("arch", tuple(sorted(one.arches))),) if one.arches else ()),
        *(Condition(guard.kind, guard.values) for guard in one.guards if guard.kind in ("module", "not_installed")),
    )
    for each in where:
        yield Affected(
            platform=each.platform,
            package=one.test.package,
            scheme="rpm",
            fixed=one.test.version,
            state=state,
            vendor_state=said,
            names="binary",
            severity=definition.severity,
            only_if=(*guards, *each.only_if),
        )


def _state(definition: Definition, one: Flat) -> tuple[State, str]:
    if ".unaffected:" in definition.id:
        return "not_affected", "unaffected"
    if one.test.state == "fixed":
        erratum = _ERRATUM.match(definition.title)
        return "fixed", erratum[1] if erratum else "fixed"
    said = _resolution(definition, one)
    return STATES.get(said.lower(), "affected"), said


def _resolution(definition: Definition, one: Flat) -> str:
    """What Red Hat plans for a package; its components are sources, mostly named like the binaries' beginning."""
    modules = [f"{value}/" for guard in one.guards if guard.kind == "module" for value in guard.values]
    known = dict(definition.resolutions)
    if len(set(known.values())) == 1:
        return next(iter(known.values()))
    names = [f"{module}{one.test.package}" for module in modules] or [one.test.package]
    fitting = [component for component in known if any(name.startswith(component) for name in names)]
    return known[max(fitting, key=len)] if fitting else "Affected"

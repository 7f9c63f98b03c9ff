"""OVAL of Oracle Linux and AlmaLinux → advisories: one definition an erratum, fixed flaws only.

Source: https://linux.oracle.com/security/oval/ and https://repo.almalinux.org/security/oval/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.feeds.oval import Definition, Leaf
from shindan.feeds.oval_criteria import Flat, Guard, PackageTest, flat
from shindan.feeds.scores import vector
from shindan.model.advisory import Advisory, Affected, Condition

_DESCRIPTION = 2000
_RELEASE = re.compile(r"^(Oracle Linux|AlmaLinux) (\d+) is installed")
_ARCH = re.compile(r"^Oracle Linux arch is (\w+)")
_MODULE = re.compile(r"^Module (\S+) is enabled$")
_EARLIER = re.compile(r"^(\S+) is earlier than (?:0:)?(\S+)$")
_ERRATUM = re.compile(r"\b((?:ELSA|ELBA|ELEA|ALSA|ALBA|ALEA)-\d{4}[:-]\d+(?:-\d+)?)")
_PLATFORMS = {"Oracle Linux": "ol", "AlmaLinux": "almalinux"}
_RELEASE_PACKAGES = ("oraclelinux-release", "redhat-release", "almalinux-release")


def advisory_of(definition: Definition) -> Advisory:
    """The advisory of one erratum."""
    erratum = _ERRATUM.search(definition.title)
    rows: dict[Affected, dict[str, None]] = {}
    for one in flat(definition.criteria, _meaning):
        for row, arches in _rows(definition, one):
            rows.setdefault(row, {}).update(dict.fromkeys(arches))
    vectors = (vector("oracle", score) for score in dict.fromkeys(definition.vectors))
    return Advisory(
        id=erratum[1] if erratum else definition.id,
        feed="oval",
        title=" ".join(definition.title.split()),
        affected=tuple(_with_arches(row, tuple(arches)) for row, arches in rows.items()),
        cves=definition.cves,
        severity=definition.severity,
        vectors=tuple(one for one in vectors if one is not None),
        description=definition.description[:_DESCRIPTION],
        references=tuple(url for _, url in definition.references[:10]),
        published=definition.issued or definition.updated,
        modified=definition.updated or definition.issued,
    )


def _meaning(leaf: Leaf) -> Guard | PackageTest | None:
    release, arch, module = _RELEASE.match(leaf.comment), _ARCH.match(leaf.comment), _MODULE.match(leaf.comment)
    if release:
        return Guard("release", (f"{_PLATFORMS[release[1]]}:{release[2]}",))
    if arch:
        return Guard("arch", (arch[1],))
    if module:
        return Guard("module", (module[1],))
    if leaf.package and leaf.operation == "less than" and leaf.package not in _RELEASE_PACKAGES:
        return PackageTest(leaf.package, "fixed", leaf.version)
    earlier = None if leaf.known else _EARLIER.match(leaf.comment)
    # A file cut down to its definitions: the test's name still tells package and version.
    return PackageTest(earlier[1], "fixed", earlier[2]) if earlier else None


def _rows(definition: Definition, one: Flat) -> Iterator[tuple[Affected, tuple[str, ...]]]:
    """Rows without their architectures, and those: the same build is listed once for each."""
    platforms = dict.fromkeys(value for guard in one.guards if guard.kind == "release" for value in guard.values)
    arches = tuple(value for guard in one.guards if guard.kind == "arch" for value in guard.values) or one.arches
    modules = tuple(Condition("module", guard.values) for guard in one.guards if guard.kind == "module")
    for platform in platforms:
        row = Affected(
            platform=platform,
            package=one.test.package,
            scheme="rpm",
            fixed=one.test.version,
            state="fixed",
            names="binary",
            severity=definition.severity,
            only_if=modules,
        )
        yield row, arches


def _with_arches(row: Affected, arches: tuple[str, ...]) -> Affected:
    if not arches:
        return row
    # Oracle writes `i386` for the whole family: the packages themselves are i386 to i686.
    values = {*arches, *(("i586", "i686") if "i386" in arches else ())}
    return row._replace(only_if=(Condition("arch", tuple(sorted(values))), *row.only_if))

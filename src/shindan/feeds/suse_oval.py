"""SUSE's OVAL → advisories: `-affected` files tell every state of a CVE id, `-patch` files what an update fixed.

Source: https://ftp.suse.com/pub/projects/security/oval/. Tests compare binary packages; a test `X is affected` names a
flaw without a fix, `X is not affected` clears a package, `X-1.2-3 is installed` means: installed in an older version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shindan.feeds.oval import Definition, Leaf
from shindan.feeds.oval_criteria import Flat, Guard, PackageTest, flat
from shindan.feeds.suse_products import places
from shindan.model.advisory import Advisory, Affected, Condition, State

_DESCRIPTION = 2000
_BUILD = re.compile(r"^(\S+?)-(\d[^-\s]*-[^-\s]+) is installed$")
_WORD = re.compile(r"^(\S+) is (not )?affected$")
_INSTALLED = " is installed"
_UPDATE = re.compile(r"\b((?:open)?SUSE-(?:SU|RU|OU|FU)-\d{4}:\d+-\d+)\b")
_STATES: dict[str, State] = {"fixed": "fixed", "affected": "affected", "not_affected": "not_affected"}


def advisory_of(definition: Definition) -> Advisory:
    """The advisory of one definition: a CVE id, or an update."""
    update = _UPDATE.search(" ".join((definition.title, *(id_ for id_, _ in definition.references))))
    single = definition.cves[0] if definition.kind == "vulnerability" and definition.cves else ""
    rows = dict.fromkeys(row for one in flat(definition.criteria, _meaning) for row in _rows(definition, one))
    return Advisory(
        id=single or (update[1] if update else definition.id),
        feed="suse",
        title=definition.title,
        affected=tuple(rows),
        cves=(single,) if single else definition.cves,
        severity=definition.severity,
        description=definition.description[:_DESCRIPTION],
        references=tuple(url for _, url in definition.references[:10]),
        published=definition.issued,
        modified=definition.updated,
    )


def _meaning(leaf: Leaf) -> Guard | PackageTest | None:
    word = _WORD.match(leaf.comment)
    if word:
        return PackageTest(leaf.package or word[1], "not_affected" if word[2] else "affected")
    if leaf.operation == "less than" and leaf.package and not leaf.package.endswith("-release"):
        return PackageTest(leaf.package, "fixed", leaf.version)
    build = _BUILD.match(leaf.comment)
    if build and not leaf.operation:  # a file cut short: the test's name still tells package and version
        return PackageTest(build[1], "fixed", build[2])
    if leaf.comment.endswith(_INSTALLED):
        return Guard("release", (leaf.comment.removesuffix(_INSTALLED),))
    return None


def _rows(definition: Definition, one: Flat) -> Iterator[Affected]:
    tested = dict.fromkeys(value for guard in one.guards if guard.kind == "release" for value in guard.values)
    products = tested or definition.platforms
    arch = (Condition("arch", tuple(sorted(one.arches))),) if one.arches else ()
    for product in products:
        for where in places(product):
            yield Affected(
                platform=where.platform,
                package=one.test.package,
                scheme="rpm",
                fixed=one.test.version,
                state=_STATES[one.test.state],
                vendor_state=one.test.state.replace("_", " "),
                # Flaws without a fix are told of sources and binaries alike.
                names="binary" if one.test.version else "any",
                severity=definition.severity,
                only_if=(*arch, *where.only_if),
            )

"""One `update` element of a repository's updateinfo.xml → one advisory.

Source: createrepo_c's and libdnf's reading of the form (https://github.com/rpm-software-management/createrepo_c), and
what the publishers really write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple
from xml.etree.ElementTree import Element

from shindan.feeds.updateinfo_platforms import platform_of
from shindan.feeds.xml_stream import child, children, text
from shindan.model.advisory import Advisory, Affected, Condition

_CVE = re.compile(r"CVE-\d{4}-\d{4,}")
_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(:\d\d)?)?")
_DESCRIPTION = 2000
_REFERENCES = 10
_WITHDRAWN = frozenset({"retracted", "obsolete", "obsoleted"})
_SOURCES = frozenset({"src", "nosrc"})
_PARALLEL_KERNEL = re.compile(r"kernel\d+\.\d+")
_TOPIC_VERSION = re.compile(r"\d+(?:\.\d+)*$")
_PAID = re.compile(r"-(eus|e4s|aus|tus|els)-")


class _Build(NamedTuple):
    """What distinguishes one row from another: a package of one version under one set of conditions."""

    name: str
    epoch: str
    version: str
    release: str
    conditions: tuple[Condition, ...]


def is_security(update: Element) -> bool:
    """Whether an update closes flaws: it says so, or names CVE ids."""
    return update.get("type") == "security" or bool(_cves(update))


def advisory_of(update: Element, platform: str, repository: str) -> Advisory:
    """The advisory of an update. `platform` and `repository` are what is known of the file that it stands in.

    Rows name binary packages. Where no row has a platform, the publisher's hints were not understood.
    """
    id_, severity = text(update, "id"), _word(text(update, "severity"))
    return Advisory(
        id=id_,
        feed="updateinfo",
        title=text(update, "title") or text(update, "summary"),
        affected=tuple(_rows(update, id_, platform, repository, severity)),
        cves=_cves(update),
        aliases=tuple(_aliases(update, id_)),
        severity=severity,
        description=text(update, "description")[:_DESCRIPTION],
        references=tuple(reference.get("href", "") for reference in _references(update)[:_REFERENCES]),
        published=_date(update, "issued"),
        modified=_date(update, "updated"),
        withdrawn=update.get("status", "") in _WITHDRAWN,
    )


def _rows(update: Element, id_: str, platform: str, repository: str, severity: str) -> Iterator[Affected]:
    hint = text(update, "release")
    for collection in children(child(update, "pkglist"), "collection"):
        short, name = collection.get("short", ""), text(collection, "name")
        packages = [p for p in children(collection, "package") if p.get("arch") not in _SOURCES]
        release = next((package.get("release", "") for package in packages), "")
        where = platform_of((short, name, hint), id_, release) or platform
        general = (*_module(collection), *_paid(short))
        topic = _topic(short, repository) if where == "amzn:2" else ""
        parallel = _parallel_kernel(packages) if where.startswith("amzn:") else ""
        for build, architectures in _builds(packages, general, topic, parallel).items():
            yield Affected(
                platform=where,
                package=build.name,
                scheme="rpm",
                introduced=_introduced(build, topic),
                fixed=f"{_epoch(build.epoch)}{build.version}-{build.release}",
                state="fixed",
                names="binary",
                severity=severity,
                only_if=(*_architecture(architectures), *build.conditions),
            )


def _builds(
    packages: list[Element], general: tuple[Condition, ...], topic: str, parallel: str
) -> dict[_Build, dict[str, None]]:
    """Distinct builds → the architectures they were published for."""
    builds: dict[_Build, dict[str, None]] = {}
    for package in packages:
        name, version = package.get("name", ""), package.get("version", "")
        extra = list(general)
        if parallel and parallel.removeprefix("kernel") not in name:
            # Amazon Linux 2023 has kernels side by side that share tools: the advisory is about the parallel one.
            extra.append(Condition("installed", (parallel,)))
        if topic and not _line(topic, version):
            # Other versions of the same names live in the core repository and in other topics.
            extra.append(Condition("repository", (f"amzn2extra-{topic}",)))
        build = _Build(name, package.get("epoch") or "0", version, package.get("release", ""), tuple(extra))
        builds.setdefault(build, {})[package.get("arch", "")] = None
    return builds


def _introduced(build: _Build, topic: str) -> str:
    """Amazon Linux 2 topics hold one line each: `kernel-5.10` says nothing of a 4.14 kernel."""
    line = _line(topic, build.version) if topic else ""
    return f"{_epoch(build.epoch)}{line}" if line else ""


def _line(topic: str, version: str) -> str:
    """The version at the end of a topic's name where the package has that very line, else ""."""
    match = _TOPIC_VERSION.search(topic)
    return match[0] if match and (f"{version}.").startswith(f"{match[0]}.") else ""


def _topic(short: str, repository: str) -> str:
    """`kernel-5.15` from the collection `amazon-linux-2---kernel-5.15` or the repository `amzn2extra-kernel-5.15`."""
    named = short.partition("---")[2]
    return named or (repository.removeprefix("amzn2extra-") if repository.startswith("amzn2extra-") else "")


def _parallel_kernel(packages: list[Element]) -> str:
    """`kernel6.12` where an advisory updates such a kernel beside the release's own."""
    return next((p.get("name", "") for p in packages if _PARALLEL_KERNEL.fullmatch(p.get("name", ""))), "")


def _module(collection: Element) -> tuple[Condition, ...]:
    module = child(collection, "module")
    return () if module is None else (Condition("module", (f"{module.get('name')}:{module.get('stream')}",)),)


def _paid(short: str) -> tuple[Condition, ...]:
    match = _PAID.search(short)
    return (Condition("entitlement", (match[1],)),) if match else ()


def _architecture(architectures: dict[str, None]) -> tuple[Condition, ...]:
    free = not architectures or "noarch" in architectures or "" in architectures
    return () if free else (Condition("arch", tuple(sorted(architectures))),)


def _epoch(epoch: str) -> str:
    return "" if epoch == "0" else f"{epoch}:"


def _references(update: Element) -> list[Element]:
    return list(children(child(update, "references"), "reference"))


def _cves(update: Element) -> tuple[str, ...]:
    """CVE ids of the references; of the text where there are none, or where a publisher keeps them there (Fedora).

    Other publishers' texts name unrelated ids too (`a different vulnerability than CVE-2007-0086`).
    """
    said = " ".join(f"{r.get('id')} {r.get('href')} {r.get('title')}" for r in _references(update))
    found = _CVE.findall(said)
    if not found or text(update, "id").startswith("FEDORA-"):
        found += _CVE.findall(f"{text(update, 'title')} {text(update, 'description')}")
    return tuple(dict.fromkeys(found))


def _aliases(update: Element, id_: str) -> Iterator[str]:
    """The Red Hat erratum that a rebuild repeats is the same fix under another id."""
    for reference in _references(update):
        other = reference.get("id", "")
        if other.startswith("RHSA-") and other.partition("-")[2] == id_.partition("-")[2] != "":
            yield other


def _word(severity: str) -> str:
    return "" if severity.lower() == "none" else severity


def _date(update: Element, name: str) -> str:
    """`2011-09-27 22:46` or seconds since 1970, as ISO 8601."""
    found = child(update, name)
    said = (found.get("date") or found.text or "").strip() if found is not None else ""
    if said.isdigit() and len(said) <= 11:
        return datetime.fromtimestamp(int(said), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    match = _DATE.match(said)
    if not match:
        return ""
    return f"{match[1]}T{match[2]}{match[3] or ':00'}Z" if match[2] else match[1]

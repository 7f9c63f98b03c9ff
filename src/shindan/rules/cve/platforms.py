"""Whose rows speak for a package: the host's release, unless the package was built for or by another."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from shindan.rules.cve.families import CODENAMES, FAMILIES, LANGUAGES, backport_platform
from shindan.rules.cve.subject import Subject

_ENTERPRISE = frozenset({"rhel", "centos", "centos-stream", "almalinux", "rocky", "ol", "cloudlinux"})


class Place(NamedTuple):
    """A platform whose rows speak for a package, and the one whose rows it borrows where those are silent ("": none).

    `worth` says in words what a borrowed verdict is worth.
    """

    platform: str
    borrowed: str = ""
    worth: str = ""


def place_of(subject: Subject, platform: str) -> Place:
    """The place of a package on a host of `platform`.

    A Debian backport is judged by the suite that it rebuilds, a package that apt's lists have in another release's
    suite by that release, a package of EPEL by EPEL, a language's package by its language; a rebuild of RHEL borrows
    RHEL's rows.
    """
    if subject.type in LANGUAGES:
        return Place(subject.type)
    if subject.backport_of and platform.startswith("debian:"):
        return Place(backport_platform(subject.backport_of))
    if subject.type == "deb" and subject.repository:
        return _suite_place(subject.repository, platform)
    if subject.type == "rpm":
        release = _epel_release(platform)
        if release and is_epel(subject):
            return Place(f"epel:{release}")
    return host_place(platform)


def host_place(platform: str) -> Place:
    """The place of a host's own packages."""
    known = _HOSTS.get(platform)
    if known is None:
        id_, _, release = platform.partition(":")
        family = FAMILIES.get(id_)
        if family is not None and family.borrows:
            known = Place(platform, f"{family.borrows}:{release}", family.borrowed)
        else:
            known = Place(platform)
        _HOSTS[platform] = known
    return known


@lru_cache(maxsize=4096)
def _suite_place(repository: str, platform: str) -> Place:
    """The release of the suite in a repository's subject (address, suite, component), else the host's own.

    `focal` on a bionic host: its versions are of another series, where other versions carry the fixes. A backports
    suite is the release's own, but for what `backport_of` tells.
    """
    id_, _, own = platform.partition(":")
    words = repository.split()
    release = CODENAMES.get(id_, {}).get(words[1].partition("-")[0].partition("/")[0]) if len(words) > 1 else None
    return Place(f"{id_}:{release}" if release not in (None, own) else platform)


_HOSTS: dict[str, Place] = {}


def _epel_release(platform: str) -> str:
    """Which release of EPEL fits a platform; Amazon Linux 2 takes the one for RHEL 7."""
    id_, _, release = platform.partition(":")
    return release if id_ in _ENTERPRISE else {"amzn:2": "7", "amzn:1": "6"}.get(platform, "")


def is_epel(subject: Subject) -> bool:
    """Whether a package on an enterprise Linux comes from EPEL, which the Fedora Project builds."""
    repository = subject.repository.lower()
    if repository == "epel" or repository.startswith("epel-"):
        return True
    return subject.vendor.lower().startswith("fedora project") or subject.signing_key[-16:] in FAMILIES["epel"].keys

"""Which rpm versions must not be compared: builds of different lineages do not follow one another.

A module build is not ahead of a plain one, a ksplice or FIPS build carries other patches than the build it is made of,
a rebuild of CentOS or of a cloud kernel counts for itself, and el7 says nothing of el8. rpm's order alone would call
one of them fixed or affected at random. (Oracle's flavours: https://linux.oracle.com/security/oval/; Red Hat's
modules: https://docs.fedoraproject.org/en-US/modularity/.)
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_MAJOR = re.compile(r"[._-]el(\d+a?)(?![0-9])|module[+_]el(\d+)")
_KSPLICE = re.compile(r"\.(ksplice\d+)\.")
_UNLABELLED = re.compile(r"\.module_el\d")


class Lineage(NamedTuple):
    """What a version's text tells of its descent; "" where it has no such mark.

    `major` is the release it was built for (`8`; `7a` for RHEL's alternative kernel), `module` is `+` for a module
    build in Red Hat's way and `_` for one in AlmaLinux's, `flavour` names ksplice, FIPS, cloud and CentOS builds.
    """

    major: str = ""
    module: str = ""
    flavour: str = ""


@lru_cache(maxsize=131_072)
def lineage_of(version: str) -> Lineage:
    """The lineage of an rpm version."""
    release = version.rpartition("-")[2]
    major = _MAJOR.search("." + release)
    marks = [mark for mark in ("_fips", ".cloud", ".centos") if mark in release]
    ksplice = _KSPLICE.search(release)
    if ksplice:
        marks.append(ksplice[1])
    where = release.find("module")
    module = release[where + 6] if where >= 0 and release[where + 6 : where + 7] in ("+", "_") else ""
    return Lineage((major[1] or major[2]) if major else "", module, " ".join(mark.strip("._") for mark in marks))


def why_apart(installed: str, named: str) -> str:
    """Why the installed version must not be compared with the one that an advisory names, or "" where it may be.

    A version that does not say for which release it was built is compared with any.
    """
    ours, theirs = lineage_of(installed), lineage_of(named)
    if ours == theirs:
        return ""
    if ours.module != theirs.module:
        return "only one of them is a module build of that kind"
    if ours.flavour != theirs.flavour:
        return f"one is a {ours.flavour or 'plain'} build, the other a {theirs.flavour or 'plain'} one"
    if ours.major and theirs.major and ours.major != theirs.major:
        return f"one was built for el{ours.major}, the other for el{theirs.major}"
    return ""


def why_unplaced(version: str, module: str) -> str:
    """Why a package cannot be compared with anything: a module build whose stream nobody recorded, or "".

    AlmaLinux built modules whose packages lack the label (https://bugs.almalinux.org/view.php?id=173): their streams
    are unknown, so an advisory of any stream might be meant.
    """
    if not module and _UNLABELLED.search(version):
        return "it is a module build without a module label, so its stream is not known"
    return ""

"""The rpm family's kernels: which packages are one, and what `uname -r` says while one of them runs.

Red Hat and its kin: VERSION-RELEASE.ARCH, then the flavour as the time had it: `+debug` and `+64k` now, `.debug` in
RHEL 6 and 7, in RHEL 5 `debug` with no architecture before it; kernels whose version names the flavour (`rt`, `uek`)
say no more. SUSE: VERSION-RELEASE without the release's last part (a rebuild's count), then `-default` or another
flavour.
"""

from __future__ import annotations

import re

from shindan.rules.cve.subject import Subject
from shindan.versions import key

_SUSE = (
    "default", "azure", "preempt", "rt", "rt_debug", "pae", "ec2", "trace", "vanilla", "desktop", "bigsmp", "xen",
    "kvmsmall", "64kb", "lpae", "zfcpdump", "debug", "longterm", "coco", "coco_debug",
)  # fmt: skip
_RED_HAT = (
    "debug", "64k", "64k-debug", "rt", "rt-debug", "rt-64k", "rt-64k-debug", "uek", "uek-debug", "uek64k",
    "uek64k-debug", "PAE", "PAEdebug", "PAE-debug", "xen", "kdump", "smp", "hugemem", "largesmp", "zfcpdump",
    "aarch64", "lpae", "alt", "automotive", "automotive-debug", "ml", "lt",
)  # fmt: skip
_PARTS = (
    "core", "modules", "modules-core", "modules-extra", "modules-extra-matched", "modules-extra-common",
    "modules-internal", "modules-partner", "devel", "devel-matched", "base", "extra", "optional", "vdso", "kvm",
    "uki-virt",
)  # fmt: skip


def _any_of(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NAME = re.compile(
    rf"^kernel(?P<line>\d+\.\d+)?(?:-(?P<flavour>{_any_of((*_SUSE, *_RED_HAT))}))?(?:-(?P<part>{_any_of(_PARTS)}))?$"
)
_SOURCE = re.compile(rf"^kernel(?:\d+\.\d+)?(?:-(?:{_any_of((*_SUSE, *_RED_HAT, 'source', 'syms', 'docs'))}))?$")
_BESIDE = re.compile(
    r"^(?:kernel(?:\d+\.\d+)?(?:-uek)?-(?:headers|cross-headers|tools|tools-libs|tools-libs-devel|doc|source|syms|macros"
    r"|abi-whitelists|abi-stablelists)|perf|perf\d+\.\d+|python3?-perf)$"
)
_LIVE_PATCH = ("kernel-livepatch", "kpatch-patch")
_ARCHITECTURE = re.compile(r"^\.(?:x86_64|aarch64|i[3-6]86|ppc64(?:le)?|s390x?|ia64|armv7hl|riscv64)")
_SIGNS = ("+", ".", "")


def is_kernel(subject: Subject) -> bool:
    """Whether a package was built from a kernel's source; a live patch is no kernel, but a package of its own."""
    if subject.name.startswith(_LIVE_PATCH):
        return False
    return bool(_NAME.match(subject.name) or _SOURCE.match(subject.source) or _BESIDE.match(subject.name))


def is_image(subject: Subject) -> bool:
    """Whether a package holds a kernel that can boot, or is the meta package of the same version."""
    match = _NAME.match(subject.name)
    return match is not None and match["part"] in (None, "core", "base")


def release_of(subject: Subject) -> str:
    """What `uname -r` says while the package's kernel runs; "" for headers, tools and whatever else runs no kernel."""
    match = _NAME.match(subject.name)
    if match is None:
        return ""
    flavour, build = match["flavour"] or "", _build(subject)
    if flavour in _SUSE and _is_suse(subject):
        return f"{_shortened(build)}-{flavour}"
    arch = f".{subject.arch}" if subject.arch not in ("", "noarch") else ""
    return f"{build}{arch}{'+' + flavour if flavour and flavour not in build else ''}"


def runs(subject: Subject, running: str) -> bool:
    """Whether a package belongs to the running release."""
    match = _NAME.match(subject.name)
    if match is None:
        return False
    flavour, build = match["flavour"] or "", _build(subject)
    if running.startswith(build) and _is_tail_of(running[len(build) :], flavour, build):
        return True
    shortened = _shortened(build)
    return running == f"{shortened}-{flavour}" or (not flavour and _is_suse_flavour(running, shortened))


def _is_tail_of(tail: str, flavour: str, build: str) -> bool:
    """Whether what follows VERSION-RELEASE in a release is what a flavour's kernel adds."""
    tail = _ARCHITECTURE.sub("", tail)
    if not flavour:
        return not tail
    own = next((mark for mark in ("rt", "uek") if flavour.startswith(mark) and mark in build), "")
    said = flavour.removeprefix(own).removeprefix("-")  # the version says the rest
    return tail in {sign + word for sign in _SIGNS for word in (flavour, said) if word} or not (tail or said)


def _is_suse_flavour(running: str, shortened: str) -> bool:
    """SUSE's `kernel-devel` and `kernel-macros` serve all flavours of one build."""
    return running.startswith(f"{shortened}-") and running[len(shortened) + 1 :] in _SUSE


def _is_suse(subject: Subject) -> bool:
    """Red Hat's builds name the release they are for; SUSE's do not."""
    return re.search(r"\.(?:el|fc|amzn)\d", subject.installed_version) is None


def _shortened(build: str) -> str:
    """VERSION-RELEASE without the release's last part."""
    version, hyphen, release = build.rpartition("-")
    return f"{version}{hyphen}{release.rpartition('.')[0] or release}"


def _build(subject: Subject) -> str:
    """VERSION-RELEASE without the epoch."""
    return subject.installed_version.rpartition(":")[2]


def order(subject: Subject) -> tuple[bytes, bool]:
    """A key by which the newest image comes last, a debug kernel before the plain one of its version."""
    try:
        newest = key("rpm", _build(subject))
    except ValueError:
        newest = b""
    return newest, "debug" not in subject.name

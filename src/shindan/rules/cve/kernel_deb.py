"""Debian's and Ubuntu's kernels: which source packages are one, and the release in a package's name."""

from __future__ import annotations

import re

from shindan.rules.cve.subject import Subject
from shindan.versions import key

_FLAVOURS = (
    "allwinner", "armadaxp", "aws", "azure", "bluefield", "dell300x", "flo", "gcp", "gke", "gkeop", "goldfish",
    "grouper", "hwe", "ibm", "intel", "iot", "kvm", "laptop", "lowlatency", "lts", "maguro", "mako", "manta",
    "mvl", "nvidia", "oem", "oracle", "qcm", "raspi", "raspi2", "realtime", "riscv", "rt", "snapdragon",
    "starfive", "ti", "xilinx", "azure-fde", "latest",
)  # fmt: skip
_KERNEL_SOURCE = re.compile(rf"^linux(-(?:{'|'.join(_FLAVOURS)})(-[a-z0-9]+)*)?(-\d+(\.\d+)*[a-d]?)?(-edge)?$")
_RELEASE_IN_NAME = re.compile(
    r"^linux-(?:image|modules|headers|tools|cloud-tools|buildinfo|kbuild|objects|signatures)"
    r"(?:-(?:unsigned|extra|uc|iwlwifi|ipu6|ivsc|nvidia|nvidia-fs|usbio))*-(\d+\.\d+[^_]*?)(?:-(?:dbg|unsigned))?$"
)
# What a flavour's builds share: `linux-kvm-headers-5.4.0-1131`, `linux-hwe-6.8-tools-6.8.0-50`.
_RELEASE_OF_FLAVOUR = re.compile(r"^linux-[a-z][a-z0-9.+-]*?-(?:headers|tools|cloud-tools)-(\d+\.\d+\.\d+-\d+[^_]*)$")
_IMAGE = re.compile(r"^linux-image-(?:unsigned-)?\d")


def is_kernel_source(source: str) -> bool:
    """Whether a Debian or Ubuntu source package is a kernel (`linux`, `linux-hwe-6.8`, `linux-aws`, `linux-5.10`)."""
    return _KERNEL_SOURCE.match(source) is not None


def is_kernel(subject: Subject) -> bool:
    """Whether a package was built from a kernel's source."""
    return is_kernel_source(subject.source)


def is_image(subject: Subject) -> bool:
    """Whether a package holds a kernel that can boot."""
    return _IMAGE.match(subject.name) is not None and is_kernel_source(subject.source)


def release_of(subject: Subject) -> str:
    """The release that a package's name carries; "" for a meta package, headers of the C library, tools."""
    match = _RELEASE_IN_NAME.match(subject.name) or _RELEASE_OF_FLAVOUR.match(subject.name)
    return match[1] if match else ""


def runs(subject: Subject, running: str) -> bool:
    """Whether a package belongs to the running release.

    Shared headers carry only the ABI (`6.1.0-37` or `6.1.0-37-common` for `6.1.0-37-amd64`).
    """
    named = release_of(subject)
    if named == running or running.startswith(named + "-"):
        return True
    return named.endswith("-common") and running.startswith(named.removesuffix("common"))


def order(subject: Subject) -> bytes:
    """A key by which the newest image comes last."""
    try:
        return key("deb", subject.installed_version)
    except ValueError:
        return b""

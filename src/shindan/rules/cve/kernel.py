"""Which kernel packages are the running kernel; findings of the others are inactive.

Old kernels stay on disk, meta packages carry no code, and user-space packages built from the kernel's source
(`linux-libc-dev`, `linux-perf`) are no kernel. A package counts as running when its name carries the running
release (`uname -r`); where that is unknown (a mounted disk, an image) the newest installed image counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from shindan.model.inventory import Inventory
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
_IMAGE = re.compile(r"^linux-image-(?:unsigned-)?\d")


@dataclass(frozen=True, slots=True)
class RunningKernel:
    """The release that runs ("" when unknown) and why it is taken to be the one.

    `packaged` is False where a running release is known and no installed package carries it.
    """

    release: str
    why: str
    packaged: bool = True

    def inactive(self, subject: Subject) -> str:
        """Why findings of this package do not count, or "" where they do (also for what is no kernel)."""
        if not is_kernel_source(subject.source) or subject.type != "deb":
            return ""
        match = _RELEASE_IN_NAME.match(subject.name)
        if match is None:
            return "built from the kernel's source, but carries no kernel code that runs"
        if not self.release:
            return ""
        if same_release(match[1], self.release):
            return ""
        return f"kernel {match[1]} does not run: {self.why}"


def is_kernel_source(source: str) -> bool:
    """Whether a Debian or Ubuntu source package is a kernel (`linux`, `linux-hwe-6.8`, `linux-aws`, `linux-5.10`)."""
    return _KERNEL_SOURCE.match(source) is not None


def same_release(named: str, running: str) -> bool:
    """Whether a release in a package's name is the running one.

    Shared headers carry only the ABI (`6.1.0-37` or `6.1.0-37-common` for `6.1.0-37-amd64`).
    """
    if named == running or running.startswith(named + "-"):
        return True
    return named.endswith("-common") and running.startswith(named.removesuffix("common"))


def running_kernel(inventory: Inventory, subjects: Iterable[Subject]) -> RunningKernel:
    """The kernel to judge: the running release if a fact tells it, else the newest installed image."""
    images = [s for s in subjects if s.type == "deb" and _IMAGE.match(s.name) and is_kernel_source(s.source)]
    fact = inventory.one("kernel", "running")
    release = str(fact.data.get("release") or "") if fact else ""
    if release:
        packaged = any(same_release(_release(image), release) for image in images)
        return RunningKernel(release, f"{release} does", packaged)
    if not images:
        return RunningKernel("", "no kernel is installed", packaged=False)
    newest = max(images, key=lambda image: _order(image.installed_version))
    return RunningKernel(_release(newest), f"the running kernel is unknown, {_release(newest)} is the newest installed")


def _release(image: Subject) -> str:
    match = _RELEASE_IN_NAME.match(image.name)
    return match[1] if match else ""


def _order(version: str) -> bytes:
    try:
        return key("deb", version)
    except ValueError:
        return b""

"""Which kernel of the rpm family and of Alpine counts: what `uname -r` says, and never a headers package."""

from __future__ import annotations

import json

import pytest

from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.rules.cve.kernel import has_kernel, running_kernel
from shindan.rules.cve.subject import Subject
from support import test_data
from unit.rules.cve.cases import apk, deb, rpm


def host(running: str = "") -> Inventory:
    """A host whose running release is known, or not."""
    return Inventory([Fact("kernel", "running", {"release": running})] if running else [])


def kernel(name: str, version: str, *, arch: str = "x86_64", source: str = "kernel") -> Subject:
    return rpm(name, version, arch=arch, source=source)


R9_OLD, R9_NEW = "5.14.0-70.13.1.el9_0", "5.14.0-503.15.1.el9_5"
R9 = [
    kernel(f"kernel{part}", version)
    for version in (R9_OLD, R9_NEW)
    for part in ("", "-core", "-modules", "-debug-core", "-debug-modules-extra", "-64k-core", "-rt-core", "-devel")
]
BESIDE = [
    kernel("kernel-headers", R9_NEW),
    kernel("kernel-tools", R9_NEW),
    kernel("perf", R9_NEW),
    rpm("python3-perf", R9_NEW),
    kernel("bpftool", "7.3.0-503.15.1.el9_5"),
]
PLAIN = {"kernel", "kernel-core", "kernel-modules", "kernel-devel"}


def names(version: str, *kernels: str) -> set[str]:
    return {f"{name} {version}" for name in kernels}


CASES: list[tuple[str, list[Subject], str, set[str]]] = [
    ("RHEL 9: the old one runs", R9, f"{R9_OLD}.x86_64", names(R9_OLD, *PLAIN)),
    ("RHEL 9: unknown, the newest plain one", R9, "", names(R9_NEW, *PLAIN)),
    ("RHEL 9: the debug flavour runs", R9, f"{R9_NEW}.x86_64+debug", names(R9_NEW, "kernel-debug-core", "kernel-debug-modules-extra")),
    ("RHEL 9: the real-time flavour runs", R9, f"{R9_NEW}.x86_64+rt", names(R9_NEW, "kernel-rt-core")),
    ("RHEL 9: 64k pages", [kernel("kernel-core", R9_NEW, arch="aarch64"), kernel("kernel-64k-core", R9_NEW, arch="aarch64")], f"{R9_NEW}.aarch64+64k", names(R9_NEW, "kernel-64k-core")),
    ("RHEL 9: 64k pages, debug", [kernel("kernel-64k-core", R9_NEW, arch="aarch64"), kernel("kernel-64k-debug-core", R9_NEW, arch="aarch64")], f"{R9_NEW}.aarch64+64k-debug", names(R9_NEW, "kernel-64k-debug-core")),
    ("RHEL 9: 64k pages are no real-time 64k", [kernel("kernel-rt-64k-core", R9_NEW, arch="aarch64")], f"{R9_NEW}.aarch64+64k", set()),
    ("RHEL 9: a kernel of nobody runs", R9, "6.9.7-1.el9.elrepo.x86_64", set()),
    ("RHEL 7: the debug flavour runs", [kernel("kernel", "3.10.0-1160.el7"), kernel("kernel-debug", "3.10.0-1160.el7")], "3.10.0-1160.el7.x86_64.debug", names("3.10.0-1160.el7", "kernel-debug")),
    ("RHEL 7: real time is in the version", [kernel("kernel-rt", "3.10.0-693.rt56.617.el7", source="kernel-rt")], "3.10.0-693.rt56.617.el7.x86_64", names("3.10.0-693.rt56.617.el7", "kernel-rt")),
    ("RHEL 5: flavours without an architecture", [kernel("kernel", "2.6.18-419.el5"), kernel("kernel-debug", "2.6.18-419.el5"), kernel("kernel-PAE", "2.6.18-419.el5", arch="i686")], "2.6.18-419.el5debug", names("2.6.18-419.el5", "kernel-debug")),
    ("RHEL 5: PAE", [kernel("kernel", "2.6.18-419.el5", arch="i686"), kernel("kernel-PAE", "2.6.18-419.el5", arch="i686")], "2.6.18-419.el5PAE", names("2.6.18-419.el5", "kernel-PAE")),
    (
        "SLES 12.2: a release without its last part",
        [kernel("kernel-default", "4.4.74-92.35.1", source="kernel-default"), kernel("kernel-default", "4.4.59-92.20.2", source="kernel-default")],
        "4.4.74-92.35-default",
        names("4.4.74-92.35.1", "kernel-default"),
    ),
    (
        "SLES: another flavour",
        [kernel("kernel-default", "5.14.21-150500.55.7.1"), kernel("kernel-azure", "5.14.21-150500.33.69.1"), kernel("kernel-devel", "5.14.21-150500.33.69.1", arch="noarch")],
        "5.14.21-150500.33.69-azure",
        names("5.14.21-150500.33.69.1", "kernel-azure", "kernel-devel"),
    ),
    ("SLES: unknown, the newest", [kernel("kernel-default", "5.14.21-150500.55.7.1"), kernel("kernel-default", "5.14.21-150500.55.49.1")], "", names("5.14.21-150500.55.49.1", "kernel-default")),
    (
        "Oracle 7: the other kernel runs",
        [kernel("kernel", "3.10.0-1160.el7"), kernel("kernel-uek", "5.4.17-2102.200.13.el7uek", source="kernel-uek"), kernel("kernel-uek", "5.4.17-2136.338.4.el7uek", source="kernel-uek")],
        "5.4.17-2102.200.13.el7uek.x86_64",
        names("5.4.17-2102.200.13.el7uek", "kernel-uek"),
    ),
    (
        "Oracle 9: 64k pages of the other kernel",
        [kernel("kernel-uek-core", "5.15.0-200.el9uek", arch="aarch64"), kernel("kernel-uek64k-core", "5.15.0-200.el9uek", arch="aarch64")],
        "5.15.0-200.el9uek.aarch64+64k",
        names("5.15.0-200.el9uek", "kernel-uek64k-core"),
    ),
    (
        "Oracle 9: plain pages of the other kernel",
        [kernel("kernel-uek-core", "5.15.0-200.el9uek", arch="aarch64"), kernel("kernel-uek64k-core", "5.15.0-200.el9uek", arch="aarch64")],
        "5.15.0-200.el9uek.aarch64",
        names("5.15.0-200.el9uek", "kernel-uek-core"),
    ),
    (
        "Amazon Linux 2023: two lines side by side",
        [kernel("kernel", "6.1.79-99.164.amzn2023"), kernel("kernel6.12", "6.12.22-27.96.amzn2023", source="kernel6.12"), kernel("kernel6.12-tools", "6.12.22-27.96.amzn2023", source="kernel6.12")],
        "6.1.79-99.164.amzn2023.x86_64",
        names("6.1.79-99.164.amzn2023", "kernel"),
    ),
    ("Amazon Linux 1: a live patch is no kernel", [kernel("kernel", "4.14.165-131.185.amzn1")], "4.14.165-131.185.amzn1.x86_64", names("4.14.165-131.185.amzn1", "kernel")),
    ("a release that begins like another", [kernel("kernel", "5.14.0-503.15"), kernel("kernel", "5.14.0-503.15.1.el9_5")], "5.14.0-503.15.1.el9_5.x86_64", names("5.14.0-503.15.1.el9_5", "kernel")),
    ("Alpine: lts runs, virt does not", [apk("linux-lts", "6.6.31-r0"), apk("linux-virt", "6.6.31-r0", source="linux-lts")], "6.6.31-0-lts", names("6.6.31-r0", "linux-lts")),
    ("Alpine: upgraded, not yet rebooted", [apk("linux-lts", "6.6.32-r0")], "6.6.31-0-lts", set()),
    ("Alpine: unknown", [apk("linux-lts", "6.6.31-r0")], "", names("6.6.31-r0", "linux-lts")),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subjects", "running", "active"), CASES, ids=[case[0] for case in CASES])
def test_active_kernels(name: str, subjects: list[Subject], running: str, active: set[str]) -> None:
    chosen = running_kernel(host(running), subjects)
    assert {f"{s.name} {s.installed_version}" for s in subjects if not chosen.inactive(s)} == active
    assert chosen.packaged == bool(active)


@pytest.mark.parametrize("subject", BESIDE, ids=lambda subject: subject.name)
def test_what_is_built_beside_the_kernel_is_none(subject: Subject) -> None:
    chosen = running_kernel(host(f"{R9_NEW}.x86_64"), [*R9, subject])
    assert "no kernel code that runs" in chosen.inactive(subject)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("kernel-livepatch-4.14.165-131.185", "kernel-livepatch-4.14.165-131.185"),
        ("kernel-livepatch-5_3_18-150300_59_43-default", "kernel-livepatch-SLE15-SP3_Update_12"),
        ("kpatch-patch-5_14_0-70_13_1", "kpatch-patch-5_14_0-70_13_1"),
        ("kernel-srpm-macros", "kernel-srpm-macros"),
        ("kernel-firmware", "kernel-firmware"),
        ("openssl", "openssl"),
    ],
)
def test_what_is_no_kernel_is_never_inactive(name: str, source: str) -> None:
    subject = rpm(name, "1-1", source=source)
    assert running_kernel(host(f"{R9_OLD}.x86_64"), [*R9, subject]).inactive(subject) == ""
    assert not has_kernel([subject])


def test_an_epoch_is_no_part_of_a_release() -> None:
    subject = rpm("kernel", "1:6.12.22-27.96.amzn2023")
    assert running_kernel(host("6.12.22-27.96.amzn2023.x86_64"), [subject]).inactive(subject) == ""


def test_packages_of_two_formats_on_one_disk() -> None:
    image = deb("linux-image-6.1.0-37-amd64", "6.1.140-1", source="linux-signed-amd64")
    chosen = running_kernel(host(), [image, rpm("kernel", R9_NEW), apk("linux-lts", "6.6.31-r0")])
    assert chosen.release


RPM_HOSTS = ["alma_9", "amazon_2", "amazon_2023", "centos_7", "oracle_8", "rhel_80", "rhel_90", "rocky_8", "sles15"]


@pytest.mark.data
@pytest.mark.parametrize("name", RPM_HOSTS)
def test_the_running_kernel_of_a_real_host_is_one_of_its_packages(name: str) -> None:
    said = json.loads(test_data(f"inventories/vulsio-integration/{name}.json").read_bytes())
    subjects = [
        rpm(one["name"], f"{one['version']}-{one['release']}", arch=one["arch"]) for one in said["packages"].values()
    ]
    chosen = running_kernel(host(said["runningKernel"]["release"]), subjects)
    assert chosen.packaged
    assert any(not chosen.inactive(s) for s in subjects if s.name in ("kernel", "kernel-core", "kernel-default"))

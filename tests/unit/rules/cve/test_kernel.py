"""Which kernel counts: only what runs, and never a name's text order."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.facts.fact import Fact
from shindan.model.inventory import Inventory
from shindan.rules.cve.kernel import is_kernel_source, running_kernel
from shindan.rules.cve.subject import Subject, subject_of


def package(name: str, version: str, source: str) -> Subject:
    """A dpkg package built from a kernel source."""
    return subject_of(Fact("package", name, {"type": "deb", "version": version, "arch": "amd64", "source": source}))


def host(running: str = "") -> Inventory:
    """A host whose running release is known, or not."""
    facts: list[Fact] = [Fact("kernel", "running", {"release": running, "version": ""})] if running else []
    return Inventory(facts)


DEBIAN = [
    package("linux-image-6.1.0-35-amd64", "6.1.137-1", "linux-signed-amd64"),
    package("linux-image-6.1.0-37-amd64", "6.1.140-1", "linux-signed-amd64"),
    package("linux-headers-6.1.0-37-common", "6.1.140-1", "linux"),
    package("linux-image-amd64", "6.1.140-1", "linux-signed-amd64"),
    package("linux-libc-dev", "6.1.140-1", "linux"),
]
UBUNTU = [
    package("linux-image-6.8.0-31-generic", "6.8.0-31.31", "linux-signed"),
    package("linux-image-6.8.0-100-generic", "6.8.0-100.100", "linux-signed"),
    package("linux-modules-6.8.0-100-generic", "6.8.0-100.100", "linux"),
    package("linux-headers-6.8.0-100", "6.8.0-100.100", "linux"),
    package("linux-image-virtual", "6.8.0-100.100", "linux-meta"),
]

CASES: list[tuple[str, list[Subject], str, set[str]]] = [
    ("only the running one of two", DEBIAN, "6.1.0-37-amd64", {"linux-image-6.1.0-37-amd64", "linux-headers-6.1.0-37-common"}),
    ("an old one that still runs", DEBIAN, "6.1.0-35-amd64", {"linux-image-6.1.0-35-amd64"}),
    ("unknown: the newest installed", DEBIAN, "", {"linux-image-6.1.0-37-amd64", "linux-headers-6.1.0-37-common"}),
    ("a foreign kernel runs: none", DEBIAN, "6.18.4-container", set()),
    (
        "string order says 31 is more than 100",
        UBUNTU,
        "",
        {"linux-image-6.8.0-100-generic", "linux-modules-6.8.0-100-generic", "linux-headers-6.8.0-100"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "subjects", "running", "active"), CASES, ids=[case[0] for case in CASES])
def test_active_packages(name: str, subjects: list[Subject], running: str, active: set[str]) -> None:
    kernel = running_kernel(host(running), subjects)
    kernels = {s.name for s in subjects if not kernel.inactive(s) and is_kernel_source(s.source)}
    assert kernels == active


FLAVOURED = [
    package("linux-headers-5.4.0-1131-kvm", "5.4.0-1131.140", "linux-kvm"),
    package("linux-kvm-headers-5.4.0-1131", "5.4.0-1131.140", "linux-kvm"),
    package("linux-modules-5.4.0-1131-kvm", "5.4.0-1131.140", "linux-kvm"),
    package("linux-kvm-headers-5.4.0-1130", "5.4.0-1130.139", "linux-kvm"),
    package("linux-hwe-6.8-tools-6.8.0-50", "6.8.0-50.51~22.04.1", "linux-hwe-6.8"),
    package("linux-headers-kvm", "5.4.0.1131.125", "linux-kvm"),
]


def test_25_headers_of_the_running_flavour_count() -> None:
    """Ubuntu's own evaluator lists headers and modules of the kvm kernel that runs (CVE-2023-20569)."""
    kernel = running_kernel(host("5.4.0-1131-kvm"), FLAVOURED)
    assert [s.name for s in FLAVOURED if not kernel.inactive(s)] == [s.name for s in FLAVOURED[:3]]


def test_26_the_package_that_owns_the_running_image_runs_whatever_its_name_says() -> None:
    named = "6.12.90+deb13-amd64"
    subjects = [
        package(f"linux-image-{named}", "6.12.90-2", "linux-signed-amd64"),
        package("linux-image-6.12.85+deb13-amd64", "6.12.85-1", "linux-signed-amd64"),
    ]
    data = {"release": "6.12.90+deb13.1-amd64", "package": f"linux-image-{named}"}
    kernel = running_kernel(Inventory([Fact("kernel", "running", data)]), subjects)
    assert kernel.packaged
    assert [s.name for s in subjects if not kernel.inactive(s)] == [f"linux-image-{named}"]


def test_26_a_meta_package_is_no_kernel_that_runs() -> None:
    subjects = [*UBUNTU, package("linux-image-5.15.0-164-generic", "5.15.0-164.174", "linux-signed")]
    kernel = running_kernel(host("5.15.0-164-generic"), subjects)
    assert kernel.packaged and kernel.inactive(UBUNTU[4]) == ""
    assert not kernel.inactive(subjects[-1])


def test_a_package_that_is_no_kernel_is_never_inactive() -> None:
    kernel = running_kernel(host("6.1.0-37-amd64"), DEBIAN)
    assert kernel.inactive(package("openssl", "3.0.19-1", "openssl")) == ""


def test_the_reason_names_the_kernel_that_runs() -> None:
    kernel = running_kernel(host("6.1.0-37-amd64"), DEBIAN)
    assert kernel.inactive(DEBIAN[0]) == "kernel 6.1.0-35-amd64 does not run: 6.1.0-37-amd64 does"


def test_a_running_kernel_that_no_package_owns_is_known_as_such() -> None:
    assert not running_kernel(host("6.18.4-container"), DEBIAN).packaged
    assert running_kernel(host("6.1.0-37-amd64"), DEBIAN).packaged


KERNEL_SOURCES: dict[str, bool] = {
    "linux": True,
    "linux-5.10": True,
    "linux-6.1": True,
    "linux-aws": True,
    "linux-aws-5.15": True,
    "linux-hwe-6.8": True,
    "linux-hwe-edge": True,
    "linux-oem-22.04b": True,
    "linux-lowlatency-hwe-5.15": True,
    "linux-nvidia-tegra-igx": True,
    "linux-base": False,
    "linux-firmware": False,
    "linuxptp": False,
    "linux-atm": False,
    "util-linux": False,
}


@pytest.mark.parametrize(("source", "expected"), KERNEL_SOURCES.items())
def test_kernel_sources(source: str, expected: bool) -> None:
    assert is_kernel_source(source) is expected


SIGNED: dict[tuple[str, str], tuple[str, str]] = {
    ("linux-signed-amd64", "6.1.140+1"): ("linux", "6.1.140-1"),
    ("linux-signed-arm64", "6.1.140+1"): ("linux", "6.1.140-1"),
    ("linux-signed", "6.1.140-1"): ("linux", "6.1.140-1"),
    ("linux-signed-hwe-6.8", "6.1.140-1"): ("linux-hwe-6.8", "6.1.140-1"),
}


@pytest.mark.parametrize(("signed", "expected"), SIGNED.items())
def test_signing_sources_stand_for_the_kernel_they_sign(signed: tuple[str, str], expected: tuple[str, str]) -> None:
    data: dict[str, Any] = {"type": "deb", "version": "6.1.140-1", "arch": "amd64"}
    subject = subject_of(Fact("package", "linux-image-x", {**data, "source": signed[0], "source_version": signed[1]}))
    assert (subject.source, subject.source_version) == expected

"""The commands that make updates, a package manager at a time."""

from __future__ import annotations

import pytest

from results import finding, package
from shindan.model.result import Finding, Host
from shindan.render.updates import commands_of, updates_of, whole_upgrade


def fixable(name: str, *, arch: str = "amd64", type_: str = "deb", source: str = "") -> Finding:
    return finding("CVE-2026-1", package(name, "1-1", source, arch=arch, type_=type_), "High", "1-2")


def host(platform: str, arch: str = "amd64") -> Host:
    return Host("h", platform, platform, arch, "")


@pytest.mark.parametrize(
    ("where", "findings", "lines"),
    [
        pytest.param(host("debian:12"), [fixable("a"), fixable("b")], ["apt-get install --only-upgrade a b"], id="apt"),
        pytest.param(
            host("debian:12"), [fixable("libc6", arch="i386"), fixable("x", arch="all")],
            ["apt-get install --only-upgrade libc6:i386 x"], id="apt takes a foreign architecture after a colon",
        ),
        pytest.param(
            host("debian:12"), [fixable("linux-image-6.1.0-37-amd64"), fixable("linux-libc-dev")],
            ["apt-get install --only-upgrade linux-libc-dev", "apt-get upgrade --with-new-pkgs"],
            id="a kernel's fix is a new package",
        ),
        pytest.param(
            host("rhel:9", "x86_64"), [fixable("glibc", type_="rpm", arch="i686"), fixable("kernel", type_="rpm", arch="x86_64")],
            ["dnf upgrade glibc.i686 kernel"], id="dnf",
        ),
        pytest.param(host("amzn:2", "x86_64"), [fixable("curl", type_="rpm", arch="x86_64")], ["yum update curl"], id="yum"),
        pytest.param(host("sles:15.6", "x86_64"), [fixable("curl", type_="rpm", arch="noarch")], ["zypper update curl"], id="zypper"),
        pytest.param(host("alpine:3.20", "x86_64"), [fixable("musl", type_="apk", arch="x86_64")], ["apk add --upgrade musl"], id="apk"),
        pytest.param(host("debian:12"), [fixable("a; reboot"), fixable("--force-yes"), fixable("$(x)")], [], id="hostile names"),
        pytest.param(host("debian:12"), [finding("CVE-2026-1", package("a", "1"))], [], id="no fix"),
        pytest.param(host("debian:12"), [fixable("a")._replace(active=False)], [], id="inactive"),
        pytest.param(host("debian:12"), [fixable("a")._replace(ignored="known")], [], id="ignored"),
    ],
)  # fmt: skip
def test_command(where: Host, findings: list[Finding], lines: list[str]) -> None:
    assert [command.line for command in commands_of(updates_of(findings), where)] == lines


def test_an_update_counts_what_it_removes() -> None:
    of = package("a", "1-1")
    found = [
        finding("CVE-2026-1", of, "Low", "1-2"),
        finding("CVE-2026-2", of, "High", "1-3"),
        finding("CVE-2026-3", of),
    ]
    (update,) = updates_of(found)
    assert (update.findings, update.worst, update.versions) == (2, "High", ("1-2", "1-3"))


def test_every_update_there_is() -> None:
    assert whole_upgrade(host("alpine:3.20"), updates_of([fixable("musl", type_="apk")])) == "apk upgrade"
    assert whole_upgrade(host("fedora:42"), updates_of([fixable("a", type_="rpm")])) == "dnf upgrade"

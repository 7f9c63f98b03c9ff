"""Foreign packages are known by a positive sign; unknown ones are the distribution's own until then."""

from __future__ import annotations

from typing import Any

import pytest

from shindan.facts.fact import Fact
from shindan.rules.cve.origin import origin_of
from shindan.rules.cve.subject import subject_of

REPOSITORIES: dict[str, dict[str, Any]] = {
    "debian": {"url": "http://mirror.corp.example/debian", "origin": "Debian"},
    "docker": {"url": "http://mirror.corp.example/docker", "origin": "Docker"},
    "unnamed": {"url": "http://mirror.corp.example/debian"},
    "pgdg": {"url": "http://apt.postgresql.org/pub/repos/apt"},
    "pro": {"url": "https://esm.ubuntu.com/infra/ubuntu", "origin": "UbuntuESM"},
    "docker-rpm": {"url": "https://download.docker.com/linux/rhel/9/x86_64/stable"},
    "baseos": {"url": "https://cdn.redhat.com/content/dist/rhel9/9/x86_64/baseos/os"},
}

CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("nothing known", "debian", {}, "unknown"),
    ("Debian's maintainer", "debian", {"maintainer": "Debian OpenSSL Team <x@alioth-lists.debian.net>"}, "own"),
    ("a person's own address", "debian", {"maintainer": "Jane Doe <jane@example.org>"}, "unknown"),
    ("Docker's maintainer", "debian", {"maintainer": "Docker <support@docker.com>"}, "foreign"),
    ("Docker's origin behind an own mirror", "debian", {"repository": "docker"}, "foreign"),
    ("Debian's origin behind an own mirror", "debian", {"repository": "debian"}, "own"),
    ("an own mirror without a Release file", "debian", {"repository": "unnamed"}, "unknown"),
    ("PGDG keeps Debian's maintainers", "debian", {"repository": "pgdg", "maintainer": "X <pkg@lists.debian.org>"}, "foreign"),
    ("an address without a repository fact", "debian", {"repository": "https://download.docker.com/linux/debian bookworm stable"}, "foreign"),
    ("security.ubuntu.com", "ubuntu", {"repository": "http://security.ubuntu.com/ubuntu jammy-security main"}, "own"),
    ("a PPA's origin", "ubuntu", {"repository": "https://ppa.launchpadcontent.net/x/y/ubuntu jammy main"}, "foreign"),
    ("MariaDB's version mark", "ubuntu", {"version": "1:10.6.18+maria~ubu2204"}, "foreign"),
    ("PGDG's version mark", "debian", {"version": "15.8-1.pgdg120+1"}, "foreign"),
    ("a vendor field", "debian", {"vendor": "Docker"}, "foreign"),
    ("a platform without a row", "plan9", {"maintainer": "Docker <support@docker.com>"}, "unknown"),
    ("a hostile repository name", "debian", {"repository": "http://[::1"}, "unknown"),
    ("a host that only ends like Debian's", "debian", {"repository": "http://notdebian.org/debian trixie main"}, "unknown"),
    ("a host that only begins like Debian's", "debian", {"repository": "http://debian.org.example/debian trixie main"}, "unknown"),
    ("nodesource's maintainer", "ubuntu", {"maintainer": "Ivan Iguaran <ivan@nodesource.com>"}, "foreign"),
    ("a PPA's version mark", "ubuntu", {"version": "1.24-1~ppa1"}, "foreign"),
    ("Raspberry Pi's version mark", "debian", {"version": "1.2-3+rpt1"}, "foreign"),
    ("Ubuntu Pro's origin", "ubuntu", {"repository": "pro"}, "own"),
]  # fmt: skip

RPM_CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("Red Hat", "rhel", {"vendor": "Red Hat, Inc."}, "own"),
    ("CentOS", "centos", {"vendor": "CentOS"}, "own"),
    ("CentOS Stream", "centos-stream", {"vendor": "CentOS"}, "own"),
    ("AlmaLinux", "almalinux", {"vendor": "AlmaLinux OS Foundation"}, "own"),
    ("Rocky", "rocky", {"vendor": "Rocky Enterprise Software Foundation"}, "own"),
    ("CloudLinux", "cloudlinux", {"vendor": "CloudLinux"}, "own"),
    ("Oracle", "ol", {"vendor": "Oracle America"}, "own"),
    ("Fedora", "fedora", {"vendor": "Fedora Project"}, "own"),
    ("SUSE", "sles", {"vendor": "SUSE LLC <https://www.suse.com/>"}, "own"),
    ("SUSE of old", "sles", {"vendor": "SUSE LINUX Products GmbH, Nuernberg, Germany"}, "own"),
    ("openSUSE", "opensuse-leap", {"vendor": "openSUSE"}, "own"),
    ("Leap takes SLE's builds", "opensuse-leap", {"vendor": "SUSE LLC <https://www.suse.com/>"}, "own"),
    ("Amazon", "amzn", {"vendor": "Amazon Linux"}, "own"),
    ("Amazon of old", "amzn", {"vendor": "Amazon.com"}, "own"),
    ("Amazon leaves the vendor empty", "amzn", {"version": "8.7p1-8.amzn2023.0.9"}, "own"),
    ("a package without vendor and mark on Amazon", "amzn", {"version": "1.0-1"}, "unknown"),
    ("a builder for Amazon who names himself", "amzn", {"version": "1.24-1.amzn2", "vendor": "NGINX Packaging"}, "foreign"),
    ("EPEL among Red Hat's", "rhel", {"vendor": "Fedora Project"}, "foreign"),
    ("Fedora's copr is not Fedora", "fedora", {"vendor": "Fedora Copr - user somebody"}, "foreign"),
    ("docker-ce", "rhel", {"vendor": "Docker"}, "foreign"),
    ("Remi", "rhel", {"vendor": "Remi's RPM repository <https://rpms.remirepo.net/>"}, "foreign"),
    ("Remi's mark without a vendor", "rhel", {"version": "8.2.1-1.el9.remi"}, "foreign"),
    ("PGDG's mark without a vendor", "rocky", {"version": "15.8-1PGDG.rhel9"}, "foreign"),
    ("an own build on SUSE", "sles", {"vendor": "obs://build.example.org/home"}, "foreign"),
    ("another rebuild's package left over", "almalinux", {"vendor": "CentOS"}, "foreign"),
    ("no vendor", "rhel", {}, "unknown"),
    ("no vendor, Red Hat's key", "rhel", {"signing_key": "199E2F91FD431D51"}, "own"),
    ("no vendor, the whole fingerprint", "rhel", {"signing_key": "567e347ad0044ade55ba8a5f199e2f91fd431d51"}, "own"),
    ("no vendor, a key that is not known", "rhel", {"signing_key": "0123456789abcdef"}, "unknown"),
    ("no vendor, Docker's repository", "rhel", {"repository": "docker-rpm"}, "foreign"),
    ("no vendor, Red Hat's repository", "rhel", {"repository": "baseos"}, "own"),
    ("a vendor outweighs the mirror that it lies in", "rhel", {"repository": "baseos", "vendor": "Docker"}, "foreign"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "platform", "data", "expected"), RPM_CASES, ids=[case[0] for case in RPM_CASES])
def test_origin_of_an_rpm(name: str, platform: str, data: dict[str, Any], expected: str) -> None:
    fact = Fact("package", "p", {"type": "rpm", "version": "1.0-1", "arch": "x86_64", **data})
    origin = origin_of(subject_of(fact), platform, REPOSITORIES)
    assert (origin if origin in ("own", "unknown") else "foreign") == expected


def test_origin_of_an_apk() -> None:
    fact = Fact("package", "p", {"type": "apk", "version": "1.0-r1", "arch": "x86_64", "repository": "main"})
    repositories = {"main": {"url": "https://dl-cdn.alpinelinux.org/alpine/v3.20/main"}}
    assert origin_of(subject_of(fact), "alpine", repositories) == "own"
    assert origin_of(subject_of(fact), "alpine", {}) == "unknown"


@pytest.mark.parametrize(("name", "platform", "data", "expected"), CASES, ids=[case[0] for case in CASES])
def test_origin(name: str, platform: str, data: dict[str, Any], expected: str) -> None:
    fact = Fact("package", "p", {"type": "deb", "version": "1.0-1", "arch": "amd64", **data})
    origin = origin_of(subject_of(fact), platform, REPOSITORIES)
    assert (origin if origin in ("own", "unknown") else "foreign") == expected

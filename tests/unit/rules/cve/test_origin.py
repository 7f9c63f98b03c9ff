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
]  # fmt: skip


@pytest.mark.parametrize(("name", "platform", "data", "expected"), CASES, ids=[case[0] for case in CASES])
def test_origin(name: str, platform: str, data: dict[str, Any], expected: str) -> None:
    fact = Fact("package", "p", {"type": "deb", "version": "1.0-1", "arch": "amd64", **data})
    origin = origin_of(subject_of(fact), platform, REPOSITORIES)
    assert (origin if origin in ("own", "unknown") else "foreign") == expected

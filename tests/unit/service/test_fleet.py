"""Hosts of a fleet: each distinct line read once, each distinct package looked up."""

from __future__ import annotations

import json
from typing import Any

import pytest

from shindan.engine.judge import Flaw
from shindan.service import fleet_lines
from shindan.service.fleet_lines import Lines
from shindan.service.fleet_table import take
from shindan.store.rules import Rule


def line(kind: str, subject: str, **data: Any) -> bytes:
    return json.dumps({"kind": kind, "subject": subject, "data": data}).encode()


PLATFORM = line("platform", "os", id="debian", version_id="12")
CURL = line("package", "curl", type="deb", version="7.88.1-10", arch="amd64")
BASH = line("package", "bash", type="deb", version="5.2.15-2", arch="amd64")


def test_equal_packages_have_one_number_and_other_facts_stay_facts() -> None:
    lines = Lines()
    one = lines.host(b"\n".join((PLATFORM, CURL, BASH, b"")))
    other = lines.host(b"\n".join((PLATFORM, BASH, b"no fact", CURL, b"{}", b"")))
    assert [lines.subjects[number].name for number in one.packages] == ["curl", "bash"]
    assert list(other.packages) == list(reversed(one.packages))
    assert one.inventory.platform is not None
    assert len(other.inventory) == 1


def test_two_forms_of_one_package_are_one_number() -> None:
    lines = Lines()
    host = lines.host(b"\n".join((PLATFORM, CURL, CURL.replace(b'": "', b'":"'))))
    assert len(host.packages) == 2
    assert len(set(host.packages)) == 1


def test_a_full_memory_forgets_packages_and_keeps_facts_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_lines, "_MOST_LINES", 3)
    lines = Lines()
    repository = line("repository", "http://deb.debian.org/debian bookworm main", origin="Debian")
    first = lines.host(b"\n".join((PLATFORM, repository, CURL, BASH)))
    again = lines.host(b"\n".join((PLATFORM, repository, CURL, BASH)))
    assert list(again.packages) == list(first.packages)
    assert again.inventory.all("repository")[0] is first.inventory.all("repository")[0]
    assert len(lines.subjects) == 2


def flaw(id_: str, severity: int, subject: str) -> Flaw:
    return Flaw(Rule("cve", id_, "", "", ""), severity, subject)


def test_a_host_has_one_flaw_for_each_id_that_of_the_package_it_hits_worst() -> None:
    best: dict[str, Flaw] = {}
    for package, severity in (("libc-bin-2.36", 2), ("libc6-2.36", 1), ("locales-2.36", 1), ("libc-l10n-2.36", 3)):
        take(best, {"CVE-1": flaw("CVE-1", severity, package), f"CVE-{package}": flaw("own", 0, package)})
    assert (best["CVE-1"].severity, best["CVE-1"].subject) == (1, "libc6-2.36")
    assert len(best) == 5

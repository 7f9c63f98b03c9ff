"""apt is the judge: what a scan says is fixed, apt would install from the security suite, in that very version."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support import need_tool
from system.roots import debian_root

pytestmark = [pytest.mark.slow, pytest.mark.system]

_INST = re.compile(r"^Inst (\S+) \[([^\]]+)\] \((\S+) (.*) \[\w+\]\)")
_CLOSED = "http://127.0.0.1:9/closed"


@dataclass(frozen=True)
class Upgrade:
    """A package that apt would upgrade: its source, the source's versions before and after, and who offers the latter."""

    source: str
    installed: str
    candidate: str
    suites: str


@dataclass(frozen=True)
class Judged:
    """A root as apt sees it and as a scan sees it."""

    upgrades: dict[str, Upgrade]
    result: dict[str, Any]
    data: Path


@pytest.fixture(scope="module")
def bookworm(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    need_tool("gpgv", "gpgv")
    root = debian_root("bookworm")
    data = tmp_path_factory.mktemp("data")
    return Judged(_upgrades(root), _scan(root, data), data)


def _upgrades(root: Path) -> dict[str, Upgrade]:
    """What `apt-get update` and `apt-get dist-upgrade` would do to the root, and what `apt-cache policy` prefers."""
    apt = need_tool("apt-get", "apt")
    options = [
        "-o",
        f"Dir={root}",
        "-o",
        f"Dir::State::status={root}/var/lib/dpkg/status",
        "-o",
        "APT::Sandbox::User=root",
    ]
    done = subprocess.run([apt, *options, "update"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    simulated = subprocess.check_output([apt, *options, "--simulate", "dist-upgrade"], text=True)
    found = {m[1]: m for m in map(_INST.match, simulated.splitlines()) if m}
    policy = subprocess.check_output(["apt-cache", *options, "policy", *found], text=True)
    preferred = dict(re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (\S+)$", policy, re.MULTILINE))
    assert preferred == {name: m[3] for name, m in found.items()}
    ahead = _sources(["apt-cache", *options, "show", *(f"{name}={m[3]}" for name, m in found.items())])
    behind = _sources(["dpkg-query", f"--admindir={root}/var/lib/dpkg", "--status", *found])
    return {name: Upgrade(ahead[name][0], behind[name][1], ahead[name][1], m[4]) for name, m in found.items()}


def _sources(command: list[str]) -> dict[str, tuple[str, str]]:
    """Package to its source and the source's version, of the control stanzas that a command prints (deb-control(5))."""
    found = {}
    for stanza in subprocess.check_output(command, text=True).split("\n\n"):
        fields = dict(re.findall(r"^(Package|Version|Source): (.*)$", stanza, re.MULTILINE))
        if fields:
            source, _, version = str(fields.get("Source") or fields["Package"]).partition(" ")
            found[fields["Package"]] = (source, version.strip("()") or fields["Version"])
    return found


def _scan(root: Path, data: Path) -> dict[str, Any]:
    """A scan that reaches nothing but the package mirror."""
    closed = {f"SHINDAN_FEED_{name}_URL": _CLOSED for name in ("DEBIAN", "OSV", "KEV", "EPSS", "NVD")}
    command = [
        sys.executable,
        "-m",
        "shindan.cli",
        "scan",
        "--root",
        str(root),
        "--data",
        str(data),
        "--format",
        "json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **closed})
    assert done.returncode == 0, done.stderr
    assert "package mirror" in done.stderr, "it says that it fell back"
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _fixable(judged: Judged) -> dict[str, set[str]]:
    """Package to the fixed versions of its active findings."""
    found: dict[str, set[str]] = {}
    for finding in judged.result["findings"]:
        if finding["package"] and finding["fixed_version"] and finding["active"]:
            found.setdefault(finding["package"]["name"], set()).add(finding["fixed_version"])
    return found


def test_the_root_has_outstanding_security_updates(bookworm: Judged) -> None:
    assert any("Security" in upgrade.suites for upgrade in bookworm.upgrades.values()), "nothing to judge by"
    assert bookworm.result["host"]["platform"] == "debian:12"


def test_what_has_a_fix_is_what_apt_would_upgrade(bookworm: Judged) -> None:
    assert set(_fixable(bookworm)) <= set(bookworm.upgrades)


def test_what_apt_would_upgrade_from_security_has_a_fix_or_names_no_cve(bookworm: Judged) -> None:
    secure = {name for name, upgrade in bookworm.upgrades.items() if "Security" in upgrade.suites}
    silent = secure - set(_fixable(bookworm))
    named = {name: _cves_since(bookworm, name) for name in silent}
    assert {name: cves for name, cves in named.items() if cves} == {}
    assert len(silent) < len(secure) / 2, "most security updates name CVEs"


def test_the_newest_fixed_version_is_what_apt_would_install_or_an_update_before_it(bookworm: Judged) -> None:
    wrong = {}
    for name, fixed in _fixable(bookworm).items():
        upgrade = bookworm.upgrades[name]
        beyond = [version for version in fixed if _later(version, upgrade.candidate)]
        reached = [version for version in fixed if not _later(version, upgrade.installed)]
        if beyond or reached:
            wrong[name] = (upgrade, beyond, reached)
    assert wrong == {}


def test_the_ledger_counts_every_package(bookworm: Judged) -> None:
    ledger = bookworm.result["ledger"]
    assert ledger["packages"] > 80
    assert any("fix only" in note for note in ledger["notes"]), "the mirror's limit is said"


def _later(version: str, other: str) -> bool:
    return subprocess.run(["dpkg", "--compare-versions", version, "gt", other]).returncode == 0


def _cves_since(judged: Judged, package: str) -> list[str]:
    """CVE ids that the changelog names above the installed source version, as dpkg's own parser reads it."""
    parser = need_tool("dpkg-parsechangelog", "dpkg-dev")
    archive = judged.data / "feeds/archive/input"
    upgrade = judged.upgrades[package]
    entry = json.loads((archive / "manifest.json").read_text())["platforms"]["debian:12"]["sources"][upgrade.source]
    text = gzip.decompress((archive / "changelogs" / f"{entry['changelog']}.gz").read_bytes())
    command = [parser, "-l-", "--since", upgrade.installed, "--show-field", "Changes"]
    return sorted(set(re.findall(r"CVE-\d{4}-\d+", subprocess.check_output(command, input=text).decode())))

"""Results of Vuls become facts: recorded excerpts, and sixteen real hosts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shindan.facts.fact import Fact, check
from shindan.facts.wire import dumps, loads
from shindan.intake import read
from shindan.model.inventory import Inventory
from shindan.service.hosts import checked
from support import test_data

HOSTS = {
    "alma_9": ("almalinux:9", "rpm"),
    "amazon_2": ("amzn:2", "rpm"),
    "amazon_2023": ("amzn:2023", "rpm"),
    "centos_7": ("centos:7", "rpm"),
    "debian_11": ("debian:11", "deb"),
    "debian_12": ("debian:12", "deb"),
    "oracle_8": ("ol:8", "rpm"),
    "rhel_80": ("rhel:8", "rpm"),
    "rhel_90": ("rhel:9", "rpm"),
    "rocky_8": ("rocky:8", "rpm"),
    "sles15": ("sles:15.3", "rpm"),
    "ubuntu_1804": ("ubuntu:18.04", "deb"),
    "ubuntu_2204": ("ubuntu:22.04", "deb"),
    "windows_server_2016": ("windows:10.0.14393.6351", "windows"),
    "windows_server_2019": ("windows:10.0.17763.6054", "windows"),
    "windows_server_2022_sql_server_2019": ("windows:10.0.20348.3328", "windows"),
}

ALMA: dict[str, Any] = {
    "jsonVersion": 4,
    "serverName": "alma_9",
    "family": "alma",
    "release": "9.0",
    "scannedAt": "2026-01-02T03:04:05Z",
    "runningKernel": {"release": "5.14.0-70.13.1.el9_0.x86_64", "version": "", "rebootRequired": True},
    "packages": {
        "NetworkManager-libnm": {
            "name": "NetworkManager-libnm",
            "version": "1:1.36.0",
            "release": "4.el9_0",
            "newVersion": "1:1.54.0",
            "newRelease": "4.el9_7",
            "arch": "x86_64",
            "repository": "baseos",
            "modularitylabel": "",
        },
        "nodejs": {
            "name": "nodejs",
            "version": "1:16.14.0",
            "release": "4.module_el9",
            "arch": "x86_64",
            "modularitylabel": "nodejs:16",
        },
    },
    "SrcPackages": {
        "NetworkManager": {
            "name": "NetworkManager",
            "version": "1:1.36.0-4.el9_0",
            "arch": "src",
            "binaryNames": ["NetworkManager", "NetworkManager-libnm"],
        }
    },
    "libraries": [
        {
            "Type": "node-pkg",
            "LockfilePath": "srv/package-lock.json",
            "Libs": [{"Name": "@babel/core", "Version": "7.0.0"}],
        },
        {"Type": "nuget", "LockfilePath": "x", "Libs": [{"Name": "A", "Version": "1"}]},
    ],
    "errors": [],
    "warnings": ["Standard OS support is EOL"],
}


def facts_of(folder: Path, document: dict[str, Any]) -> list[Fact]:
    path = folder / "host.json"
    path.write_text(json.dumps(document))
    return list(read(path))


def test_a_recorded_excerpt_yields_what_a_collector_would_have(tmp_path: Path) -> None:
    assert facts_of(tmp_path, ALMA) == [
        Fact("platform", "os", {"id": "almalinux", "version_id": "9.0", "name": "alma 9.0", "arch": "x86_64"}),
        Fact("kernel", "running", {"release": "5.14.0-70.13.1.el9_0.x86_64", "reboot_required": True}),
        Fact(
            "package",
            "NetworkManager-libnm",
            {
                "type": "rpm",
                "version": "1:1.36.0-4.el9_0",
                "arch": "x86_64",
                "source": "NetworkManager",
                "source_version": "1:1.36.0-4.el9_0",
            },
        ),
        Fact(
            "package",
            "nodejs",
            {"type": "rpm", "version": "1:16.14.0-4.module_el9", "arch": "x86_64", "module": "nodejs:16"},
        ),
        Fact("language_package", "@babel/core", {"type": "npm", "version": "7.0.0", "path": "srv/package-lock.json"}),
        Fact(
            "gap", "vuls", {"reason": "1 libraries of the kind `nuget` are not judged", "kinds": ["language_package"]}
        ),
        Fact("gap", "vuls", {"reason": "Vuls said: Standard OS support is EOL"}),
    ]


def test_a_package_without_version_is_a_gap(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {**ALMA, "packages": {"x": {"name": "x"}}})
    assert "a package has no version: 'x'" in [fact.data.get("reason") for fact in facts]


def test_a_result_without_source_packages_says_what_that_costs(tmp_path: Path) -> None:
    reasons = [fact.data["reason"] for fact in facts_of(tmp_path, {**ALMA, "SrcPackages": {}}) if fact.kind == "gap"]
    assert any("names no source packages" in reason for reason in reasons)


@pytest.mark.data
@pytest.mark.parametrize("name", HOSTS)
def test_a_real_host_yields_its_platform_and_every_package(name: str) -> None:
    path = test_data(f"inventories/vulsio-integration/{name}.json")
    document = json.loads(path.read_text())
    facts = list(read(path))
    inventory = Inventory(facts)
    key, kind = HOSTS[name]
    assert inventory.platform is not None
    assert inventory.platform.key == key
    packages = inventory.all("package")
    # One of the Windows hosts has a program without version: it is a gap that names it.
    unversioned = {name for name, told in document["packages"].items() if not told["version"]}
    assert Counter(fact.subject for fact in packages) == Counter(document["packages"].keys() - unversioned)
    assert [name for name in unversioned if f"a package has no version: {name!r}" not in inventory.gaps["vuls"]] == []
    assert {fact.data["type"] for fact in packages} == {kind}
    for fact in packages:
        told = document["packages"][fact.subject]
        assert fact.data["version"] == "-".join(part for part in (told["version"], told["release"]) if part)
    binaries = {name for source in (document.get("SrcPackages") or {}).values() for name in source["binaryNames"]}
    assert {fact.subject for fact in packages if "source" in fact.data} == binaries & document["packages"].keys()
    release = document["runningKernel"]["release"]
    running = inventory.one("kernel", "running")
    assert (running.data["release"] if running else "") == release
    assert [check(fact) for fact in facts if fact.kind != "language_package"] == [None] * len(facts)
    assert [loads(dumps(fact)) for fact in facts] == facts
    assert len(checked(name, inventory).subjects) >= len(packages)

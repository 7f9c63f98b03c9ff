"""dpkg-query judges: on this machine, and over the fake hosts' databases."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from shindan.collect.packages_deb import DpkgPackages
from shindan.collect.root import Root
from support import REPOSITORY, need_tool

FORMAT = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${db:Status-Abbrev}\n"
ON_DISK = "iHUFWt"
DATABASES = [
    "/var/lib/dpkg",
    *[
        str(REPOSITORY / "tests/hosts" / name / "root/var/lib/dpkg")
        for name in ("debian-12", "debian-11-half-way", "ubuntu-22.04-pro")
    ],
]

pytestmark = pytest.mark.system


def judged(database: str) -> set[tuple[str, ...]]:
    command = [need_tool("dpkg-query", "dpkg"), f"--admindir={database}", "-W", f"-f={FORMAT}"]
    rows = [line.split("\t") for line in subprocess.check_output(command, text=True).splitlines()]
    return {(*row[:5], "held" if row[5].startswith("h") else "") for row in rows if row[5][1] in ON_DISK}


@pytest.mark.parametrize(
    "database", DATABASES, ids=lambda path: "this machine" if path[1:4] == "var" else path.split("/")[-5]
)
def test_packages_are_those_of_dpkg_query(database: str) -> None:
    if not (Path(database) / "status").exists():
        pytest.skip("needs: dpkg")
    root = Root(database.removesuffix("var/lib/dpkg"))
    facts = [fact for fact in DpkgPackages().collect(root) if fact.kind == "package"]
    ours = {
        (
            fact.subject,
            *(fact.data[field] for field in ("version", "arch", "source", "source_version")),
            "held" if fact.data.get("held") else "",
        )
        for fact in facts
    }
    assert ours == judged(database)
    assert len(ours) == len(facts)

"""rpm is asked where its database cannot be read; what it prints is taken, and where it fails that is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.root import Root
from shindan.collect.tools import Tools
from shindan.facts.fact import Fact
from support import need_tool
from unit.collect import rpm_writers as write
from unit.collect.trees import gather, tree

FIELDS = "bash\t(none)\t5.1\t1.el9\tx86_64\tbash-5.1-1.el9.src.rpm\tAlmaLinux\t17\t18\tabc\t(none)\tRSA/SHA256, Tue, Key ID 199e2f91fd431d51\t(none)\t(none)"


def live(folder: Path, body: str, seconds: float = 20) -> Root:
    """A root that is taken for the live host, with an rpm of its own, and a database of an unknown form."""
    root = tree(folder / "root", {"var/lib/rpm/Packages": b"a form of the future"})
    program = folder / "rpm"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)

    class Asking(Root):
        def rpm_packages(self, tags: tuple[str, ...]) -> Iterator[bytes]:
            return Tools(rpm=(str(program),), seconds=seconds).rpm_packages(tags, True)

    return Asking(root.path)


def facts(root: Root) -> tuple[list[Fact], str]:
    found = gather(RpmPackages(), root)
    gaps = [fact.data["reason"] for fact in found if fact.kind == "gap"]
    return [fact for fact in found if fact.kind == "package"], "; ".join(gaps)


def test_what_rpm_prints_is_taken(tmp_path: Path) -> None:
    lines = [f"{FIELDS}\tnginx:1.16:1:2", "gpg-pubkey\t(none)\tfd431d51\t4ae0493b" + "\t(none)" * 11]
    printed = "\n".join(lines)
    (bash, key), gap = facts(live(tmp_path, f"printf '%s\\n' '{printed}'"))
    assert gap == ""
    assert bash.data == {
        "type": "rpm", "version": "5.1-1.el9", "arch": "x86_64", "source": "bash", "source_version": "5.1-1.el9",
        "vendor": "AlmaLinux", "module": "nginx:1.16:1:2", "signing_key": "199e2f91fd431d51", "build_time": 17,
        "install_time": 18,
    }  # fmt: skip
    assert key.data == {"type": "rpm", "version": "fd431d51-4ae0493b", "arch": "(none)"}


def test_an_rpm_that_does_not_know_module_labels_is_asked_again(tmp_path: Path) -> None:
    body = f"case \"$3\" in *MODULARITY*) exit 1;; esac\nprintf '%s\\n' '{FIELDS}'"
    (bash,), gap = facts(live(tmp_path, body))
    assert (bash.subject, gap) == ("bash", "")


@pytest.mark.parametrize(
    ("body", "packages", "reason"),
    [
        ("exit 3", 0, "no database of rpm's; rpm failed with status 3"),
        (f"printf '%s\\t(none)\\n' '{FIELDS}'; exit 1", 1, "status 1"),
        ("echo hello", 0, "a line with 1 fields"),
        (f"printf '%s\\t(none)\\n%s' '{FIELDS}' half", 1, "last line is cut"),
        ("exec sleep 60", 0, "longer than"),
    ],
)
def test_an_rpm_that_fails_is_a_gap_after_what_it_told(tmp_path: Path, body: str, packages: int, reason: str) -> None:
    found, gap = facts(live(tmp_path, body, 0.5 if "sleep" in body else 20))
    assert (len(found), reason in gap) == (packages, True), gap
    assert gap.startswith("/var/lib/rpm/Packages: ")


def test_where_there_is_no_rpm_that_is_told(tmp_path: Path) -> None:
    root = live(tmp_path, "exit 0")
    (tmp_path / "rpm").unlink()
    assert "is missing" in facts(root)[1]


@pytest.mark.system
def test_a_real_rpm_is_asked_and_answers(tmp_path: Path) -> None:
    database = tmp_path / "db"
    tree(database, {"Packages": write.berkeley([write.package("bash", "2:5-1", modularitylabel="a:b:c:d")])})
    real = need_tool("rpm", "rpm")
    body = f'exec {real} --define "_dbpath {database}" --define "_db_backend bdb_ro" "$@"'
    (bash,), gap = facts(live(tmp_path, body))
    assert gap == ""
    assert (bash.data["version"], bash.data["module"]) == ("2:5-1", "a:b:c:d")

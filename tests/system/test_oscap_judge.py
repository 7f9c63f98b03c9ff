"""`oscap` is the judge: Debian 11 by Debian's own content, Ubuntu 22.04 by the CIS profile of its content.

Both engines look at the same root in the same namespaces, as it is installed, broken, and hardened in several ways.
Every rule of ours that stands for rules of the content is held against what becomes of these; where they part, a row of
`oscap_differences` must say why, and the host must say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shindan.rules.cis.benchmarks import library
from support import REPOSITORY
from system.confined import Confined, confined_over
from system.oscap_carried import OSCAP, PROFILE, carried, content
from system.oscap_differences import (
    DEBIAN_VALUES,
    DIFFERENCES,
    NOT_SHARED,
    UBUNTU_VALUES,
    Difference,
    Values,
)
from system.oscap_judging import Compared, compared, look
from system.oscap_variants import BASE, BROKEN, EXPLICIT, LIVE, TRICKY, mended, remedied
from system.roots import debian_root, ubuntu_root

pytestmark = [pytest.mark.slow, pytest.mark.system]

PACKAGES = (
    "linux-base", "grub2-common", "openssh-server", "sudo", "cron", "auditd", "rsyslog", "libpam-pwquality", "nftables",
    "python3", "procps", "systemd-sysv", "logrotate", "kmod", "iproute2",
)  # fmt: skip
LEAST_AGREEMENT, LEAST_SHARED = 0.98, 150


@dataclass
class Judged:
    """One system in all its states; `refuted` are rows of the table that the host does not bear out."""

    found: list[Compared] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)

    @property
    def unlisted(self) -> list[str]:
        """Differences that no row explains."""
        return [str(one) for one in self.found if not one.agree and not _rows(one)]

    @property
    def undecided(self) -> list[str]:
        """What we could not tell and the content could."""
        return [str(one) for one in self.found if not one.decided]

    @property
    def shared(self) -> list[Compared]:
        """What both decided, leaving out rules that ask for something else under the same name."""
        return [one for one in self.found if one.decided and one.rule not in NOT_SHARED]

    @property
    def agreement(self) -> float:
        """The share of what is shared in which both say the same."""
        return sum(one.agree for one in self.shared) / len(self.shared)


@dataclass(frozen=True)
class System:
    """A root with the content for it, the profile to judge by and those to harden by."""

    root: Path
    content: str
    profile: str
    hardening: tuple[str, ...]
    benchmark: str
    values: Values


def _rows(one: Compared) -> list[Difference]:
    rows = (*NOT_SHARED.get(one.rule, ()), *DIFFERENCES.get(one.rule, ()))
    return [row for row in rows if row.theirs == one.theirs]


def _heard(root: Confined, found: list[Compared]) -> Iterator[str]:
    """Asks the host about every difference that a row explains; what it says otherwise."""
    asked = [(one, row) for one in found if not one.agree for row in _rows(one)]
    for one, row in asked:
        said = root.run("/bin/bash", "-c", f"{LIVE}\n{row.command}", check=False)
        told = (said.stdout + said.stderr).strip()
        if not re.search(row.says, told, re.MULTILINE if row.says.startswith("^") and "\n" not in row.says else 0):
            yield f"{one.variant}: {one.rule}: {row.why}: but `{row.command}` says {told[-400:]!r}"


def _judge(system: System, folder: Path) -> Judged:
    shared = {**carried(folder / "carried"), "/opt/shindan": REPOSITORY / "src"}
    oscap = " ".join(OSCAP)
    judged = Judged()
    scripts = {
        "bare": BASE,
        "broken": BASE + BROKEN,
        "tricky": BASE + EXPLICIT + TRICKY,
        "hardened by the content": BASE + EXPLICIT + remedied(oscap, system.content, *system.hardening),
    }
    bare: list[Compared] = []
    for variant, script in scripts.items():
        found = _variant(system, folder / variant.replace(" ", "-"), shared, variant, script, judged)
        bare = found if variant == "bare" else bare
    fixes = [fix for one in bare if one.ours == "fail" and (fix := _fix(one.rule))]
    _variant(system, folder / "mended", shared, "hardened by us", BASE + EXPLICIT + mended(fixes), judged)
    both = scripts["hardened by the content"] + mended(fixes)
    _variant(system, folder / "both", shared, "hardened by both", both, judged)
    return judged


def _variant(
    system: System, folder: Path, shared: dict[str, Path], variant: str, script: str, judged: Judged
) -> list[Compared]:
    with confined_over(system.root, folder, shared) as root:
        root.run("/bin/bash", "-c", script)
        theirs, facts = look(root, system.content, system.profile)
        found = compared(variant, theirs, facts, system.benchmark, system.values)
        judged.found += found
        judged.refuted += _heard(root, found)
    return found


def _fix(rule: str) -> str:
    ways = library().rules[rule].ways
    return (ways.get("debian") or ways[""]).rule.fix.shell


def _told(found: list[Compared]) -> list[str]:
    """How many comparisons and differences there are in each state."""
    states = dict.fromkeys(one.variant for one in found)
    counts = {name: [one for one in found if one.variant == name] for name in states}
    return [f"{name}: {len(some)}, {sum(not one.agree for one in some)} differ" for name, some in counts.items()]


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    by = content("ssg-debian11-ds.xml", "ssg-debian")
    hardening = (f"{PROFILE}standard", f"{PROFILE}anssi_np_nt28_high")
    root = debian_root("bullseye", *PACKAGES)
    return _judge(System(root, by, "(all)", hardening, "", DEBIAN_VALUES), tmp_path_factory.mktemp("debian"))


@pytest.fixture(scope="module")
def ubuntu(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    by = content("ssg-ubuntu2204-ds.xml", "ssg-debderived")
    profile = f"{PROFILE}cis_level2_server"
    root = ubuntu_root("jammy", *PACKAGES)
    system = System(root, by, profile, (profile,), "ubuntu-22.04", UBUNTU_VALUES)
    return _judge(system, tmp_path_factory.mktemp("ubuntu"))


@pytest.mark.parametrize("name", ["debian", "ubuntu"])
def test_every_difference_is_listed_and_the_host_bears_it_out(name: str, request: pytest.FixtureRequest) -> None:
    judged: Judged = request.getfixturevalue(name)
    assert not judged.unlisted
    assert not judged.undecided
    assert not judged.refuted


def test_no_row_is_left_that_explains_nothing(debian: Judged, ubuntu: Judged) -> None:
    parted = {(one.rule, one.theirs) for one in (*debian.found, *ubuntu.found) if not one.agree}
    rows = {(rule, row.theirs) for table in (NOT_SHARED, DIFFERENCES) for rule, some in table.items() for row in some}
    assert rows <= parted


def test_both_say_the_same_of_nearly_all_that_they_share(debian: Judged, ubuntu: Judged) -> None:
    both = [*debian.shared, *ubuntu.shared]
    rules = {one.rule for one in both}
    ids = {id_ for one in both for id_ in one.parts}
    same = sum(one.agree for one in both)
    print(f"\n{len(rules)} rules, {len(ids)} ids, {len(both)} comparisons, {same} agree ({same / len(both):.2%}); "
          f"Debian {debian.agreement:.2%}, Ubuntu {ubuntu.agreement:.2%}")  # fmt: skip
    assert len(rules) >= LEAST_SHARED
    # The traps are there to show where the content is wrong; nothing is to be learnt from how many they are.
    plain = [one for one in both if one.variant != "tricky"]
    agree = sum(one.agree for one in plain) / len(plain)
    print(f"without the traps {len(plain)} comparisons, {agree:.2%} agree", *_told(both), sep="\n")
    assert agree >= LEAST_AGREEMENT

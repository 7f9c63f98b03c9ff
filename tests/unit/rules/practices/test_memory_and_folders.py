"""Randomised addresses, data that cannot be run, and system folders."""

from __future__ import annotations

from typing import Any

import pytest

from examined import fact, gap, host
from shindan.facts.fact import Fact
from shindan.rules.practices.folders import _LITERAL, _PATTERNS, FOLDERS
from shindan.rules.practices.memory import DEP, RANDOMISATION

FOLDERS_OF_SYSCTL = [
    fact("text", f"{folder}/sysctl.d/*.conf", pattern=True)
    for folder in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
]
CONTAINER = fact("container", "self", inside=True)


def running(*arguments: str) -> Fact:
    return fact("boot", "running", arguments=list(arguments))


def aslr(value: str) -> list[Fact]:
    return [fact("sysctl", "kernel.randomize_va_space", value=value), *FOLDERS_OF_SYSCTL]


ASLR = [
    ("full", "pass", [*aslr("2"), running("quiet")]),
    ("partly", "fail", [*aslr("1"), running()]),
    ("off after the next boot", "fail",
     [*aslr("2"), running(), fact("text", "/etc/sysctl.d/99-x.conf", lines=["kernel.randomize_va_space=0"])]),
    ("off in a file that a later one overrides", "pass",
     [*aslr("2"), running(), fact("text", "/etc/sysctl.d/10-x.conf", lines=["kernel.randomize_va_space=0"]),
      fact("text", "/etc/sysctl.d/99-x.conf", lines=["kernel.randomize_va_space = 2"])]),
    ("off by boot argument", "fail", [*aslr("2"), running("norandmaps")]),
    ("off by an entry that is yet to boot", "fail",
     [*aslr("2"), running(), fact("boot", "rescue", arguments=["norandmaps"])]),
    ("a container", "not_applicable", [*aslr("0"), running(), CONTAINER]),
    ("nobody looked", "unknown", []),
    ("nobody could look", "error", [gap("kernel parameters", "no /proc", "sysctl"), *FOLDERS_OF_SYSCTL, running()]),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in ASLR], ids=[case[0] for case in ASLR])
def test_randomisation(verdict: str, facts: list[Fact]) -> None:
    said = RANDOMISATION.judge(host(*facts))
    assert said.verdict == verdict, said


def test_a_process_that_switched_it_off_for_itself_is_told_and_no_fail() -> None:
    process = fact("process", "/usr/bin/gdb", path="/usr/bin/gdb", pid=7, count=1, uids=[0], randomized=False)
    said = RANDOMISATION.judge(host(*aslr("2"), running(), process))
    assert said.verdict == "pass" and said.evidence[-1].subject == "/usr/bin/gdb"


def cpu(arch: str, *flags: str) -> Fact:
    return fact("cpu", "0", arch=arch, flags=list(flags))


NX = [
    ("nx", "pass", [cpu("x86_64", "nx", "pae"), running("quiet")]),
    ("no nx", "fail", [cpu("x86_64", "pae"), running()]),
    ("hidden by a hypervisor", "fail", [cpu("x86_64", "hypervisor"), running()]),
    ("a 32-bit kernel without PAE", "fail", [cpu("i686"), running()]),
    ("off by boot argument", "fail", [cpu("x86_64", "nx"), running("noexec=off")]),
    ("the last argument counts", "pass", [cpu("x86_64", "nx"), running("noexec=off", "noexec=on")]),
    ("off by an entry that is yet to boot", "fail",
     [cpu("x86_64", "nx"), running(), fact("boot", "old", arguments=["noexec=off"])]),
    ("ARM", "not_applicable", [cpu("aarch64"), running()]),
    ("s390x", "not_applicable", [cpu("s390x"), running()]),
    ("a container", "not_applicable", [cpu("x86_64"), running(), CONTAINER]),
    ("nobody looked", "unknown", [running()]),
    ("nobody could look", "error", [gap("cpu", "no /proc", "cpu"), running()]),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in NX], ids=[case[0] for case in NX])
def test_dep(verdict: str, facts: list[Fact]) -> None:
    said = DEP.judge(host(*facts))
    assert said.verdict == verdict, said


def folder(path: str, mode: str = "0755", uid: int = 0, gid: int = 0, **more: Any) -> Fact:
    names = {0: "root", 50: "staff", 1000: "alice"}
    data = {"type": "directory", "mode": mode, "uid": uid, "gid": gid, "owner": names.get(uid), "group": names.get(gid)}
    return fact("file", path, **{key: value for key, value in {**data, **more}.items() if value is not None})


def system(*changed: Fact) -> list[Fact]:
    """Every folder as it should be but those."""
    there = {one.subject: one for one in [*map(folder, _LITERAL), *changed]}
    patterns = [fact("file", one, type="pattern", complete=True) for one in _PATTERNS if one not in there]
    return [*there.values(), *patterns, *PEOPLE]


PEOPLE = [
    fact("group", "root", gid=0, members=[], line=1),
    fact("group", "staff", gid=50, members=["root"], line=2),
    fact("group", "dev", gid=60, members=["alice"], line=3),
    fact("group", "own", gid=1000, members=[], line=4),
    fact("account", "root", uid=0, gid=0, line=1),
    fact("account", "alice", uid=1000, gid=1000, line=2),
]

RIGHTS = [
    ("as they should be", "pass", system()),
    ("everybody may write", "fail", system(folder("/usr/local/bin", "0777"))),
    ("everybody, but only what is their own", "pass", system(folder("/etc/x.d", "1777"))),
    ("somebody's own", "fail", system(folder("/etc/x.d", uid=1000))),
    ("group staff, in which nobody is", "pass", system(folder("/usr/local/lib", "2775", gid=50))),
    ("a group with a member", "fail", system(folder("/usr/local/lib", "2775", gid=60))),
    ("a group that is somebody's first", "fail", system(folder("/opt/x.d", "0775"), folder("/boot", "0775", gid=1000))),
    ("a group that nobody knows", "fail", system(folder("/boot", "0775", gid=4711))),
    ("group root", "pass", system(folder("/boot", "0775"))),
    ("a list that lets others write", "fail", system(folder("/etc/ssh", "0775", acl=True))),
    ("a list that lets others read", "pass", system(folder("/etc/ssh", "0755", acl=True))),
    ("a unit that everybody may write", "fail",
     system(folder("/etc/systemd/system/x.service", "0666", type="regular"))),
    ("a unit that is masked", "pass",
     system(folder("/etc/systemd/system/x.service", "0666", type="char", link=True, target="/dev/null"))),
    ("a merged /usr", "pass", system(folder("/bin", link=True, target="/usr/bin"))),
    ("a merged /usr, and its folder open", "fail",
     system(folder("/bin", "0777", link=True, target="/usr/bin"), folder("/usr/bin", "0777"))),
    ("a link to an open folder elsewhere", "fail", system(folder("/etc/x.d", "0777", link=True, target="/srv/x"))),
    ("folders that are not there", "pass", system(*(fact("file", one, type="absent") for one in ("/lib32", "/libx32")))),
    ("not all could be looked at", "error",
     system(fact("file", "/etc/systemd/**", type="pattern", complete=False, reason="not root"))),
    ("an open one among what could be looked at", "fail",
     system(fact("file", "/etc/systemd/**", type="pattern", complete=False), folder("/etc/systemd/system", "0777"))),
    ("nobody looked", "unknown", []),
]  # fmt: skip


@pytest.mark.parametrize(("verdict", "facts"), [case[1:] for case in RIGHTS], ids=[case[0] for case in RIGHTS])
def test_system_folders(verdict: str, facts: list[Fact]) -> None:
    said = FOLDERS.judge(host(*facts))
    assert said.verdict == verdict, said


def test_an_open_folder_of_a_merged_usr_is_told_once() -> None:
    facts = system(folder("/bin", "0777", link=True, target="/usr/bin"), folder("/usr/bin", "0777"))
    assert [one.subject for one in FOLDERS.judge(host(*facts)).evidence] == ["/usr/bin"]


def test_the_evidence_names_the_members() -> None:
    (line,) = FOLDERS.judge(host(*system(folder("/boot", "0775", gid=60, group="dev")))).evidence
    assert line.observed == "0775 root:dev: group dev may write, of which alice is"


def test_a_group_may_be_accepted() -> None:
    facts = system(folder("/boot", "0775", gid=60, group="dev"))
    assert FOLDERS.judge(host(*facts), {"groups": ["dev"]}).verdict == "pass"


def test_every_path_is_in_the_agents_plan() -> None:
    from shindan.collect.plan_files import FILES

    assert {*_LITERAL, *_PATTERNS} <= set(FILES)

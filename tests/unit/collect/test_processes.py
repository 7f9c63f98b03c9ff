"""The programs that run: found by what they really do, and nothing told that must stay on the host."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.processes import Processes
from shindan.collect.root import Root
from shindan.collect.writable_paths import WritablePaths
from shindan.facts.fact import Fact
from shindan.facts.wire import dumps
from support import need_tool
from unit.collect.test_elf_hardening import ASSEMBLY, compiled
from unit.collect.trees import gather, tree

PYTHON = os.path.realpath(sys.executable)


@contextmanager
def running(*command: str, env: Mapping[str, str] | None = None, ready: bool = True) -> Iterator[int]:
    """A process that says `ready` on its first line (or needs no time to be), and ends with the context."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(env) if env is not None else None
    ) as child:
        try:
            assert child.stdout is not None
            assert not ready or child.stdout.readline() == b"ready\n"
            yield child.pid
        finally:
            child.kill()


def program(pid: int) -> Fact:
    """The fact of the program that a process runs; it must be the only process of it."""
    (found,) = [fact for fact in gather(Processes(), Root("/")) if fact.data.get("pid") == pid]
    return found


def python(folder: Path, code: str, *arguments: str) -> list[str]:
    """The command of a script, so that no other process runs the same."""
    script = folder / "code.py"
    script.write_text(f"import sys\n{code}\nprint('ready', flush=True)\nsys.stdin.read()\n")
    return [sys.executable, "-I", "-S", str(script), *arguments]


# ── who it is ──


@pytest.mark.system
def test_a_packages_program_is_told_with_its_owner() -> None:
    path = os.path.realpath(need_tool("sleep", "coreutils"))
    with running(path, "1000", ready=False) as pid:
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        found = program_of_many(path)
    assert found.data["uids"] == [os.getuid()]
    assert (found.data["stack"], found.data["writable_code"]) == ("protected", False)
    if Path("/var/lib/dpkg/info/coreutils.list").exists():
        assert found.data["package"] == "coreutils"
        assert "stack_check" not in found.data


def program_of_many(path: str) -> Fact:
    """The first fact of a program, of which other processes may run as well."""
    for _ in range(100):
        for fact in gather(Processes(), Root("/")):
            if fact.data.get("path") == path:
                return fact
    pytest.fail(f"{path} does not run")


def test_processes_of_one_program_are_counted_together(tmp_path: Path) -> None:
    shutil.copy(PYTHON, tmp_path / "python3")
    command = [str(tmp_path / "python3"), "-S", "-c", "import sys; print('ready', flush=True); sys.stdin.read()"]
    env = {"LD_LIBRARY_PATH": str(Path(PYTHON).parent.parent / "lib"), "PYTHONHOME": sys.base_prefix}
    with running(*command, env=env) as first, running(*command, env=env) as second:
        found = program(min(first, second))
    assert (found.subject, found.data["count"]) == (str(tmp_path / "python3"), 2)
    assert "package" not in found.data
    assert "stack_check" in found.data


def test_a_script_is_told_and_nothing_else_of_the_command_line(tmp_path: Path) -> None:
    script = tmp_path / "serve.py"
    script.write_text("import sys\nprint('ready', flush=True)\nsys.stdin.read()\n")
    env = {**os.environ, "PASSWORD": "environment-secret"}
    with running(sys.executable, "-u", str(script), "--password=argument-secret", env=env) as pid:
        found = program(pid)
        everything = "\n".join(map(dumps, gather(Processes(), Root("/"))))
    assert found.data["script"] == str(script)
    assert found.subject == f"{PYTHON} {script}"
    assert "argument-secret" not in everything
    assert "environment-secret" not in everything


@pytest.mark.parametrize("argument", ["secret", "-c", "/etc"])
def test_what_is_no_file_is_no_script(tmp_path: Path, argument: str) -> None:
    source = '#include <stdio.h>\nint main(void) { puts("ready"); fflush(stdout); getchar(); }\n'
    made = compiled(tmp_path, "perl5.36", source=source)
    with running(str(made), argument) as pid:
        assert "script" not in program(pid).data


def test_an_executable_that_is_gone(tmp_path: Path) -> None:
    sleep = shutil.copy(need_tool("sleep", "coreutils"), tmp_path / "sleeper")
    with subprocess.Popen([sleep, "1000"]) as child:
        Path(sleep).unlink()
        found = program(child.pid)
        child.kill()
    assert (found.data["path"], found.data["deleted"]) == (str(sleep), True)
    assert found.data["stack"] == "protected"


def test_below_a_root_nothing_runs(tmp_path: Path) -> None:
    assert gather(Processes(), tree(tmp_path, {"etc/hostname": "x"})) == []


def test_what_there_is_no_time_for_is_a_gap() -> None:
    facts = gather(Processes(seconds=-1.0), Root("/"))
    assert [fact.kind for fact in facts] == ["gap"]
    assert "left out" in facts[0].data["reason"]


# ── how far it is protected ──


@pytest.mark.system
def test_a_program_with_an_executable_stack(tmp_path: Path) -> None:
    source = '#include <stdio.h>\nint main(void) { puts("ready"); fflush(stdout); getchar(); }\n'
    made = compiled(tmp_path, "made", "-z", "execstack", "-fno-stack-protector", source=source)
    with running(str(made)) as pid:
        data = program(pid).data
    assert (data["stack"], data["executable_stack"], data["stack_check"]) == ("executable", True, False)


@pytest.mark.system
def test_a_library_that_makes_the_whole_stack_executable(tmp_path: Path) -> None:
    weak = compiled(tmp_path, "weak.so", "-shared", "-nostdlib", "-z", "execstack", source=ASSEMBLY, suffix=".S")
    with running(*python(tmp_path, f"import ctypes; ctypes.CDLL({str(weak)!r})")) as pid:
        data = program(pid).data
    assert data["weak_objects"] == [{"path": str(weak), "stack": "executable", "writable_code": False}]


def test_mappings_that_are_writable_and_executable(tmp_path: Path) -> None:
    code = "import mmap; m = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"
    with running(*python(tmp_path, code)) as pid:
        assert program(pid).data["writable_code_maps"] == 1


@pytest.mark.system
def test_a_process_without_address_randomisation(tmp_path: Path) -> None:
    setarch = need_tool("setarch", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: the personality of processes is theirs to read")
    with running(setarch, "-R", *python(tmp_path, "")) as pid:
        assert program(pid).data["randomized"] is False


@pytest.mark.system
def test_a_library_of_a_root_process_that_everybody_may_write(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: a process of root's")
    library = compiled(tmp_path, "open.so", "-shared", "-nostdlib", source=ASSEMBLY, suffix=".S")
    library.chmod(0o666)
    folder = tmp_path / "theirs"
    folder.mkdir()
    inside = shutil.copy(library, folder / "inside.so")
    Path(inside).chmod(0o644)
    os.chown(folder, 12345, 0)
    with running(
        *python(tmp_path, f"import ctypes; ctypes.CDLL({str(library)!r}); ctypes.CDLL({str(inside)!r})")
    ) as pid:
        data = program(pid).data
    assert {"path": str(library), "by": str(library), "why": "everybody may write"} in data["writable"]
    assert {"path": str(inside), "by": str(folder), "why": "user 12345 owns it"} in data["writable"]


@pytest.mark.system
def test_other_users_processes_are_not_judged_by_what_root_owns(tmp_path: Path) -> None:
    setpriv = need_tool("setpriv", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: to become somebody else")
    source = '#include <stdio.h>\nint main(void) { puts("ready"); fflush(stdout); getchar(); }\n'
    made = compiled(tmp_path, "made", source=source)
    for folder in (made, *list(made.parents)[:3]):
        folder.chmod(0o755)
    made.chmod(0o777)
    with running(setpriv, "--reuid=12345", "--regid=12345", "--clear-groups", str(made)) as pid:
        data = program(pid).data
    assert data["uids"] == [12345]
    assert "writable" not in data


@pytest.mark.system
def test_a_chroots_program_is_told_apart(tmp_path: Path) -> None:
    chroot = need_tool("chroot", "coreutils")
    if os.geteuid() != 0:
        pytest.skip("needs root: to change the root")
    source = '#include <stdio.h>\nint main(void) { puts("ready"); fflush(stdout); getchar(); }\n'
    made = compiled(tmp_path, "made", "-static", source=source)
    made.chmod(0o777)
    with running(chroot, str(tmp_path), "/made") as pid:
        data = program(pid).data
    assert (data["path"], data["foreign"], data["root"]) == (str(made), True, str(tmp_path))
    assert data["writable"] == [{"path": str(made), "by": str(made), "why": "everybody may write"}]
    assert data["static"] is True


@pytest.mark.system
def test_another_mount_namespace_is_seen_from_within(tmp_path: Path) -> None:
    unshare = need_tool("unshare", "util-linux")
    if os.geteuid() != 0:
        pytest.skip("needs root: making a mount namespace")
    source = '#include <stdio.h>\nint main(void) { puts("ready"); fflush(stdout); getchar(); }\n'
    made = compiled(tmp_path, "made", "-static", source=source)
    (tmp_path / "inside").mkdir()
    there = tmp_path / "inside/made"
    script = f"mount -t tmpfs none {there.parent} && cp {made} {there} && chmod 666 {there} && chmod a+x {there} && exec {there}"
    with running(unshare, "-m", "sh", "-c", script) as pid:
        assert not there.exists()
        data = program(pid).data
    assert data["path"] == str(there)
    assert data["mount_namespace"] != os.readlink("/proc/self/ns/mnt")[5:-1]
    assert "foreign" not in data
    assert data["writable"] == [{"path": str(there), "by": str(there), "why": "everybody may write"}]


# ── who may replace a file ──


def acl(*entries: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


BASE = ((1, 6, 0xFFFFFFFF), (4, 4, 0xFFFFFFFF), (32, 4, 0xFFFFFFFF))


def place(folder: Path, name: str, mode: int, user: int = 0, group: int = 0) -> None:
    path = folder / name
    if name.endswith("/"):
        path.mkdir()
    else:
        path.touch()
    os.chown(path, user, group)
    path.chmod(mode)


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([("d/", 0o755), ("d/f", 0o644)], None),
        ([("d/", 0o755), ("d/f", 0o646)], ("d/f", "everybody may write")),
        ([("d/", 0o777), ("d/f", 0o644)], ("d", "everybody may write")),
        ([("d/", 0o1777), ("d/f", 0o644)], None),
        ([("d/", 0o1777), ("d/f", 0o644, 7)], ("d/f", "user 7 owns it")),
        ([("d/", 0o755, 7), ("d/f", 0o644)], ("d", "user 7 owns it")),
        ([("d/", 0o755), ("d/f", 0o664, 0, 50)], ("d/f", "group 50 may write")),
        ([("d/", 0o755), ("d/f", 0o664, 0, 51)], None),
        ([("d/", 0o755), ("d/f", 0o664, 0, 52)], ("d/f", "group 52 may write")),
        ([("d/", 0o755), ("d/f", 0o664, 0, 53)], ("d/f", "group 53 may write")),
        ([("d/", 0o755), ("d/f", 0o664)], None),
        ([("d/", 0o755)], None),
    ],
    ids=["root's alone", "file open", "folder open", "sticky folder", "another's file in a sticky folder", "folder's owner",
         "group with a member", "group of root alone", "a user's own group", "group that nobody knows", "root's group", "gone"],
)  # fmt: skip
def test_who_may_replace_a_file(
    tmp_path: Path, places: list[tuple[Any, ...]], expected: tuple[str, str] | None
) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: giving files away")
    tree(tmp_path, {"etc/group": "root:x:0:\nstaff:x:50:ann\nalone:x:51:root\nown:x:52:\n",
                    "etc/passwd": "root:x:0:0::/:/bin/sh\nbob:x:1000:52::/:/bin/sh\n"})  # fmt: skip
    for one in places:
        place(tmp_path, *one)
    found = WritablePaths(str(tmp_path)).judge("/d/f")
    assert (found and (found.by.lstrip("/"), found.why)) == expected


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        (((2, 6, 1000), (16, 6, 0xFFFFFFFF)), "user 1000 may write by an access list"),
        (((8, 6, 50), (16, 6, 0xFFFFFFFF)), "group 50 may write by an access list"),
        (((2, 6, 1000), (16, 4, 0xFFFFFFFF)), None),
        (((8, 6, 51), (16, 6, 0xFFFFFFFF)), None),
    ],
    ids=["a user", "a group", "masked", "a group of root alone"],
)
def test_access_lists_are_read(tmp_path: Path, entries: tuple[tuple[int, int, int], ...], why: str | None) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root: giving files away")
    tree(tmp_path, {"etc/group": "staff:x:50:ann\nalone:x:51:\n", "etc/passwd": "root:x:0:0::/:/bin/sh\n", "f": ""})
    whole = (
        BASE[0],
        *[one for one in entries if one[0] == 2],
        BASE[1],
        *[one for one in entries if one[0] != 2],
        BASE[2],
    )
    try:
        os.setxattr(tmp_path / "f", "system.posix_acl_access", acl(*whole))
    except OSError as error:
        pytest.skip(f"needs access lists: {error.strerror} on this file system")
    found = WritablePaths(str(tmp_path)).judge("/f")
    assert (found and found.why) == why

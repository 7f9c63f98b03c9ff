"""Facts of kind `file`: links, patterns, what is not there, what may be asked for."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.allowed import asked, may_be_asked_for, may_be_looked_at, may_be_read
from shindan.collect.files_looked_at import Files
from shindan.collect.path_patterns import MOST, TooMany, matching
from shindan.collect.plan_files import FILES
from shindan.collect.plan_texts import TEXTS
from shindan.collect.root import Root
from unit.collect.trees import gather, tree

PASSWD = "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\n"


def looked(root: Root) -> dict[str, dict[str, object]]:
    return {fact.subject: fact.data for fact in gather(Files(), root)}


def test_a_file_is_told_with_its_mode_and_the_names_of_its_owners(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/passwd": PASSWD, "etc/group": "root:x:0:\n", "etc/shadow": "secret"})
    (tmp_path / "etc/shadow").chmod(0o4640)
    own = os.stat(tmp_path / "etc/shadow")
    found = looked(root)["/etc/shadow"]
    assert (found["type"], found["mode"], found["uid"], found["size"]) == ("regular", "4640", own.st_uid, 6)
    assert found.get("owner") == ("root" if own.st_uid == 0 else None)
    assert "secret" not in str(found)


def test_a_path_of_the_plan_that_is_not_there_is_absent(tmp_path: Path) -> None:
    found = looked(tree(tmp_path, {"etc/passwd": PASSWD}))
    assert found["/etc/cron.allow"] == {"type": "absent"}
    assert found["/etc/cron.d/*"] == {"type": "pattern", "complete": True}
    assert set(FILES) <= found.keys()


def test_a_link_is_told_as_what_it_leads_to(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"etc/passwd": "-> /opt/open", "opt/open": PASSWD, "etc/motd": "-> /nowhere", "etc/issue": "-> issue"}
    )
    (tmp_path / "opt/open").chmod(0o666)
    found = looked(root)
    assert (found["/etc/passwd"]["mode"], found["/etc/passwd"]["target"]) == ("0666", "/opt/open")
    assert found["/etc/passwd"]["link"] is True
    assert found["/etc/motd"] == {"type": "absent", "link": True, "target": "/nowhere"}
    assert found["/etc/issue"]["type"] == "absent"


def test_patterns_tell_each_file_once_and_go_as_deep_as_they_say(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"var/log/a.log": "", "var/log/apt/term.log": "", "var/log/apt/old/x": "", "var/log/self": "-> ."}
    )
    facts = [fact.subject for fact in gather(Files(), root)]
    for path in ("/var/log/a.log", "/var/log/apt/term.log", "/var/log/apt/old/x", "/var/log/self"):
        assert facts.count(path) == 1
    assert "/var/log/self/a.log" not in facts


def test_types_are_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/passwd": PASSWD, "etc/cron.d/job": ""})
    os.mkfifo(tmp_path / "etc/cron.d/pipe")
    (tmp_path / "etc/cron.d/folder").mkdir()
    found = looked(root)
    types = [found["/etc/cron.d/" + name]["type"] for name in ("job", "pipe", "folder")]
    assert types == ["regular", "fifo", "directory"]


def test_an_access_control_list_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/crontab": "", "etc/anacrontab": ""})
    entries = [(1, 6, 2**32 - 1), (2, 4, 65534), (4, 4, 2**32 - 1), (16, 4, 2**32 - 1), (32, 4, 2**32 - 1)]
    list_ = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    try:
        os.setxattr(tmp_path / "etc/crontab", "system.posix_acl_access", list_)
    except OSError:
        pytest.skip("no file system with access control lists")
    found = looked(root)
    assert found["/etc/crontab"]["acl"] is True
    assert "acl" not in found["/etc/anacrontab"]


def test_too_many_files_end_a_pattern_not_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shindan.collect.path_patterns.MOST", 3)
    root = tree(tmp_path, {f"etc/cron.d/{number}": "" for number in range(5)} | {"etc/cron.daily/a": ""})
    found = looked(root)
    assert found["/etc/cron.d/*"] == {"type": "pattern", "complete": False, "reason": "more than 3 match"}
    assert found["/etc/cron.daily/*"]["complete"] is True
    with pytest.raises(TooMany):
        list(matching(root, "/etc/cron.d/*"))
    assert MOST == 5000


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("/etc/*.d", ["/etc/a.d", "/etc/b.d"]),
        ("/etc/*.d/*", ["/etc/a.d/.hidden", "/etc/a.d/one.conf"]),
        ("/etc/*.d/*.conf", ["/etc/a.d/one.conf"]),
        ("/etc/**", ["/etc/a.d", "/etc/a.d/.hidden", "/etc/a.d/one.conf", "/etc/b.d", "/etc/plain"]),
        ("/etc/*.d/**", ["/etc/a.d/.hidden", "/etc/a.d/one.conf"]),
        ("/nowhere/*", []),
        ("/etc/plain/*", []),
    ],
)
def test_what_patterns_match(tmp_path: Path, pattern: str, found: list[str]) -> None:
    root = tree(tmp_path, {"etc/a.d/one.conf": "", "etc/a.d/.hidden": "", "etc/plain": ""})
    (tmp_path / "etc/b.d").mkdir()
    assert sorted(matching(root, pattern)) == found


@pytest.mark.parametrize(
    ("path", "look", "read"),
    [
        ("/etc/sysconfig/*", True, True),
        ("/etc/sysctl.d/99-ours.conf", True, True),
        ("/usr/local/bin/tool", True, False),
        ("/var/log/**", True, False),
        ("/etc/ssl/private/site.key", True, False),
        ("/etc/default/service.pem", True, False),
        ("/home/anna", False, False),
        ("/root/.ssh/id_rsa", False, False),
        ("/proc/1/environ", False, False),
        ("/*/shadow", False, False),
        ("/etc/../root/x", False, False),
        ("/etc/**/x", False, False),
        ("/etc/[s]hadow", False, False),
        ("etc/passwd", False, False),
        ("/etcetera", False, False),
        ("/etc/shadow", True, False),
        ("/etc/default/*", True, True),
    ],
)
def test_what_may_be_asked_for(path: str, look: bool, read: bool) -> None:
    assert (may_be_looked_at(path), may_be_asked_for(path)) == (look, read)


def test_what_is_refused_is_told(tmp_path: Path) -> None:
    tree(tmp_path, {"etc/passwd": PASSWD})
    facts = gather(Files(), Root(str(tmp_path), also=("/home/anna/*", "/opt/x")))
    assert next(fact.data["reason"] for fact in facts if fact.kind == "gap").startswith(
        "nobody may ask to look at /home/anna/*:"
    )
    assert "/opt/x" in {fact.subject for fact in facts}
    assert len(asked(f"/etc/{number}" for number in range(600))[2]) == 100


@settings(max_examples=200)
@given(
    st.lists(
        st.sampled_from(["etc", "..", ".", "*", "**", "home", "root", "sysconfig", "shadow", "", "x*"]), max_size=5
    )
)
def test_no_path_that_may_be_asked_for_leaves_its_folder(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    if may_be_looked_at(path):
        assert os.path.normpath(path.replace("*", "x")).split("/")[1] in ("etc",)
    if may_be_asked_for(path):
        assert path.startswith("/etc/sysconfig")


def test_links_are_not_read_into_secrets() -> None:
    assert may_be_read("/etc/pam.d/system-auth", "/etc/authselect/system-auth")
    assert may_be_read("/root/.bashrc", "/root/.bashrc")
    assert not may_be_read("/etc/sysctl.d/x.conf", "/etc/shadow")
    assert not may_be_read("/etc/sysctl.d/x.conf", "/root/notes")
    assert not may_be_read("/etc/motd", "/home/anna/.ssh/id_ed25519")


def test_the_plans_are_plain_and_hold_nothing_twice() -> None:
    for plan in (FILES, TEXTS):
        assert all(path.startswith("/") and "//" not in path for path in plan)
        assert all("**" not in path or path.endswith("/**") for path in plan)
    assert not any("**" in path for path in TEXTS)
    assert all(may_be_read(path, path) for path in TEXTS), [path for path in TEXTS if not may_be_read(path, path)]

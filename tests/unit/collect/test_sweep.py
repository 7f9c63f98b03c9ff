"""The walk over all file systems: what it finds, what it leaves out, and how it ends early."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect import sweep
from shindan.collect.mountinfo import Mount, parsed
from shindan.collect.root import Root
from shindan.collect.sweep import KINDS, Sweep, chosen
from support import need_tool
from unit.collect.trees import gather, tree


def swept(root: Root, seconds: float = 20.0) -> dict[str, dict[str, object]]:
    return {fact.subject: fact.data for fact in gather(Sweep(seconds), root) if fact.kind == "sweep"}


@pytest.fixture
def host(tmp_path: Path) -> Root:
    own = f"own:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n"
    root = tree(
        tmp_path,
        {
            "etc/passwd": own, "etc/group": f"own:x:{os.getgid()}:\n", "srv/open": "", "srv/tidy": "", "usr/bin/su": "",
            "usr/bin/wall": "", "srv/link": "-> open", "var/lib/docker/overlay2/x/open": "", "srv/both": "",
        },
    )  # fmt: skip
    for name, mode in {"srv/open": 0o666, "usr/bin/su": 0o4755, "usr/bin/wall": 0o2755, "srv/both": 0o6777}.items():
        (tmp_path / name).chmod(mode)
    (tmp_path / "var/lib/docker/overlay2/x/open").chmod(0o666)
    for name, mode in {"tmp": 0o1777, "drop": 0o777, "shared": 0o2775}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name).chmod(mode)
    return root


def test_what_is_found(host: Root) -> None:
    found = swept(host)
    assert found.keys() == set(KINDS)
    assert {kind: sorted(data["paths"]) for kind, data in found.items()} == {  # type: ignore[call-overload]
        "world_writable": ["/srv/both", "/srv/open"],
        "no_sticky": ["/drop"],
        "unowned": [],
        "ungrouped": [],
        "setuid": ["/srv/both", "/usr/bin/su"],
        "setgid": ["/srv/both", "/usr/bin/wall"],
    }
    assert all(data["complete"] for data in found.values())
    assert found["no_sticky"]["walked"] == 18


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_what_belongs_to_nobody(host: Root) -> None:
    os.chown(Path(host.path) / "srv/tidy", 4711, 4712)
    os.chown(Path(host.path) / "srv/link", 4711, 4712, follow_symlinks=False)
    found = swept(host)
    assert (found["unowned"]["paths"], found["ungrouped"]["paths"]) == (["/srv/tidy"], ["/srv/tidy"])


def test_only_the_first_are_listed_and_all_are_counted(host: Root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "LISTED", 3)
    for number in range(10):
        path = Path(host.path) / f"srv/{number}"
        path.write_text("")
        path.chmod(0o666)
    found = swept(host)["world_writable"]
    assert (len(found["paths"]), found["count"], found["complete"]) == (3, 12, True)  # type: ignore[arg-type]


def test_a_walk_that_takes_too_long_says_how_far_it_came(tmp_path: Path) -> None:
    root = tree(tmp_path, {f"{number}/x": "" for number in range(200)})
    facts = gather(Sweep(0.0), root)
    assert [fact.kind for fact in facts] == ["sweep"] * 6 + ["gap"]
    assert facts[0].data["complete"] is False
    assert "its time was over after" in facts[0].data["reason"]
    assert facts[0].data["walked"] < 400


def test_too_many_folders_end_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "WAITING", 10)
    found = swept(tree(tmp_path, {f"{number}/x": "" for number in range(20)}))
    assert found["setuid"]["reason"] == "more than 10 folders waited to be looked into"


@pytest.mark.system
def test_folders_that_may_not_be_looked_into_are_told(tmp_path: Path) -> None:
    setpriv = need_tool("setpriv", "util-linux")
    if os.getuid() != 0:
        pytest.skip("only root may become another")
    root = tree(tmp_path / "host", {"closed/x": "", "open/x": ""})
    (tmp_path / "host/closed").chmod(0o700)
    for folder in (tmp_path, tmp_path / "host", tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(folder.stat().st_mode | 0o055)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from shindan.collect.command import main; sys.exit(main(sys.argv[2:]))"
    source = Path(sweep.__file__).parent.parent.parent
    python = "/usr/bin/python3"
    command = [
        setpriv,
        "--reuid=65534",
        "--clear-groups",
        python,
        "-I",
        "-S",
        "-B",
        "-c",
        code,
        str(source),
        "--root",
        root.path,
        "--kinds",
        "sweep",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"no source that nobody may read: {done.stderr[-100:]}")
    assert '"complete":false,"reason":"1 folders may be looked into by root only"' in done.stdout


TABLE = """
1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 0:5 / /proc rw - proc proc rw
3 1 8:2 / /home rw - xfs /dev/sda2 rw
4 1 8:1 /srv/data /export rw - ext4 /dev/sda1 rw
5 1 0:40 / /mnt/nas rw - nfs4 nas:/x rw
6 1 0:41 / /tmp rw - tmpfs tmpfs rw
7 1 8:3 /only /part rw - ext4 /dev/sda3 rw
8 1 8:3 /only/this /part/again rw - ext4 /dev/sda3 rw
9 1 0:50 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
10 1 0:51 / /run/user/1000 rw - tmpfs tmpfs rw
11 1 8:4 / /covered rw - ext4 /dev/sda4 rw
12 1 0:60 / /covered rw - nfs nas:/y rw
13 1 8:3 /onlyother /beside rw - ext4 /dev/sda3 rw
14 1 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
"""


def test_each_file_system_is_walked_once_and_others_not_at_all() -> None:
    table = [one for one in map(parsed, TABLE.strip().split("\n")) if one is not None]
    assert sorted(one.point for one in chosen(table)) == ["/", "/beside", "/home", "/part", "/tmp"]


@settings(max_examples=100)
@given(st.lists(st.tuples(st.sampled_from(["/", "/a", "/a/b", "/ab"]), st.sampled_from(["1:1", "1:2"])), max_size=6))
def test_no_part_is_walked_twice(parts: list[tuple[str, str]]) -> None:
    table = [Mount(f"/m{number}", root, device, "ext4", "", []) for number, (root, device) in enumerate(parts)]
    walked = chosen(table)
    for one in table:
        above = [
            other
            for other in walked
            if other.device == one.device and (one.root + "/").startswith(other.root.rstrip("/") + "/")
        ]
        assert len(above) == 1

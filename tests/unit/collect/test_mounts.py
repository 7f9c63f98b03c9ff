"""Facts of kind `mount` and the table they are read from; `findmnt` is the judge."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect import mountinfo
from shindan.collect.mountinfo import Mount, mounts, parsed, unescaped
from shindan.collect.mounts import Mounts
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from support import need_tool
from unit.collect.trees import gather, tree

LINE = "36 35 98:0 /mnt1 /mnt/two rw,noatime master:1 - ext3 /dev/root rw,errors=continue"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (LINE, Mount("/mnt/two", "/mnt1", "98:0", "ext3", "/dev/root", ["rw", "noatime", "errors=continue"])),
        (LINE.replace("master:1 ", ""), Mount("/mnt/two", "/mnt1", "98:0", "ext3", "/dev/root", ["rw", "noatime", "errors=continue"])),
        (LINE.replace("master:1", "shared:2 master:1 propagate_from:3"), Mount("/mnt/two", "/mnt1", "98:0", "ext3", "/dev/root", ["rw", "noatime", "errors=continue"])),
        (r"1 2 0:5 / /a\040b\134c rw - tmpfs none\011x rw", Mount("/a b\\c", "/", "0:5", "tmpfs", "none\tx", ["rw"])),
        ("36 35 98:0 / /x rw - ext4 /dev/sda1", Mount("/x", "/", "98:0", "ext4", "/dev/sda1", ["rw"])),
        ("36 35 98:0 / /x rw", None),
        ("36 35 98:0 / - ext4 /dev/sda1 rw", None),
        ("", None),
    ],
)  # fmt: skip
def test_lines_of_the_table(line: str, found: Mount | None) -> None:
    assert parsed(line) == found


@settings(max_examples=200)
@given(st.text(alphabet="/ab \\04é\udcff", min_size=1, max_size=20))
def test_paths_come_back_as_they_were(path: str) -> None:
    escaped = "".join(f"\\{ord(one):03o}" if one in " \t\n\\" else one for one in path)
    assert unescaped(escaped) == path


@settings(max_examples=200)
@given(st.text(max_size=120))
def test_any_line_is_read_or_refused(line: str) -> None:
    found = parsed(line)
    assert found is None or found.point.startswith("/")


@pytest.mark.system
def test_findmnt_sees_the_same_mounts() -> None:
    findmnt = need_tool("findmnt", "util-linux")
    command = [findmnt, "--kernel", "--list", "--json", "--output", "TARGET,SOURCE,FSTYPE,VFS-OPTIONS,FS-OPTIONS"]
    said = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["filesystems"]
    own = [parsed(line) for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    found = [(one.point, one.fstype, set(one.options)) for one in own if one is not None]
    wanted = [
        (
            one["target"],
            one["fstype"],
            set(one["vfs-options"].split(",")) | set((one["fs-options"] or "").split(",")) - {""},
        )
        for one in said
    ]
    assert found == wanted


def test_of_this_machine_the_root_is_mounted_and_below_a_root_nobody_looks(tmp_path: Path) -> None:
    facts = gather(Mounts(), Root("/"))
    assert "/" in {fact.subject for fact in facts}
    assert gather(Mounts(), tree(tmp_path, {"etc/fstab": "x"})) == []


def test_process_ones_table_comes_first_and_a_hidden_one_is_no_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tree(tmp_path, {"one": LINE, "self": LINE.replace("/mnt/two", "/mnt/own")})
    monkeypatch.setattr(mountinfo, "_is_root_of_init", lambda: True)
    monkeypatch.setattr(mountinfo, "TABLES", ("/one", "/self"))
    assert [one.point for one in mounts(root)] == ["/mnt/two"]
    (tmp_path / "one").unlink()
    assert [one.point for one in mounts(root)] == ["/mnt/own"]
    (tmp_path / "self").unlink()
    with pytest.raises(Unavailable, match="no table of mounts can be read"):
        mounts(root)

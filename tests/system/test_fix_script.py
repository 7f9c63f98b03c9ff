"""The script of remedies on a Debian in a root of its own: what it says it mends is mended, and again changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support import need_tool
from system.chroots import Chroot, chroot_over
from system.roots import debian_root

pytestmark = [pytest.mark.slow, pytest.mark.system]

CONFINED = (
    "unshare",
    "--net",
    "setpriv",
    "--bounding-set",
    "-sys_module,-sys_admin,-sys_boot,-sys_time,-net_admin,-sys_resource",
)
"""The kernel is this machine's, and so is the network: nothing in the script may reach either."""


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Chroot]:
    need_tool("setpriv", "util-linux")
    need_tool("unshare", "util-linux")
    with chroot_over(debian_root("bookworm", "python3", "wget"), tmp_path / "root") as chroot:
        subprocess.run(["umount", "--lazy", chroot.path / "proc"], check=True)
        (chroot.path / "etc/ssh").mkdir(exist_ok=True)
        # What would be installed cannot be had here: it is to be told at once.
        refusing = 'Acquire::Retries "0";\nAcquire::http::Proxy "http://127.0.0.1:1";\n'
        (chroot.path / "etc/apt/apt.conf.d/99-nobody").write_text(refusing)
        yield chroot


def scanned(root: Path, *options: str) -> str:
    """What `shindan scan` says of the root's benchmark."""
    command = [sys.executable, "-m", "shindan.cli", "scan", "--root", str(root), "--package", "cis", "--no-update"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def failing(root: Path) -> set[str]:
    """Numbers of the controls that do not hold."""
    result: dict[str, Any] = json.loads(scanned(root, "--format", "json"))
    return {control for one in result["findings"] for control in one["controls"]}


def applied(root: Chroot) -> set[int]:
    """Runs the script; the steps that failed."""
    command = [*CONFINED, *root.argv("sh", "/root/mend.sh", "--apply")]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"})
    failed = {int(number) for number in re.findall(r"^step (\d+) failed$", done.stderr, re.MULTILINE)}
    assert (done.returncode == 0) is not bool(failed), done.stderr
    return failed


def contents(root: Path) -> dict[str, str]:
    """What is below /etc: paths with their rights and contents."""
    return {
        str(path): f"{path.lstat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in (root / "etc").rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.endswith("-")
    }


def test_what_the_script_says_that_it_mends_is_mended(root: Chroot) -> None:
    before = failing(root.path)
    script = scanned(root.path, "--fix-script", "sh")
    (root.path / "root/mend.sh").write_text(script)
    assert shutil.which("dash") is None or subprocess.run(["dash", "-n", root.path / "root/mend.sh"]).returncode == 0
    steps: dict[int, set[str]] = {}
    claimed: set[str] = set()
    for line in script.partition("# By hand:")[0].splitlines():
        if found := re.match(r"# (debian-12 [\d.]+): ", line):
            claimed.add(found[1])
        elif found := re.match(r"step_(\d+)\(\)", line):
            steps[int(found[1])], claimed = claimed, set()
    assert steps and set().union(*steps.values()) <= before

    failed = applied(root)
    mended = set().union(*(names for number, names in steps.items() if number not in failed))
    assert len(mended) >= 5, f"{len(failed)} of {len(steps)} steps failed"
    assert mended & failing(root.path) == set()

    after = contents(root.path)
    assert applied(root) == failed
    assert contents(root.path) == after, "a second time changes nothing"

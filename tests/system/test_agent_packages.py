"""The agent's deb and rpm: built, installed and removed in a root of their own, leaving nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from shindan.service import agent_package
from support import REPOSITORY, need_tool
from system.chroots import Chroot, chroot_over
from system.roots import debian_root

pytestmark = [pytest.mark.slow, pytest.mark.system]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `make packages` builds, in a folder of its own."""
    nfpm = Path(sys.executable).parent / "nfpm"
    folder = tmp_path_factory.mktemp("packages")
    (folder / "dist").mkdir()
    (folder / "dist" / agent_package.NAME).write_bytes(agent_package.archive())
    for name in ("src", "packaging"):
        (folder / name).symlink_to(REPOSITORY / name)
    for packager in ("deb", "rpm"):
        command = [
            str(nfpm),
            "package",
            "--config",
            "packaging/agent.yaml",
            "--packager",
            packager,
            "--target",
            "dist/",
        ]
        environment = {**os.environ, "SHINDAN_AGENT_VERSION": agent_package.version()}
        subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    return {path.suffix: path for path in (folder / "dist").iterdir()}


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Chroot]:
    with chroot_over(debian_root("bookworm", "python3", "wget"), tmp_path / "root") as chroot:
        yield chroot


def test_the_deb_installs_runs_and_leaves_nothing_once_it_is_purged(packages: dict[str, Path], root: Chroot) -> None:
    before = root.files()
    (root.path / "tmp/agent.deb").write_bytes(packages[".deb"].read_bytes())
    said = root.run("dpkg", "-i", "/tmp/agent.deb").stdout
    assert "shindan-agent configure" in said
    assert '"kind":"platform"' in root.run("shindan-agent", "collect", "--kinds", "platform").stdout
    assert (root.path / "var/lib/shindan-agent").stat().st_mode & 0o777 == 0o700
    root.run("dpkg", "--purge", "shindan-agent")
    (root.path / "tmp/agent.deb").unlink()
    assert {path for path in root.files() - before if not path.startswith(("./var/lib/dpkg/", "./var/log/"))} == set()


def test_a_removal_keeps_the_identity_until_the_purge(packages: dict[str, Path], root: Chroot) -> None:
    (root.path / "tmp/agent.deb").write_bytes(packages[".deb"].read_bytes())
    root.run("dpkg", "-i", "/tmp/agent.deb")
    (root.path / "var/lib/shindan-agent/identity.json").write_text("{}")
    root.run("dpkg", "--remove", "shindan-agent")
    assert (root.path / "var/lib/shindan-agent/identity.json").exists()
    root.run("dpkg", "--purge", "shindan-agent")
    assert not (root.path / "var/lib/shindan-agent").exists()


def test_the_rpm_installs_and_leaves_nothing_once_it_is_erased(packages: dict[str, Path], tmp_path: Path) -> None:
    need_tool("rpm", "rpm")
    if os.geteuid() != 0:
        pytest.skip("needs root: rpm changes into the root that it installs to")
    root = tmp_path / "rpm-root"
    root.mkdir()
    # Without a shell in the root its scriptlets cannot run: the files are what is judged here.
    base = ["rpm", "--root", str(root)]
    install = [*base, "-i", "--nodeps", "--noscripts", str(packages[".rpm"])]
    subprocess.run(install, check=True, capture_output=True)
    listed = subprocess.run([*base, "-ql", "shindan-agent"], check=True, capture_output=True, text=True).stdout
    assert "/usr/lib/systemd/system/shindan-agent.service" in listed.splitlines()
    assert subprocess.run([*base, "-V", "--nodeps", "shindan-agent"], capture_output=True, text=True).stdout == ""
    subprocess.run([*base, "-e", "--noscripts", "shindan-agent"], check=True, capture_output=True)
    left = [path for path in root.rglob("*shindan*") if "tmp" not in path.parts[len(root.parts) :]]
    assert left == []


def test_rpm_knows_the_scripts_of_the_package(packages: dict[str, Path]) -> None:
    need_tool("rpm", "rpm")
    said = subprocess.run(
        ["rpm", "-qp", "--scripts", str(packages[".rpm"])], check=True, capture_output=True, text=True
    )
    assert all(f"{when} scriptlet" in said.stdout for when in ("postinstall", "preuninstall", "postuninstall"))

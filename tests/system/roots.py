"""Real Debian roots, made by debootstrap once for each state of the suite, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from support import need_tool

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_APT_HELPER = "/usr/lib/apt/apt-helper"


def cache() -> Path:
    """Where roots are kept between runs; SHINDAN_TEST_CACHE names another folder."""
    named = os.environ.get("SHINDAN_TEST_CACHE")
    # HOME is the tests' own; the cache outlives them.
    folder = Path(named) if named else Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "shindan-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def mirror() -> str:
    """The package mirror that this machine's apt uses for Debian, else the public one."""
    if shutil.which("apt-get"):
        said = subprocess.run(["apt-get", "indextargets", "--format", "$(SITE)"], capture_output=True, text=True)
        for line in said.stdout.splitlines():
            if line.rstrip("/").endswith("/debian"):
                return line.rstrip("/")
    return "http://deb.debian.org/debian"


def debian_root(suite: str, *packages: str) -> Path:
    """A minimal root of a suite with some packages, without its security updates, with apt sources that name them.

    Skips the test, saying so, where this user or this machine cannot make one.
    """
    debootstrap = need_tool("debootstrap", "debootstrap")
    need_tool(_APT_HELPER, "apt")
    if os.geteuid() != 0:
        pytest.skip("needs root: debootstrap makes device files and changes its root")
    base = mirror()
    digest = _state(base, suite)
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        name = "+".join([suite, *packages])
        root = cache() / f"{name}-{digest[:16]}"
        if not (root / ".complete").exists():
            for old in cache().glob(f"{name}-*"):
                shutil.rmtree(old, ignore_errors=True)
            _make(debootstrap, suite, base, root, packages)
    return root


def _state(base: str, suite: str) -> str:
    """The digest of the suite's index: another one makes another root."""
    index = cache() / f"{suite}.InRelease.{os.getpid()}"
    done = subprocess.run(
        [_APT_HELPER, "download-file", f"{base}/dists/{suite}/InRelease", str(index)], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"needs network: {base} cannot be reached: {done.stderr.strip()[-200:]}")
    digest = hashlib.sha256(index.read_bytes()).hexdigest()
    index.unlink()
    return digest


def _make(debootstrap: str, suite: str, base: str, root: Path, packages: Sequence[str]) -> None:
    include = ",".join(["ca-certificates", *packages])
    command = [debootstrap, "--variant=minbase", f"--include={include}", f"--keyring={KEYRING}", suite, str(root), base]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(root, ignore_errors=True)
        pytest.fail(f"debootstrap failed: {(done.stdout + done.stderr)[-800:]}")
    security = base.removesuffix("/debian") + "/debian-security"
    (root / "etc/apt/sources.list").write_text(
        f"deb {base} {suite} main\ndeb {base} {suite}-updates main\ndeb {security} {suite}-security main\n"
    )
    (root / ".complete").touch()

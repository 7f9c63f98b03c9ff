"""Real Debian roots, made by debootstrap once for each state of the suite, kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from support import need_tool

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
UBUNTU = "http://archive.ubuntu.com/ubuntu"
UBUNTU_KEYRING = (
    "pool/main/u/ubuntu-keyring/ubuntu-keyring_2021.03.26_all.deb",
    "0d0e7ed6b112f5d03eabf3c7eb01ebdacf9c57714b279e90495cfc58c8c4520f",
)
"""The package with the archive's keys, which Debian does not have, and its SHA-256."""
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
    base = mirror()
    debootstrap = _tools()
    digest = _state(base, suite)

    def make(root: Path) -> None:
        _make(debootstrap, suite, base, root, packages)
        security = base.removesuffix("/debian") + "/debian-security"
        (root / "etc/apt/sources.list").write_text(
            f"deb {base} {suite} main\ndeb {base} {suite}-updates main\ndeb {security} {suite}-security main\n"
        )

    return _kept("+".join([suite, *packages]), digest, make)


def ubuntu_root(suite: str, *packages: str) -> Path:
    """The same of Ubuntu, from its own archive."""
    debootstrap = _tools()
    digest = _state(UBUNTU, suite)

    def make(root: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            keyring = _ubuntu_keyring(Path(folder))
            _make(debootstrap, suite, UBUNTU, root, packages, keyring, "--components=main,universe")

    return _kept("+".join([suite, *packages]), digest, make)


def _tools() -> str:
    debootstrap = need_tool("debootstrap", "debootstrap")
    need_tool(_APT_HELPER, "apt")
    if os.geteuid() != 0:
        pytest.skip("needs root: debootstrap makes device files and changes its root")
    return debootstrap


def _kept(name: str, digest: str, make: Callable[[Path], None]) -> Path:
    """The root of that name for a state of its suite, made where there is none; those of other states go."""
    with (cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        root = cache() / f"{name}-{digest[:16]}"
        if not (root / ".complete").exists():
            for old in cache().glob(f"{name}-*"):
                shutil.rmtree(old, ignore_errors=True)
            make(root)
            (root / ".complete").touch()
    return root


def _ubuntu_keyring(folder: Path) -> str:
    place, digest = UBUNTU_KEYRING
    package = folder / "keyring.deb"
    done = subprocess.run([_APT_HELPER, "download-file", f"{UBUNTU}/{place}", str(package)], capture_output=True)
    if done.returncode != 0:
        pytest.skip(f"needs network: {UBUNTU}/{place} cannot be reached")
    assert hashlib.sha256(package.read_bytes()).hexdigest() == digest, "the package of keys is not the one we know"
    subprocess.run([need_tool("dpkg-deb", "dpkg"), "-x", str(package), str(folder)], check=True)
    return str(folder / "usr/share/keyrings/ubuntu-archive-keyring.gpg")


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


def _make(
    debootstrap: str,
    suite: str,
    base: str,
    root: Path,
    packages: Sequence[str],
    keyring: str = KEYRING,
    *options: str,
) -> None:
    include = ",".join(["ca-certificates", *packages])
    command = [debootstrap, "--variant=minbase", f"--include={include}", f"--keyring={keyring}", *options]
    done = subprocess.run([*command, suite, str(root), base], capture_output=True, text=True)
    if done.returncode != 0:
        shutil.rmtree(root, ignore_errors=True)
        pytest.fail(f"debootstrap failed: {(done.stdout + done.stderr)[-800:]}")

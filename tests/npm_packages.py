"""Packages of npm that judge something: pinned by a lock file beside the tests, fetched once, kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from support import need_tool, test_cache


def fetched(here: Path, name: str) -> Path:
    """A folder with the `node_modules` of the lock file in `here`; skips where it is not there and cannot be had."""
    pinned = hashlib.sha256((here / "package-lock.json").read_bytes()).hexdigest()[:16]
    folder = test_cache(name) / pinned
    if not (folder / "node_modules").is_dir():
        _fetch(here, folder)
    return folder


def _fetch(here: Path, folder: Path) -> None:
    """Whole or not at all: several runs of tests may do this at once."""
    npm = need_tool("npm", "npm")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        work = Path(name, "fetched")
        work.mkdir()
        for file in ("package.json", "package-lock.json"):
            shutil.copy(here / file, work)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(Path(name, "npm"))],
            cwd=work, env={**os.environ, **_own_npmrc(), "HOME": name}, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        if done.returncode != 0:
            assert "EINTEGRITY" not in done.stderr, done.stderr
            pytest.skip(f"needs: npm's registry, for what is pinned: {done.stderr.strip()[-300:]}")
        if not folder.exists():
            work.rename(folder)


def _own_npmrc() -> dict[str, str]:
    """Where the user says which mirror to ask, and by which proxy; HOME is another one in tests."""
    own = Path(pwd.getpwuid(os.getuid()).pw_dir) / ".npmrc"
    return {"NPM_CONFIG_USERCONFIG": str(own)} if own.exists() else {}

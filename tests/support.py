"""What several tests need: where the publishers' real feeds lie, and tools of the machine as judges."""

from __future__ import annotations

import os
import pwd
import shutil
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def data_root() -> Path:
    """The folder of real feeds: `SHINDAN_TEST_DATA`, by default beside the repository."""
    return Path(os.environ.get("SHINDAN_TEST_DATA") or REPOSITORY.parent / "shared" / "data")


def test_data(relative: str) -> Path:
    """The real feed at `relative`; skips the test, saying so, where it is absent."""
    path = data_root() / relative
    if not path.exists():
        pytest.skip(f"needs data: {relative} (set SHINDAN_TEST_DATA)")
    return path


test_data.__test__ = False  # type: ignore[attr-defined]


def test_cache(name: str) -> Path:
    """A folder of the user's own cache (HOME is another one in tests), for what is fetched once and kept."""
    kept = os.environ.get("SHINDAN_TEST_CACHE")
    root = Path(kept) if kept else Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache" / "shindan-tests"
    return root / name


test_cache.__test__ = False  # type: ignore[attr-defined]


def need_tool(name: str, package: str = "") -> str:
    """The path of a system tool; skips the test, naming the package, where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs: {package or name}")
    return found

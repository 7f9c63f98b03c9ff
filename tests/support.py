"""What several tests need: where the publishers' real feeds lie, and tools of the machine as judges."""

from __future__ import annotations

import os
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


def need_tool(name: str, package: str = "") -> str:
    """The path of a system tool; skips the test, naming the package, where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"needs: {package or name}")
    return found

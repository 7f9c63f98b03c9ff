"""Fixtures of the console's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from shindan.console import signing_in
from shindan.service import passwords
from unit.console.visits import Site, sites


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A console over an empty service."""
    yield from sites(tmp_path)


@pytest.fixture(autouse=True)
def nobody_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Failures of one test do not count in the next."""
    monkeypatch.setattr(signing_in.ATTEMPTS, "_failures", type(signing_in.ATTEMPTS._failures)())


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with the least there is: what it costs is tested where passwords are."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: quick)

"""Root stays off a folder that belongs to a service of another user: what it leaves there the service cannot change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shindan.app.owner import name_of, refuse_root
from shindan.model.errors import StoreError

NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/master").write_text("…")
    return tmp_path


@root_only
def test_of_another_user_is_refused_with_what_to_type(folder: Path) -> None:
    os.chown(folder / "keys/master", NOBODY, NOBODY)
    with pytest.raises(StoreError, match=f"belongs to {name_of(NOBODY)}") as refused:
        refuse_root(folder)
    assert f"runuser -u {name_of(NOBODY)} -- shindan" in refused.value.remedy


def test_ones_own_and_an_empty_one_are_not(folder: Path, tmp_path: Path) -> None:
    refuse_root(folder)
    refuse_root(tmp_path / "nothing")


def test_a_user_without_a_name_is_a_number() -> None:
    assert name_of(4_000_000_001) == "4000000001"

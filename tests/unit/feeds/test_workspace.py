"""What is known of a feed's last time: kept whole, and no worse than nothing when it is torn."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.feeds.workspace import State, Workspace
from shindan.model.errors import StoreError

STATE = State("f" * 64, "2026-11-24T12:00:00Z", "", 3)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    Workspace(tmp_path / "kev").save(STATE)
    assert Workspace(tmp_path / "kev").load() == STATE
    assert Workspace(tmp_path / "kev").input == tmp_path / "kev" / "input"
    assert [path.name for path in (tmp_path / "kev").iterdir()] == ["state.json"]


def test_a_change_leaves_the_rest(tmp_path: Path) -> None:
    assert STATE.replace(failed="now") == State("f" * 64, "2026-11-24T12:00:00Z", "now", 3)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"[]", b"7", b'{"fingerprint": "x"}', b"\xff\xfe", b"[" * 100_000,
     b'{"fingerprint": "", "checked": "", "failed": "", "parser_version": "many"}'],
)  # fmt: skip
def test_a_torn_state_is_as_if_nothing_had_been_fetched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "state.json").write_bytes(content)
    assert Workspace(tmp_path).load() == State()


def test_nothing_was_fetched_yet(tmp_path: Path) -> None:
    assert Workspace(tmp_path / "absent").load() == State()


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot write"):
        Workspace(tmp_path / "file").save(STATE)


def test_a_full_disk_leaves_the_state_before(tmp_path: Path) -> None:
    import os

    Workspace(tmp_path).save(STATE)
    (tmp_path / f".state.{os.getpid()}").symlink_to("/dev/full")
    with pytest.raises(StoreError, match="No space left"):
        Workspace(tmp_path).save(State())
    assert Workspace(tmp_path).load() == STATE

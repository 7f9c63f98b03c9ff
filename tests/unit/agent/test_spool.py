"""Spool and state on disk: what a power cut, a full disk or a strange file leaves behind."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path

import pytest

from shindan.agent import files
from shindan.agent.batch import Batch
from shindan.agent.probation import Probation, begin
from shindan.agent.spool import Spool
from shindan.agent.state import State
from shindan.agent.writer import Writer


def batch(spool: Spool, what: str = "sampled", taken: int = 0, lines: int = 3, run: str = "run-1") -> Batch:
    """One finished batch; `taken` is put into its name and header."""
    writer = Writer(spool, run, what, ["package"])
    if taken:
        old, writer._batch = writer._path, writer._batch._replace(taken=taken)
        writer._path = spool.lines_path(writer._batch.name, finished=False)
        os.rename(old, writer._path)
    for number in range(lines):
        writer.line('{"kind":"package","subject":"' + os.urandom(40).hex() + f'{number}"}}')
    return writer.close(complete=True, last=False)


def test_a_batch_says_what_its_lines_are(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    made = batch(spool, lines=50)
    content = Path(spool.lines_path(made.name)).read_bytes()
    plain = gzip.decompress(content)
    assert (made.size, made.lines) == (len(content), 50)
    assert made.sha256 == hashlib.sha256(content).hexdigest()
    assert made.digest == hashlib.sha256(plain).hexdigest()
    assert spool.oldest() == made
    header = json.loads(made.header())
    assert header["count"] == 50 and "id" not in header and len(made.header()) < 2048
    spool.check(made)
    assert b"".join(spool.piece(made, offset, 100) for offset in range(0, made.size, 100)) == content
    assert os.stat(spool.lines_path(made.name)).st_mode & 0o777 == 0o600


def test_nothing_that_was_not_finished_counts(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    kept = batch(spool)
    Writer(spool, "run-1", "sampled", []).line("{}")  # cut while it is written
    (tmp_path / "000000000000001-000000-abc.gz").write_bytes(b"x")  # cut before its header
    (tmp_path / "000000000000001-000000-abc.json.new").write_bytes(b"{")
    assert spool.clean() == 2
    assert spool.oldest() == kept
    assert spool.usage().batches == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("damage", ["short", "changed", "gone", "header", "no header"])
def test_a_torn_batch_is_set_aside_once(damage: str, tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    made = batch(spool, taken=1)
    good = batch(spool, taken=2)
    lines, header = Path(spool.lines_path(made.name)), tmp_path / (made.name + ".json")
    if damage == "short":
        lines.write_bytes(lines.read_bytes()[:-1])
    elif damage == "changed":
        lines.write_bytes(b"\0" + lines.read_bytes()[1:])
    elif damage == "gone":
        lines.unlink()
    elif damage == "header":
        header.write_bytes(header.read_bytes()[:-5])
    else:
        header.write_text("{}")
    with pytest.raises(files.Torn, match=made.id):
        found = spool.oldest()
        assert found is not None
        spool.check(found)
    assert spool.oldest() == good
    assert sorted(path.suffix for path in tmp_path.iterdir() if made.name in path.name)[0] == ".aside"


def test_the_cap_takes_what_lies_aside_then_the_oldest_samples_then_inventories(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    aside = batch(spool, "inventory", 1)
    inventory = batch(spool, "inventory", 2)
    samples = [batch(spool, "sampled", taken, lines=10) for taken in (3, 4, 5)]
    spool.set_aside(aside)
    full = spool.usage().bytes
    assert spool.keep_below(full).batches == 0
    lying = sum(path.stat().st_size for path in tmp_path.glob("*.aside"))
    assert spool.keep_below(full - lying).batches == 0, "what lay aside was enough"
    assert not list(tmp_path.glob("*.aside"))
    gone = spool.keep_below(spool.usage().bytes - 1)
    assert (gone.batches, gone.lines, gone.inventories) == (1, 10, 0)
    assert not Path(spool.lines_path(samples[0].name)).exists()
    assert spool.oldest() == inventory
    gone = spool.keep_below(0)
    assert (gone.batches, gone.inventories) == (3, 1)
    assert spool.usage() == (0, 0)


def test_a_batch_that_says_the_same_has_no_lines(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path))
    writer = Writer(spool, "run-1", "inventory", ["package"])
    writer.line("{}")
    made = writer.close(complete=True, last=True, same=True)
    assert (made.size, made.lines) == (0, 1)
    assert spool.oldest() == made
    assert [path.suffix for path in tmp_path.iterdir()] == [".json"]


def test_the_state_rises_and_is_written_seldom(tmp_path: Path) -> None:
    now = [1000.0]
    state = State(str(tmp_path), lambda: now[0])
    assert state.next_sequence() == 1_000_000
    written = (tmp_path / "state.json").stat().st_mtime_ns
    assert [state.next_sequence() for _ in range(3)] == [1_000_001, 1_000_002, 1_000_003]
    now[0] = 900.0
    assert state.next_sequence() == 1_000_004
    assert (tmp_path / "state.json").stat().st_mtime_ns == written
    state.seen(2_000_000)
    assert state.next_sequence() == 2_000_001
    after = State(str(tmp_path), lambda: 0.0)
    assert after.next_sequence() > 2_000_001


def test_a_state_that_cannot_be_written_is_told_and_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    state = State(str(folder), lambda: 1.0)
    state.note("first")
    (folder / "state.json.new").mkdir()  # nothing can be written there
    state.note("second")
    assert "cannot be written" in state.trouble
    assert state.notes == ["first", "second"]
    assert state.next_sequence() > 0
    (folder / "state.json.new").rmdir()
    state.told(1)
    assert (state.trouble, state.notes) == ("", ["second"])


def test_a_state_that_can_be_written_again_is_written(tmp_path: Path) -> None:
    (tmp_path / "state.json.new").mkdir()
    state = State(str(tmp_path), lambda: 1.0)
    state.note("kept in mind")
    state.recover()
    assert "cannot be written" in state.trouble
    (tmp_path / "state.json.new").rmdir()
    state.recover()
    assert state.trouble == ""
    assert State(str(tmp_path)).notes == ["kept in mind"]


def test_trying_a_spool_out_leaves_nothing(tmp_path: Path) -> None:
    spool = Spool(str(tmp_path / "spool"))
    spool.try_out()
    assert os.listdir(spool.folder) == []
    (tmp_path / "spool").rmdir()
    with pytest.raises(OSError):
        spool.try_out()


def test_progress_is_of_one_run(tmp_path: Path) -> None:
    state = State(str(tmp_path))
    state.reached("run-1", "inventory", "done")
    state.reached("run-1", "sampled", "begun")
    again = State(str(tmp_path))
    assert (again.progress("run-1", "inventory"), again.progress("run-1", "sampled")) == ("done", "begun")
    assert again.progress("run-2", "inventory") == ""
    again.reopen()
    assert again.progress("run-1", "inventory") == ""
    again.reached("run-2", "sampled", "begun")
    assert again.progress("run-1", "sampled") == ""


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b'{"sequence": "x", "inventory": 7, "run": [], "notes": 1}', b"[" * 99999]
)
def test_a_strange_state_is_no_end(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_bytes(content)
    state = State(str(tmp_path))
    assert state.next_sequence() > 0
    assert state.inventory == {}
    assert state.progress("run", "inventory") == ""


def test_files_are_replaced_whole_and_links_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "file"
    files.replace(str(target), b"one")
    (tmp_path / "elsewhere").write_bytes(b"safe")
    (tmp_path / "file.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        files.replace(str(target), b"two")
    assert target.read_bytes() == b"one"
    assert (tmp_path / "elsewhere").read_bytes() == b"safe"


def test_a_probation_that_is_over_or_anothers_leaves_nothing(tmp_path: Path) -> None:
    begin(str(tmp_path), "0.0.9", "9.9.9")
    assert not Probation(str(tmp_path), str(tmp_path)).is_on
    assert not (tmp_path / "update.json").exists()
    (tmp_path / "update.json").write_text("{")
    assert not Probation(str(tmp_path), str(tmp_path)).is_on

"""Tools of the host: a closed list, no environment, and an end."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from shindan.collect.tools import Tools
from shindan.collect.unavailable import Unavailable


def script(folder: Path, body: str) -> tuple[str, ...]:
    path = folder / "apt-helper"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return (str(path),)


def test_what_a_tool_prints_is_streamed(tmp_path: Path) -> None:
    tools = Tools(script(tmp_path, 'echo "$1 $2"'))
    assert b"".join(tools.apt_cat_file("/var/lib/apt/lists/a_Packages.lz4", True)).split() == [
        b"cat-file",
        b"/var/lib/apt/lists/a_Packages.lz4",
    ]


def test_a_tool_inherits_no_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD_OF_THE_CALLER", "x")
    said = b"".join(Tools(script(tmp_path, "env")).apt_cat_file("x", True)).decode()
    assert "LD_PRELOAD_OF_THE_CALLER" not in said
    assert "LC_ALL=C" in said


@pytest.mark.parametrize(
    ("body", "reason"),
    [("exit 3", "status 3"), ("echo half; exit 100", "status 100"), ("kill -9 $$", "status -9")],
)
def test_a_tool_that_fails_is_told(tmp_path: Path, body: str, reason: str) -> None:
    with pytest.raises(Unavailable, match=reason):
        list(Tools(script(tmp_path, body)).apt_cat_file("x", True))


@pytest.mark.parametrize("body", ["sleep 60 & echo $!; wait", "sleep 60 >/dev/null & echo $!; exec >&-; wait"])
def test_a_tool_that_hangs_is_ended_with_all_it_started(tmp_path: Path, body: str) -> None:
    begun = time.monotonic()
    said = b""
    with pytest.raises(Unavailable, match="longer than"):
        for block in Tools(script(tmp_path, body), seconds=0.5).apt_cat_file("x", True):
            said += block
    assert time.monotonic() - begun < 20
    assert _ended(int(said))


def _ended(process: int) -> bool:
    """Whether a process is gone, or about to be reaped."""
    for _ in range(100):
        try:
            if ") Z " in Path(f"/proc/{process}/stat").read_text():
                return True
            os.kill(process, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_a_tool_that_is_not_there_is_told() -> None:
    with pytest.raises(Unavailable, match="missing"):
        list(Tools(("/nowhere/apt-helper",)).apt_cat_file("x", True))


def test_a_reader_that_stops_early_leaves_nothing_behind(tmp_path: Path) -> None:
    blocks = Tools(script(tmp_path, "echo $$; exec sleep 60")).apt_cat_file("x", True)
    process = int(next(iter(blocks)))
    del blocks
    assert _ended(process)

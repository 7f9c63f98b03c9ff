"""Tables: for people on a terminal, one line a record in a pipe."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from shindan.cli.tables import show

ARN = "arn:aws:inspector:us-east-1:123456789012:target/0-abcdefgh/template/0-abcdefgh"
ROWS = [{"name": "weekly " * 12, "arn": ARN}]
SHOWN = f"from shindan.cli.tables import show; show({ROWS!r}, {{'name': 'template', 'arn': 'arn'}}, 'none')"


def on_a_terminal(**environment: str) -> str:
    """What a terminal of 80 columns is sent."""
    leader, follower = pty.openpty()
    told = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
    told = {name: value for name, value in told.items() if name != "NO_COLOR" or "NO_COLOR" in environment}
    with subprocess.Popen([sys.executable, "-c", SHOWN], stdout=follower, env=told) as process:
        os.close(follower)
        said = b""
        try:
            while piece := os.read(leader, 65_536):
                said += piece
        except OSError:
            pass  # a terminal whose other side is gone says so by EIO
        assert process.wait() == 0
    os.close(leader)
    return said.decode()


def test_a_record_in_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, {"name": "template", "arn": "arn"}, "none")
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.endswith(ARN) and ROWS[0]["name"].strip() in line for line in lines)


def test_a_terminal_is_not_written_beyond_its_width() -> None:
    said = on_a_terminal()
    assert "\x1b[1m" in said
    assert max(map(len, said.replace("\x1b[1m", "").replace("\x1b[0m", "").splitlines())) <= 80


def test_no_color_leaves_every_escape_out() -> None:
    assert "\x1b" not in on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(TERM="dumb")


def test_nothing_is_said_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    show([], {"name": "template"}, "no templates")
    assert capsys.readouterr().out == "no templates\n"

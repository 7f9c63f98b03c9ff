"""The command as a person types it, run in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from shindan.cli import main


class Said(NamedTuple):
    """Exit code, stdout and stderr of one command."""

    code: int
    out: str
    err: str


Console = Callable[..., Said]


def console(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    """A function that runs `shindan ARGUMENTS…`."""

    def run(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["shindan", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(bool(ended.code))
        captured = capsys.readouterr()
        return Said(code, captured.out, captured.err)

    return run

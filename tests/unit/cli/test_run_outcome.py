"""A report that cannot be made: the command says why, which the API has no place for."""

from __future__ import annotations

import io
import sys
from functools import partial
from pathlib import Path

import pytest
import typer

from run_world import advisories, run_world
from shindan.app.local_api import LocalApi
from shindan.cli.exporting import made
from stores import databases


def test_why_a_report_failed_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    advisories(tmp_path / "data")
    for database in databases("sqlite", tmp_path):
        with run_world(database, tmp_path / "data") as living:
            living.world.host("web-1")
            living.ended(run := living.start())
            arn = str(run)
            asked = LocalApi(living.service, living.world.caller)
            with pytest.raises(typer.Exit) as ended:
                made(partial(asked.own, "GetRunReport", run=arn, format="PDF"))
            assert ended.value.exit_code == 1
            said = capsys.readouterr().err
            assert "the report could not be made" in said and "typst" in said
            url = made(partial(asked.own, "GetRunReport", run=arn, format="HTML"))
            kept = io.BytesIO()
            assert asked.save(url, kept) == len(kept.getvalue()) and b"<html" in kept.getvalue()[:200]

"""`shindan scan` as pipelines use it: exit codes, formats, files."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Event, Thread

import pytest

from shindan.cli.scan import FORMATS
from shindan.facts.fact import Fact
from shindan.render import RENDERERS
from unit.cli.console import Console, console
from worlds import BOOKWORM, deb, import_records, record, write_facts

RECORDS = [
    record("CVE-2023-5678", "openssl", "3.0.13-1~deb12u1", urgency="high"),
    record("CVE-2023-9999", "openssl", None, urgency="low"),
]
FACTS = [BOOKWORM, deb("libssl3", "3.0.11-1~deb12u1", source="openssl"), deb("bash", "5.2-1")]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.fixture
def world(tmp_path: Path, noon: datetime) -> list[str]:
    """Options that name a host and advisories at hand."""
    import_records(tmp_path / "data", RECORDS)
    facts = write_facts(tmp_path / "facts.ndjson", FACTS)
    return ["--facts", str(facts), "--data", str(tmp_path / "data"), "--no-update", "--package", "cve"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 0),
        (["--fail-on", "critical"], 0),
        (["--fail-on", "HIGH"], 1),
        (["--fail-on", "kev,high"], 1),
        (["--fail-on", "kev", "--fail-on", "cvss>=9"], 0),
        (["--fail-on", "low", "--only-fixed", "--severity", "critical"], 0),
        (["--max-feed-age", "1"], 0),
        (["--max-feed-age", "1", "--require-fresh"], 4),
        (["--require-fresh"], 0),
        (["--package", "cve"], 0),
    ],
    ids=lambda value: " ".join(value) or "nothing asked" if isinstance(value, list) else "",
)
def test_the_exit_code(run: Console, world: list[str], options: list[str], code: int) -> None:
    assert run("scan", *world, *options).code == code


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--format", "pdf"], "choose one of table, json, csv, html, sarif"),
        (["--severity", "bad"], "Critical, High, Medium"),
        (["--fail-on", "worst"], "give a severity"),
        (["--package", "csi"], "choose one of cve, cis, best-practices, runtime, network"),
        (["--package", "cis", "--benchmark", "debian-99"], "choose one of"),
        (["--benchmark", "debian-12"], "a benchmark is of the package cis"),
        (["--package", "cis", "--profile", "desktop"], "choose one of server, workstation"),
        (["--package", "cis", "--level", "3"], "range 1<=x<=2"),
        (["--fix-script", "sh"], "choose rules packages too"),
        (["--package", "cis", "--fix-script", "puppet"], "choose one of sh, ansible"),
        (["--no-such-option"], "No such option"),
        (["--out", "/nowhere/at/all.json"], "cannot write"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_mistyped_exits_2_and_names_the_choices(
    run: Console, world: list[str], options: list[str], says: str
) -> None:
    said = run("scan", *world, *options)
    assert said.code == 2
    assert says in " ".join(said.err.split())


def test_a_host_that_cannot_be_read_exits_3(run: Console, tmp_path: Path) -> None:
    said = run("scan", "--root", tmp_path, "--no-update")
    assert (said.code, said.out) == (3, "")
    assert "the platform of" in said.err
    assert run("scan", "--facts", tmp_path / "missing", "--no-update").code == 3


def test_no_feed_exits_4_and_says_how_to_mend_it(run: Console, tmp_path: Path) -> None:
    facts = write_facts(tmp_path / "facts.ndjson", FACTS)
    said = run("scan", "--facts", facts, "--data", tmp_path / "empty", "--no-update")
    assert (said.code, said.out) == (4, "")
    assert "nothing was judged" in said.err
    assert "shindan feeds update" in said.err


def test_a_torn_database_exits_4(run: Console, world: list[str], tmp_path: Path) -> None:
    for file in (tmp_path / "data/advisories").glob("*.sqlite"):
        file.write_bytes(file.read_bytes()[:5000])
    said = run("scan", *world)
    assert (said.code, said.out) == (4, "")
    assert "shindan feeds update" in said.err


def test_json_carries_findings_ledger_and_host(run: Console, world: list[str]) -> None:
    said = run("scan", *world, "--format", "json")
    result = json.loads(said.out)
    assert {finding["id"] for finding in result["findings"]} == {"CVE-2023-5678", "CVE-2023-9999"}
    first = next(finding for finding in result["findings"] if finding["id"] == "CVE-2023-5678")
    assert first["package"] == {
        "name": "libssl3",
        "version": "3.0.11-1~deb12u1",
        "type": "deb",
        "source": "openssl",
        "source_version": "3.0.11-1~deb12u1",
        "arch": "amd64",
    }
    assert (first["fixed_version"], first["severity"], first["active"]) == ("3.0.13-1~deb12u1", "High", True)
    assert set(first["feed"]) >= {"name", "generation", "age"}
    assert result["host"]["platform"] == "debian:12"
    assert result["ledger"]["packages"] == 2


def test_filters_of_the_view(run: Console, world: list[str]) -> None:
    fixed = json.loads(run("scan", *world, "--format", "json", "--only-fixed").out)
    assert [finding["id"] for finding in fixed["findings"]] == ["CVE-2023-5678"]
    severe = json.loads(run("scan", *world, "--format", "json", "--severity", "HIGH").out)
    assert [finding["severity"] for finding in severe["findings"]] == ["High"]
    assert any("1 more findings are not shown" in note for note in severe["ledger"]["notes"])


def test_every_renderer_is_offered() -> None:
    assert tuple(name for name, _ in RENDERERS) == FORMATS


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written(run: Console, world: list[str], form: str) -> None:
    said = run("scan", *world, "--format", form)
    assert (said.code, "CVE-2023-5678" in said.out) == (0, True)


def test_csv_has_a_row_a_finding(run: Console, world: list[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(run("scan", *world, "--format", "csv").out)))
    assert {row["id"] for row in rows} == {"CVE-2023-5678", "CVE-2023-9999"}


def test_the_table_names_the_fix_the_command_and_the_ledger(run: Console, world: list[str]) -> None:
    out = run("scan", *world).out
    for part in ("CVE-2023-5678", "3.0.13-1~deb12u1", "libssl3", "apt-get", "osv"):
        assert part in out
    assert "\x1b[" not in out, "colours on a terminal only"


def test_a_file_appears_whole_and_replaces(run: Console, world: list[str], tmp_path: Path) -> None:
    out = tmp_path / "result.html"
    out.write_text("before")
    assert run("scan", *world, "--format", "html", "--out", out).code == 0
    assert out.read_text().lower().startswith("<!doctype html")
    assert [path.name for path in tmp_path.glob(".result*")] == []


def test_facts_may_come_by_a_pipe(world: list[str]) -> None:
    options = ["--facts", "-", *world[2:], "--format", "json"]
    text = "".join(Path(world[1]).read_text())
    done = subprocess.run(
        [sys.executable, "-m", "shindan.cli", "scan", *options], input=text, capture_output=True, text=True
    )
    assert (done.returncode, len(json.loads(done.stdout)["findings"])) == (0, 2)


def test_a_reader_that_goes_away_is_no_error(world: list[str]) -> None:
    command = [sys.executable, "-m", "shindan.cli", "scan", *world, "--format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert child.stderr.read() == b""


class Slow(BaseHTTPRequestHandler):
    """Answers a download with its head and the first bytes, then says that somebody is waiting."""

    begun = Event()
    done = Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(b"x" * 1000)
        self.wfile.flush()
        self.begun.set()
        self.done.wait(20)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def test_an_interrupt_ends_at_once_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    import_records(tmp_path / "data", RECORDS)
    facts = write_facts(tmp_path / "facts.ndjson", FACTS)
    server = HTTPServer(("127.0.0.1", 0), Slow)
    Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    names = ("DEBIAN", "OSV", "KEV", "EPSS", "NVD")
    environment = {**os.environ, **{f"SHINDAN_FEED_{name}_URL": base + name for name in names}}
    command = [sys.executable, "-m", "shindan.cli", "scan", "--facts", str(facts), "--data", str(tmp_path / "data")]
    try:
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=_hear_interrupts
        ) as child:
            assert Slow.begun.wait(20), "the download has begun"
            child.send_signal(signal.SIGINT)
            _, err = child.communicate(timeout=20)
    finally:
        Slow.done.set()
        server.shutdown()
    assert child.returncode == 130
    assert b"interrupted" in err
    assert not list((tmp_path / "data/advisories").glob("*.tmp*"))


def _hear_interrupts() -> None:
    """A shell that starts tests in the background has them ignore Ctrl-C, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_end_of_life_is_told_even_without_a_feed(run: Console, tmp_path: Path) -> None:
    stretch = Fact("platform", "os", {"id": "debian", "version_id": "9", "name": "Debian 9"})
    facts = write_facts(tmp_path / "facts.ndjson", [stretch, deb("bash", "4.4-5")])
    said = run("scan", "--facts", facts, "--data", tmp_path / "empty", "--no-update")
    assert said.code == 4
    assert "out of support since 2022-06-30" in said.err

"""`shindan scan --scap`: what is refused and how, and what `oscap` said in a result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scap_content import BROKEN, HOLDS, LOOSE, NEVER, STRICT, tiny
from support import need_tool
from unit.cli.console import Console, console


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Console:
    return console(monkeypatch, capsys)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return tiny(tmp_path / "content")


def test_profiles_are_listed(run: Console, content: Path) -> None:
    said = run("scan", "--scap", content, "--profile", "list")
    assert said.code == 0
    assert [line.split("  ")[0] for line in said.out.splitlines()] == [STRICT, LOOSE, NEVER]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--profile", "strict", "--root", "/tmp"), "oscap looks at the machine that it runs on"),
        (("--profile", "strict", "--facts", "f"), "oscap looks at the machine that it runs on"),
    ],
)
def test_another_host_is_refused(run: Console, content: Path, words: tuple[str, ...], said: str) -> None:
    heard = run("scan", "--scap", content, *words)
    assert heard.code == 2 and said in " ".join(heard.err.split())


@pytest.mark.system
@pytest.mark.parametrize("profile", [(), ("--profile", "nothing"), ("--profile", "server")])
def test_a_profile_must_be_one_of_the_content(run: Console, content: Path, profile: tuple[str, ...]) -> None:
    need_tool("oscap", "openscap-scanner")
    heard = run("scan", "--package", "scap", "--scap", content, *profile)
    assert heard.code == 2
    assert "choose of" in heard.err and STRICT in heard.err and "--profile list" in heard.err


def test_what_is_no_content_is_refused(run: Console, tmp_path: Path) -> None:
    path = tmp_path / "x.xml"
    path.write_text("<x>")
    for wrong, word in ((path, "no well-formed XML"), (tmp_path / "none.xml", "No such file")):
        heard = run("scan", "--package", "scap", "--scap", wrong, "--profile", "p")
        assert heard.code == 2 and word in heard.err and "ssg-" in heard.err


def test_without_content_there_is_nothing_to_evaluate(run: Console) -> None:
    heard = run("scan", "--package", "scap")
    assert heard.code == 2 and "--scap" in heard.err
    assert run("scan", "--package", "cis", "--profile", "strict").code == 2


def test_without_oscap_it_says_what_to_install(run: Console, content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shindan.service.scap.OSCAP", ("/nowhere/oscap",))
    heard = run("scan", "--package", "scap", "--scap", content, "--profile", "strict")
    assert heard.code == 5 and "openscap-scanner" in heard.err


@pytest.mark.system
def test_what_oscap_says_is_a_finding_under_the_contents_name(run: Console, content: Path, tmp_path: Path) -> None:
    need_tool("oscap", "openscap-scanner")
    words = ("scan", "--package", "scap", "--scap", content, "--profile", "strict")
    said = run(*words, "--format", "json", "--full")
    assert said.code == 0, said.err
    result = json.loads(said.out)
    (finding,) = result["findings"]
    assert (finding["id"].endswith(BROKEN), finding["severity"]) == (True, "High")
    assert finding["rules_package"] == "scap" and "CIS 5.1.20" in finding["references"]
    assert {one["verdict"] for one in result["outcomes"]} == {"pass", "fail", "manual"}
    assert any(HOLDS in str(one) and one["verdict"] == "pass" for one in result["outcomes"])
    assert run(*words, "--fail-on", "high").code == 1
    assert "sleep 7" in run(*words, "--fix-script", "sh").out
    shown = run(*words)
    assert "SCAP Content of the Host" in shown.out and "1 do not" in shown.out


@pytest.mark.system
def test_content_that_decides_nothing_is_no_pass(run: Console, content: Path) -> None:
    need_tool("oscap", "openscap-scanner")
    heard = run("scan", "--package", "scap", "--scap", content, "--profile", "never")
    assert heard.code == 5 and "decided nothing about this host" in heard.err

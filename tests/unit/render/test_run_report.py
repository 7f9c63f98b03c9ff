"""A run's report as page and on paper: nothing from elsewhere, nothing executed, every finding with its hosts."""

from __future__ import annotations

import importlib.util
import io
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from run_reports import finding, large, report
from shindan.model.report import Affected, Report, ReportHost
from shindan.render import run_report_pdf
from shindan.render.run_report_html import write
from shindan.render.run_report_pdf import NoPdf, pdf
from shindan.render.run_report_prose import Piece, paragraphs
from support import REPOSITORY, need_tool
from unit.render.test_html import Page

HOSTILE = (
    '</style><script>alert(1)</script> #include "x" $x$ \\ `code` [a](javascript:x) \u202e\x07 \'q\' "q" {{ 7*7 }}'
)


def page(made: Report) -> str:
    stream = io.StringIO()
    write(made, stream)
    return stream.getvalue()


def paper(made: Report, folder: Path) -> str:
    """The text of the PDF, as poppler reads it."""
    tool = need_tool("pdftotext", "poppler-utils")
    (folder / "report.pdf").write_bytes(pdf(made))
    read = subprocess.run([tool, "-layout", "report.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return " ".join(read.stdout.decode().split())


def test_the_page_takes_nothing_from_elsewhere() -> None:
    text = page(report())
    shown = Page(text)
    tags = {tag for tag, _ in shown.elements}
    assert not tags & {"script", "iframe", "img", "object", "embed", "form", "base", "video", "audio"}
    assert [a["content"] for _, a in shown.elements if "http-equiv" in a] == [
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    ]
    assert not re.search(r"url\(|@import|\bon[a-z]+=", text)


def test_each_finding_is_there_once_with_all_its_hosts() -> None:
    made = report(findings=8, hosts=4)
    shown = Page(page(made))
    for one in made.findings:
        assert shown.words.count(one.title) == 1
    groups = page(made).split('<details class="group">')[1:]
    assert len(groups) == 8
    for one, group in zip(made.findings, groups, strict=True):
        assert [host.host for host in one.hosts] == re.findall(
            r"<code>(i-[0-9a-f]{17})</code>", group.split("</details>")[0]
        )


@pytest.mark.parametrize("kind", ["FINDING", "FULL"])
def test_only_the_full_report_lists_the_rules_that_were_checked(kind: str) -> None:
    words = Page(page(report(type_=kind))).words  # type: ignore[arg-type]
    assert ("Known flaws that were looked for" in words) is (kind == "FULL")
    assert ("Root cannot log in over SSH" in words) is (kind == "FULL")
    assert ("CVE-2025-0001" in words) is (kind == "FULL")
    assert "Agent not found" in words and "the whole run" in words and "no: nothing was delivered" in words


def test_what_is_hostile_stays_text(tmp_path: Path) -> None:
    one = finding(
        1, id=HOSTILE, title=HOSTILE, description=HOSTILE, recommendation=HOSTILE,
        attributes=((HOSTILE, HOSTILE),), user_attributes=((HOSTILE, None),), hosts=(Affected(HOSTILE, HOSTILE),),
    )  # fmt: skip
    made = replace(
        report(), name=HOSTILE, template=HOSTILE, target=HOSTILE, findings=(one,),
        hosts=(ReportHost(HOSTILE, HOSTILE, HOSTILE, True, 1),), attributes=((HOSTILE, HOSTILE),),
    )  # fmt: skip
    text = page(made)
    assert [tag for tag, _ in Page(text).elements].count("script") == 0
    assert "alert(1)" in text and "javascript:x" in text and 'href="javascript' not in text
    assert "\x07" not in text and "\u202e" not in text and "{{ 7*7 }}" in text
    read = paper(made, tmp_path)
    assert "alert(1)" in read and "$x$" in read and "49" not in read.replace("2049", "")


def test_an_empty_run(tmp_path: Path) -> None:
    made = replace(
        report(), findings=(), hosts=(), exclusions=(), checked=(), packages=(), attributes=(), rules=(), looked=None
    )
    words = Page(page(made)).words
    assert "Nothing was found that needs to be mended." in words
    assert "Of 0 hosts, 0 were judged in full, 0 in part, 0 not at all." in words
    assert "The target had no hosts." in words and "Nothing was left out." in words
    assert "Nothing was found" in paper(made, tmp_path)


@pytest.mark.system
def test_paper_says_what_the_page_says(tmp_path: Path) -> None:
    made = report(findings=6, hosts=3)
    read = paper(made, tmp_path)
    assert (
        made.name in read
        and "Template weekly" in read.replace("  ", " ")
        and "FULL REPORT" in read.replace("F ULL", "FULL")
    )
    for one in made.findings:
        assert one.title in read
        assert all(host.host in read for host in one.hosts)
    for word in (
        "What was not judged",
        "Agent not found",
        "Rules packages",
        "Known flaws that were looked for",
        "Findings by severity",
        "Updates that remove most findings",
        "5.1.20 Root cannot log in over SSH",
        "CVE-2025-0001",
    ):
        assert word in read
    assert made.arn in read.replace(" ", "").replace("\u200b", "")
    info = need_tool("pdfinfo", "poppler-utils")
    told = subprocess.run([info, "report.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert re.search(r"JavaScript:\s+no", told) and re.search(r"Title:\s+Full report: Run - weekly", told)


MEASURED = """
import re, resource, time
from run_reports import large
from shindan.render.run_report_pdf import pdf
made = large(3000)
start = time.monotonic()
assert pdf(made).startswith(b"%PDF-")
own = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1]
print(time.monotonic() - start, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


@pytest.mark.slow
def test_three_thousand_findings_are_set_in_time_and_within_bounds() -> None:
    """The bars are 3 s and 300 MB on a quiet machine; time is given room here, memory is not.

    In a process of its own, whose peak is read from /proc: getrusage counts what a process was forked from, too.
    """
    paths = os.pathsep.join(str(REPOSITORY / name) for name in ("src", "tests"))
    argv = [sys.executable, "-c", MEASURED]
    done = subprocess.run(argv, env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, check=True)
    seconds, own, setter = (float(word) for word in done.stdout.split())
    assert seconds < 15
    assert max(own, setter) < 300 * 1024
    start = time.monotonic()
    assert page(large(3000)).count('<details class="group">') == 3000 and time.monotonic() - start < 10


def test_without_typst_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoPdf) as refused:
        pdf(report())
    assert "shindan[pdf]" in refused.value.remedy


def test_a_setter_that_fails_is_a_clear_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "run_report.typ").write_text("#panic(1)")
    (tmp_path / "run_report_setter.py").write_bytes(
        Path(run_report_pdf.__file__).with_name("run_report_setter.py").read_bytes()
    )
    monkeypatch.setattr(run_report_pdf, "_HERE", tmp_path)
    with pytest.raises(NoPdf, match="typst could not set the report"):
        pdf(report())


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a", [[Piece("a")]]),
        ("a\n\n \n b\nc", [[Piece("a")], [Piece("b c")]]),
        ("see [CVE-1](https://x.org/a?b=1).", [[Piece("see "), Piece("CVE-1", href="https://x.org/a?b=1"), Piece(".")]]),
        ("[x](ftp://y) [x](https://u@y)", [[Piece("[x](ftp://y) "), Piece("x", href="")]]),
        ("run `apt x`", [[Piece("run "), Piece("apt x", code=True)]]),
        ("", []),
    ],
)  # fmt: skip
def test_paragraphs(text: str, pieces: list[list[Piece]]) -> None:
    assert [list(one) for one in paragraphs(text, 1000)] == pieces


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_no_text_is_lost_or_comes_to_life(text: str) -> None:
    made = replace(report(findings=1), findings=(finding(1, description=text),))
    shown = Page(page(made))
    assert {tag for tag, _ in shown.elements} <= {tag for tag, _ in Page(page(report())).elements}

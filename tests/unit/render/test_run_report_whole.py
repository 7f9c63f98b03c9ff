"""What a run's report must not leave out: every finding on paper with its hosts, what was tailored, exclusions in words
that the reader knows.
"""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from run_reports import finding, report
from shindan.locale import translator
from shindan.model.exclusion import REASONS
from shindan.model.report import Affected, Report, ReportExclusion, Tailored
from shindan.model.tailoring import Entry
from shindan.render.run_report_brief import brief, length_of
from shindan.render.run_report_html import write
from shindan.render.run_report_numbers import ranges
from shindan.render.run_report_pdf import ROOM, pdf
from shindan.render.run_report_view import view_of
from shindan.render.run_report_words import Tongue
from support import need_tool
from unit.render.test_html import Page

ENGLISH = Tongue("en")
OFF = Entry("1", rule="ssh-root-login", benchmark="debian-12", off=True, reason="a jump host <b>", owner="ops")
CHANGED = Entry(
    "2", control="5.1.20", benchmark="debian-12", values={"most": 6, "of": ["a", "b"]}, severity="low",
    tags=(("env", "test"), ("jump", "")), reason="our standard", until="2027-01-31",
)  # fmt: skip
TAILORED = (Tailored(OFF), Tailored(CHANGED, "Root cannot log in over SSH"))


def page(made: Report, language: str = "en") -> str:
    stream = io.StringIO()
    write(made, stream, language)
    return stream.getvalue()


def paper(made: Report, folder: Path, language: str = "en") -> str:
    """The text of the PDF as poppler reads it, white space made one."""
    tool = need_tool("pdftotext", "poppler-utils")
    (folder / "report.pdf").write_bytes(pdf(made, language))
    read = subprocess.run([tool, "-layout", "report.pdf", "-"], cwd=folder, capture_output=True, check=True)
    return " ".join(read.stdout.decode().replace("\u200b", "").split())


# ── findings ──


@pytest.mark.system
def test_every_finding_stands_on_paper_with_severity_title_fix_and_hosts(tmp_path: Path) -> None:
    made = report(findings=ROOM.detailed + 60, hosts=5)
    read = paper(made, tmp_path)
    assert f"The first {ROOM.detailed} of {len(made.findings)} are in full" in read
    for one in made.findings[ROOM.detailed :]:
        row = read.partition(f"{one.id} · ")[2][:400]
        assert row.startswith(f"{one.severity} · {one.title} · Bring libssl3 to 3.0.99 or newer")
        where = row.partition(". · ")[2]
        if len(one.hosts) <= 3:
            assert where.startswith(f"{len(one.hosts)} host") and all(it.host in where for it in one.hosts)
        else:
            assert where.startswith(f"{len(one.hosts)} hosts: No. 1–{len(one.hosts)}")
    # The list of hosts has the numbers.
    assert re.search(r"1 web-0\.example\.org \(i-0+\)", read)


@pytest.mark.parametrize(
    ("numbers", "most", "text", "left"),
    [
        ([], 20, "", 0),
        ([3], 20, "3", 0),
        ([2, 1, 3, 9, 9], 20, "1–3, 9", 0),
        ([1, 2, 3, 5, 7], 6, "1–3, 5", 1),
        ([100, 101], 3, "", 2),
        (range(1, 10_001), 20, "1–10000", 0),
        ([1, 1000, 3000, 5000], 8, "1, 1000", 2),
    ],
    ids=["none", "one", "spans", "no room for the last", "no room at all", "all", "what is left counts on"],
)
def test_numbers_as_ranges(numbers: list[int], most: int, text: str, left: int) -> None:
    assert ranges(numbers, most) == (text, left)


@settings(max_examples=150)
@given(st.sets(st.integers(1, 300)), st.integers(0, 80))
def test_no_number_is_lost_uncounted(numbers: set[int], most: int) -> None:
    text, left = ranges(numbers, most)
    told: set[int] = set()
    for part in filter(None, text.split(", ")):
        first, _, last = part.partition("–")
        told.update(range(int(first), int(last or first) + 1))
    assert len(text) <= most and told <= numbers and len(told) + left == len(numbers)


def test_a_row_holds_its_length_and_counts_the_hosts_it_does_not_name() -> None:
    ids = [f"i-{number:017x}" for number in range(0, 2000, 2)]
    one = finding(7, hosts=tuple(Affected(id_, "libssl3") for id_ in ids))
    numbers = {id_: place for place, id_ in enumerate(ids * 2, 1)}
    told = brief(one, 300, {id_: number * 2 for id_, number in numbers.items() if number % 2}, ENGLISH)
    more = re.search(r"1,000 hosts: No\. (.+) and ([\d,]+) more$", told)
    assert more and len(told) < 340
    assert len(more[1].split(", ")) + int(more[2].replace(",", "")) == 1000
    assert brief(one, 300, {}, ENGLISH).endswith(f"1,000 hosts: {ids[0]} and 999 more")
    assert brief(replace(one, hosts=()), 300, {}, ENGLISH).endswith("libssl3`).".replace("`", ""))
    assert length_of(ROOM, 2750) >= 200 and length_of(ROOM, 10**6) == 100


def test_a_finding_in_full_names_some_hosts_and_the_others_by_number() -> None:
    made = report(findings=1, hosts=100)
    one = replace(made.findings[0], hosts=tuple(Affected(host.id, "x") for host in made.hosts))
    (item,) = view_of(replace(made, findings=(one,)), ROOM).levels[0].items
    assert len(item.hosts) == ROOM.hosts == 20 and item.more == "No. 21–100"
    (unknown,) = view_of(replace(made, findings=(one,), hosts=made.hosts[:30]), ROOM).levels[0].items
    assert unknown.more == "No. 21–30 and 70 more"


# ── what was tailored ──


def test_what_was_switched_off_or_changed_is_told_with_reason_and_end() -> None:
    rows = view_of(replace(report(), tailored=TAILORED), ROOM).tailored
    assert [tuple(row) for row in rows] == [
        ("debian-12 ssh-root-login", "", "switched off", "all hosts", "a jump host <b>", "ops", "without end"),
        (
            "debian-12 5.1.20", "Root cannot log in over SSH", 'most = 6; of = ["a", "b"]; severity Low',
            "hosts with env=test, jump", "our standard", "", "2027-01-31",
        ),
    ]  # fmt: skip


@pytest.mark.system
@pytest.mark.parametrize("kind", ["FINDING", "FULL"])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_both_forms_in_both_languages_have_it(kind: str, language: str, tmp_path: Path) -> None:
    made = replace(report(type_=kind), tailored=TAILORED, own_zones=True)  # type: ignore[arg-type]
    _ = translator(language).gettext
    words = Page(page(made, language)).words
    for text in (
        _("What was judged otherwise"), "debian-12 ssh-root-login", _("switched off"), "a jump host <b>", "2027-01-31",
        _("without end"), _("hosts with {tags}").format(tags="env=test, jump"),
        _("From where packets come is the account's own file of zones."),
    ):  # fmt: skip
        assert text in words
    if language == "ja":
        need_tool("fc-list", "fontconfig")
    read = paper(made, tmp_path, language).replace(" ", "")
    for text in (
        _("What was judged otherwise"),
        "debian-12 5.1.20",
        _("switched off"),
        "a jump host <b>",
        "2027-01-31",
    ):
        assert text.replace(" ", "") in read


def test_a_run_of_rules_without_tailoring_says_so_and_one_without_rules_nothing() -> None:
    said = "Nothing: every rule was judged as it ships."
    assert said in Page(page(report())).words
    assert "What was judged otherwise" not in Page(page(report(type_="FINDING"))).words
    assert said not in Page(page(replace(report(), own_zones=True))).words


# ── exclusions ──


@pytest.mark.parametrize("code", REASONS)
def test_exclusions_are_in_the_readers_language(code: str) -> None:
    reason = REASONS[code]
    detail = "Its release is debian:7. No feed that can be fetched speaks of it."
    one = ReportExclusion(reason.title, reason.description, reason.recommendation, ("i-1",), (), detail)
    made = replace(report(), exclusions=(one,))
    (english,) = view_of(made, ROOM).exclusions
    assert english.description == f"{reason.description} {detail}" and english.title == reason.title
    (japanese,) = view_of(made, ROOM, "ja").exclusions
    for text, own in (
        (japanese.title, reason.title), (japanese.description, reason.description),
        (japanese.recommendation, reason.recommendation),
    ):  # fmt: skip
        assert own not in text and re.search("[ぁ-ん]|[ァ-ヶ]", text)
    assert "debian:7" in japanese.description and "No feed" not in japanese.description


def test_what_somebody_else_said_stays_as_it_is() -> None:
    one = ReportExclusion("A title", "What happened.", "Do something.", (), (), "kernel: EPERM")
    (shown,) = view_of(replace(report(), exclusions=(one,)), ROOM, "ja").exclusions
    assert (shown.title, shown.recommendation) == ("A title", "Do something.") and "kernel: EPERM" in shown.description

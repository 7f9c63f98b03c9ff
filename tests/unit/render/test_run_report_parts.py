"""Parts of a run's report: how much was judged, charts, scores, and the same in Japanese."""

from __future__ import annotations

import io
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from run_reports import LOOKED, finding, report
from shindan.locale import LANGUAGES
from shindan.model.report import Report, ReportHost
from shindan.render import run_report_setter
from shindan.render.run_report_html import write
from shindan.render.run_report_pdf import NoPdf, pdf
from shindan.render.run_report_rules import rule_sets
from shindan.render.run_report_shapes import Room, View
from shindan.render.run_report_view import view_of
from shindan.render.run_report_words import Tongue
from support import REPOSITORY, need_tool
from unit.render.test_html import Page

ENGLISH = Tongue("en")


def page(made: Report, language: str) -> str:
    stream = io.StringIO()
    write(made, stream, language)
    return stream.getvalue()


def view(made: Report, language: str = "en") -> View:
    return view_of(made, Room(), language)


# ── how much was judged ──


def test_the_cover_says_how_many_hosts_were_judged_in_full_in_part_and_not_at_all() -> None:
    made = view(report(hosts=3))
    assert made.judged.startswith("Of 3 hosts, 1 were judged in full, 1 in part, 1 not at all.")
    assert "for 2 reasons" in made.judged
    assert [host.evaluated for host in made.hosts] == ["yes", "no: nothing was delivered", "in part"]


def test_packages_that_were_not_compared_are_counted_with_their_reason() -> None:
    made = view(report())
    assert made.compared == "840 installed packages were looked at, counted for each host; 18 could not be compared."
    assert [(one.name, one.packages, one.newest) for one in made.feeds] == [
        ("debian", "810", "2026-11-24"),
        ("osv", "12", "2026-11-20"),
    ]
    assert made.not_compared == (("not the distribution's own", "18"),)


def test_a_reason_that_has_no_words_yet_is_shown_as_it_is() -> None:
    made = view(replace(report(), looked=replace(LOOKED, not_judged={"new-reason": 2})))
    assert made.not_compared == (("new-reason", "2"),)


# ── scores ──


def test_each_section_has_its_score_and_what_was_not_decided_is_no_part_of_it() -> None:
    cis, practices = rule_sets(report().rules, ENGLISH)
    assert [(one.number, one.counts, one.score) for one in cis.sections] == [
        ("1", (1, 1, 0, 2, 0), "50 %"),
        ("5", (2, 0, 1, 0, 1), "100 %"),
    ]
    assert (cis.title, cis.score) == ("CIS Operating System Security Configuration Benchmarks: debian-12", "75 %")
    assert [(one.number, one.score) for one in practices.sections] == [("", "50 %")]
    assert {one.title: len(one.names) for one in cis.lists} == {
        "Pass": 2, "Fail": 1, "Not applicable": 1, "By hand": 1, "Could not be told": 1,
    }  # fmt: skip


def test_a_score_that_is_nearly_whole_is_not_rounded_to_it() -> None:
    (one,) = report().rules[2:3]
    nearly = one._replace(counts=one.counts._replace(passed=9999, failed=1))
    none = one._replace(counts=one.counts._replace(passed=0, failed=0, manual=3))
    assert rule_sets([nearly], ENGLISH)[0].score == "99.9 %"
    assert rule_sets([none], ENGLISH)[0].score == "–"


# ── charts ──


def test_charts_show_each_figure_once_and_stay_within_their_width() -> None:
    severities, hosts, packages, fixes = view(report(findings=8, hosts=4)).charts
    assert sum(int(row.number) for row in severities.rows) == int(packages.rows[0].number) == 20
    assert [row.label for row in fixes.rows] == ["libssl3"]
    assert len(hosts.rows) == 4 and hosts.words.startswith("web-0.example.org (i-00000000000000000): 3; ")
    for chart in (severities, hosts, packages, fixes):
        for row in chart.rows:
            assert all(part.start + part.width <= 100.01 for part in row.parts)


def test_a_single_finding_among_thousands_still_shows() -> None:
    many = replace(report(), findings=(finding(1, 3), finding(2, 1, "Low")), hosts=())
    many = replace(many, findings=(*many.findings, *(finding(n, 3) for n in range(3, 3000))))
    low = view(many).charts[0].rows[-1]
    assert (low.label, low.number) == ("Low", "1") and low.parts[0].width > 0.5


def test_hosts_without_findings_make_no_chart() -> None:
    made = replace(report(), findings=(), hosts=(ReportHost("i-1", "a", "Debian", True, 0, (0,) * 5),))
    assert view(made).charts == ()


# ── Japanese ──

HERE = REPOSITORY / "src/shindan"


def test_every_word_of_the_report_is_translated_and_none_is_left_over() -> None:
    used = set()
    for file in sorted((HERE / "render").glob("run_report_*.py")):
        for _, message, _, _ in extract_from_file("python", str(file)):
            used.add(message if isinstance(message, str) else tuple(message))
    for language in LANGUAGES.keys() - {"en"}:
        told = translations(language)
        assert told.keys() == used
        names = re.compile(r"\{(\w+)\}")
        for id_, texts in told.items():
            first = id_ if isinstance(id_, str) else id_[0]
            assert texts and all(texts) and all(set(names.findall(text)) == set(names.findall(first)) for text in texts)


def translations(language: str) -> dict[str | tuple[str, ...], list[str]]:
    """What the report's catalogue says: message → its texts, one for each plural form; none where it is fuzzy."""
    with (HERE / "locale" / language / "reports.po").open("rb") as stream:
        catalog = read_po(stream, locale=language)
    found: dict[str | tuple[str, ...], list[str]] = {}
    for message in catalog:
        if message.id:
            texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
            found[message.id if isinstance(message.id, str) else tuple(message.id)] = [] if message.fuzzy else texts
    return found


def test_the_page_in_japanese_has_no_english_word_of_ours() -> None:
    text = page(report(), "ja")
    words = Page(re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)).words
    assert '<html lang="ja">' in text
    for english in ("Findings", "Hosts", "What to do", "judged", "counted", "reasons", "Score", "Evaluated", " more"):
        assert english not in words, english
    for japanese in (
        "完全レポート",
        "検出結果",
        "ホスト 3 台のうち、全体を判定したもの 1 台",
        "合格",
        "スコア",
        "本文は英語です",
    ):
        assert japanese in words
    assert "CVE-2026-0001" in words and "2026年11月24日 13:00 UTC" in words


@pytest.mark.system
def test_paper_in_japanese(tmp_path: Path) -> None:
    need_tool("fc-list", "fontconfig")
    if not subprocess.run(["fc-list", ":lang=ja"], capture_output=True, check=True).stdout:
        pytest.skip("needs: fonts-ipafont-gothic")
    (tmp_path / "report.pdf").write_bytes(pdf(report(), "ja"))
    tool = need_tool("pdftotext", "poppler-utils")
    read = subprocess.run(
        [tool, "-layout", "report.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    flat = "".join(read.split())
    for japanese in ("完全レポート", "重大度別の検出結果", "検出結果5件", "判定しなかったもの", "セクション", "照合先"):
        assert japanese in flat, japanese
    assert "Findings" not in read and "CVE-2026-0001" in read
    # Japanese lines end anywhere by themselves: what helps long names to end would keep sentences from being found.
    assert "対象外、手動確認、判定不能のものは含みません。" in flat


def test_without_a_font_that_has_its_letters_the_error_names_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A setter that sees typst's own fonts alone stands in for a server without others."""
    source = Path(run_report_setter.__file__).read_text()
    (tmp_path / "run_report_setter.py").write_text(
        source.replace("typst.Fonts()", "typst.Fonts(include_system_fonts=False)")
    )
    (tmp_path / "run_report.typ").write_bytes(Path(run_report_setter.__file__).with_name("run_report.typ").read_bytes())
    monkeypatch.setattr("shindan.render.run_report_pdf._HERE", tmp_path)
    with pytest.raises(NoPdf, match="no font on the server has Japanese letters") as refused:
        pdf(report(), "ja")
    assert "fonts-noto-cjk" in refused.value.remedy
    assert pdf(report(), "en").startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("families", "chosen"),
    [
        (["DejaVu Sans", "IPAGothic", "Noto Sans CJK JP"], "Noto Sans CJK JP"),
        (["DejaVu Sans", "Libertinus Serif"], ""),
        ([], ""),
    ],
    ids=["the nicest that is there", "none of them", "no font at all"],
)
def test_which_font_is_chosen(families: list[str], chosen: str) -> None:
    assert run_report_setter.font(families) == chosen

"""The table at a terminal: what it says, that it fits, and that nothing hostile reaches the terminal."""

from __future__ import annotations

import io
import re
from unicodedata import category

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from results import LIBSSL, clean, finding, large, package, rendered, sample
from shindan.model.result import ScanResult
from shindan.render import render
from shindan.render.table_page import wrapped
from shindan.render.table_summary import bar_shares
from shindan.render.words import harmless, percent

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def table(result: ScanResult, *, colour: bool = False, width: int = 100, limit: int | None = None) -> str:
    stream = io.StringIO()
    render("table", result, stream, colour=colour, width=width, limit=limit)
    return stream.getvalue()


@pytest.mark.parametrize("colour", [False, True], ids=["piped", "colour"])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 132, 200])
def test_fits_the_width(width: int, colour: bool) -> None:
    lines = ANSI.sub("", table(sample(), colour=colour, width=width)).splitlines()
    assert max(map(cell_len, lines)) <= width
    assert not any(line.endswith(" ") for line in lines) or colour


def test_colours_only_where_wanted_and_the_text_is_the_same_but_for_the_bar() -> None:
    plain, coloured = table(sample()), table(sample(), colour=True)
    assert "\x1b" not in plain
    assert "\x1b[1;91m" in coloured
    solid = str.maketrans("▓▒░·?", "█████")
    words = [line.rstrip() for line in ANSI.sub("", coloured).translate(solid).splitlines()]
    assert words == plain.translate(solid).splitlines()


def test_each_limit_says_how_many_more() -> None:
    assert "+10 more: 1 Critical, 1 High, 2 Medium, 2 Low, 2 Informational, 2 Undefined" in table(large(12), limit=2)
    assert " more" not in table(large(12), limit=12)
    assert table(large(24), limit=None).count("CVE-2026-1") == 24


@pytest.mark.parametrize(
    "text",
    [
        "▲ END OF LIFE  Debian 11 (bullseye) is out of support since 2026-08-31",
        "libssl3, openssl  3.0.15-1~deb12u1",
        "zlib1g:i386  1:1.2.13.dfsg-1",
        "will not be fixed",
        "being investigated",
        "not counted, inactive: kernel 6.1.0-32-amd64 does not run: 6.1.0-37-amd64 does",
        "not counted, ignored (accepted): no mail is parsed here, see OPS-12",
        "15 findings  ",
        "█ 3 Critical  ▓ 2 High  ▒ 4 Medium  ░ 4 Low  · 1 Informational  ? 1 Undefined",
        "1 known to be exploited · 6 with a fix · 9 without a fix · in 7 packages",
        "409 of 420 packages judged · 11 not judged · 1 inactive, not counted",
        "stale: epss",
        "Update these 4 packages and 6 findings go:",
        "apt-get install --only-upgrade sudo libssl3 openssl",
        "apt-get upgrade --with-new-pkgs  # with the new kernel; then reboot",
        "409 packages by debian: newest record 2026-11-24, under a day old",
        "epss: newest record 2026-08-16, 100 days old  STALE",
        "12 packages of unknown origin among them, judged as the distribution's own",
        "8 packages: not the distribution's own: Docker's repository (docker-ce, containerd.io, …)",
        "apt: /var/lib/apt/lists: permission denied",
        "2 changelogs were larger than is read",
        "2 rejected ids are left out: CVE-2024-0001, CVE-2024-0002",
    ],
)
def test_says(text: str) -> None:
    assert text in " ".join(table(sample(), width=130).splitlines())


def test_a_zero_names_what_was_judged() -> None:
    said = table(clean())
    assert "0 findings in 409 judged packages" in said
    assert "Update" not in said


def test_a_zero_where_nothing_was_judged_says_so() -> None:
    ledger = clean().ledger._replace(judged=(), not_judged=sample().ledger.not_judged, packages=11)
    said = table(clean()._replace(ledger=ledger))
    assert "0 findings in 0 judged packages" in said
    assert "no package by any feed" in said


def test_very_many_updates_name_the_worst_and_the_command_that_takes_all() -> None:
    said = table(large(500, each=5), limit=8)
    assert "Update these 30 packages (the worst) and 100 findings go:" in said
    assert "Update these 100 packages and 333 findings go:\n  apt-get upgrade --with-new-pkgs" in said
    assert "package-99 " in table(large(500, each=5)) + " "


def test_a_long_command_is_broken_so_that_it_can_be_copied() -> None:
    lines = table(large(200, each=5), width=80).splitlines()
    begin = next(number for number, line in enumerate(lines) if "--only-upgrade" in line)
    block = lines[begin : lines.index("", begin)]
    assert all(line.endswith(" \\") for line in block[:-1])
    assert " ".join(" ".join(block).replace("\\", "").split()).split()[3:] == [f"package-{n}" for n in range(40)]


HOSTILE = [
    "\x1b]0;owned\x07",
    "\x1b[2J",
    "a\r\nb",
    "\u202egpj.exe",
    "\u200bhidden",
    "\ud800",
    "漢字" * 60,
    "x" * 500,
    "\x9b31m",
]


@example("\x1b[31mred\x1b[0m")
@given(st.text(st.characters()) | st.sampled_from(HOSTILE))
@settings(max_examples=120)
def test_no_text_drives_the_terminal_or_breaks_the_frame(text: str) -> None:
    hostile = finding(
        text, LIBSSL._replace(name=text, version=text), "High", text or None, title=text, description=text
    )
    ledger = sample().ledger._replace(notes=(text,), gaps=((text, text),))
    host = sample().host._replace(hostname=text, name=text, kernel=text, end_of_life=text)
    said = table(sample()._replace(findings=(hostile,), ledger=ledger, host=host), width=80)
    assert not {category(letter) for letter in said.replace("\n", "")} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert max(map(cell_len, said.split("\n"))) <= 80


def test_unprintable_characters_leave_a_trace() -> None:
    assert harmless("a\x1b[2J\u202eb\tc") == "a\ufffd[2J\ufffdb c"


@given(st.lists(st.integers(0, 100_000), min_size=6, max_size=6), st.integers(6, 120))
@settings(max_examples=150)
def test_the_bar_loses_no_severity_and_fills_its_width(numbers: list[int], width: int) -> None:
    shares = bar_shares(numbers, width)
    assert [share > 0 for share in shares] == [number > 0 for number in numbers]
    assert sum(shares) == (width if any(numbers) else 0)


@given(st.text("ab 漢"), st.integers(2, 12))
@settings(max_examples=100)
def test_wrapping_keeps_every_letter(text: str, width: int) -> None:
    lines = list(wrapped(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (0.00001, "<0.1 %"), (0.0441, "4.4 %"), (0.267, "27 %"), (1.0, "100 %")],
)
def test_a_small_probability_is_no_zero(share: float, text: str) -> None:
    assert percent(share) == text


def test_packages_alike_share_a_heading_and_others_do_not() -> None:
    one, two = package("libx1", "1.0-1", "x"), package("x-utils", "1.0-1", "x")
    alike = [finding("CVE-2026-1", one), finding("CVE-2026-1", two)]
    assert "libx1, x-utils  1.0-1" in table(sample()._replace(findings=tuple(alike)))
    unlike = [*alike, finding("CVE-2026-2", two)]
    assert "libx1, x-utils" not in table(sample()._replace(findings=tuple(unlike)))


def test_wide_pages_have_titles() -> None:
    assert "sudo: --chroot loads a user's own libraries" in rendered("sample.wide.txt")

"""CSV as spreadsheets and programs read it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import LIBSSL, clean, finding, rendered, sample
from shindan.render.to_csv import COLUMNS, inert
from support import REPOSITORY

NAMES = [column.name for column in COLUMNS]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def test_one_finding_a_row_and_every_row_has_every_column() -> None:
    table = rows(rendered("sample.csv"))
    assert table[0] == NAMES
    assert [row[0] for row in table[1:]] == [one.id for one in sample().findings]
    assert {len(row) for row in table} == {len(NAMES)}


def test_lines_end_as_rfc_4180_has_it() -> None:
    text = rendered("sample.csv")
    assert text.endswith("\r\n")
    assert text.count("\n") == text.count("\r\n") == 1 + len(sample().findings)


def test_nothing_found_leaves_the_names() -> None:
    assert rows(rendered("sample.csv", clean())) == [NAMES]


def test_columns_have_unlike_names_and_stand_on_the_page() -> None:
    page = (REPOSITORY / "docs/result.md").read_text().partition("## CSV")[2]
    assert len(set(NAMES)) == len(NAMES)
    assert [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")] == NAMES


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("'=1", "''=1"),
        ("a=1", "a=1"),
        ("1:1.2-3", "1:1.2-3"),
        ("", ""),
        ("a\0b", "a\ufffdb"),
    ],
)
def test_no_cell_is_run_as_a_formula(cell: str, written: str) -> None:
    assert inert(cell) == written


@given(st.text(st.characters(exclude_categories=["Cs"])))
@settings(max_examples=150)
def test_any_text_comes_back_and_breaks_no_row(text: str) -> None:
    odd = finding(text, LIBSSL._replace(name=text), title=text)
    head, row = rows(rendered("sample.csv", sample()._replace(findings=(odd,))))
    cells = {name: cell.removeprefix("'") for name, cell in zip(head, row, strict=True)}
    expected = text.replace("\0", "\ufffd")
    assert (cells["id"], cells["package"], cells["title"]) == (expected, expected, expected)
    assert not any(cell.lstrip(" ").startswith(("=", "+", "-", "@")) for cell in row)

"""The sample result in every form, as golden files: `make golden` rewrites them, review reads the difference."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from results import GOLDEN, rendered, sample
from shindan.render import RENDERERS, render
from support import REPOSITORY


@pytest.mark.parametrize("name", GOLDEN)
def test_prints_what_the_golden_file_holds(name: str) -> None:
    golden = REPOSITORY / "tests/golden/render" / name
    assert rendered(name).encode() == golden.read_bytes(), "run `make golden` and read the difference"


def test_every_form_on_disk_is_in_the_list() -> None:
    on_disk = {path.stem.removeprefix("to_") for path in (REPOSITORY / "src/shindan/render").glob("to_*.py")}
    assert {name.replace("-", "_") for name, _ in RENDERERS} == on_disk


def test_a_form_that_is_none_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match="'yaml': choose one of table, json, csv, html"):
        render("yaml", sample(), io.StringIO())


@pytest.mark.parametrize("form", [name for name, _ in RENDERERS])
@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_no_encoding_of_the_stream_is_an_error(form: str, encoding: str) -> None:
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding=encoding, newline="") as stream:
        render(form, sample(), stream, colour=True)
        stream.flush()
        assert b"CVE-2025-32463" in raw.getvalue()


USES_JSON = """
import io, sys
from results import sample
from shindan.render import render
render("json", sample(), io.StringIO())
render("csv", sample(), io.StringIO())
print(sorted({"rich", "jinja2"} & set(sys.modules)))
"""


def test_forms_for_programs_do_without_rich_and_jinja2() -> None:
    path = [str(REPOSITORY / "src"), str(REPOSITORY / "tests")]
    command = [sys.executable, "-B", "-c", f"import sys; sys.path[:0] = {path}\n{USES_JSON}"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"

"""A fleet in its forms: valid by the published schemas, whole, and harmless with hostile names."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from defusedxml.ElementTree import fromstring
from jsonschema import Draft4Validator, Draft202012Validator

from fleets import FLEETS, GOLDEN, fleet, hostile, small, written
from fleets import host as one_host
from results import sample, with_rules
from shindan.model.fleet import FORMS
from shindan.render.fleet import FLEET_FORMS, load
from shindan.render.vex import LEFT_OUT
from support import REPOSITORY, need_tool
from unit.render.test_openvex import wrong

everything = pytest.mark.parametrize("made", FLEETS.values(), ids=FLEETS)


@pytest.mark.parametrize("name", GOLDEN)
def test_prints_what_the_golden_file_holds(name: str) -> None:
    golden = REPOSITORY / "tests/golden/fleet" / name
    assert written(GOLDEN[name], small()).encode() == golden.read_bytes(), "run `make golden` and read the difference"


def test_the_lists_agree_with_each_other_and_with_the_disk() -> None:
    assert tuple(FLEET_FORMS) == FORMS and set(GOLDEN.values()) == set(FORMS)
    on_disk = {path.stem for path in (REPOSITORY / "src/shindan/render").glob("fleet_*.py")}
    assert {form.module for form in FLEET_FORMS.values()} == on_disk
    with pytest.raises(ValueError, match="'PAPER': choose one of JSON, CSV"):
        load("PAPER")


# ── one schema after the other ──


@everything
def test_json_is_a_result_for_each_host(made: Any) -> None:
    document = json.loads(written("JSON", made()))
    schema = json.loads((REPOSITORY / "docs/result.schema.json").read_text())
    assert document["schema"] == "shindan-fleet/1"
    assert len(document["hosts"]) == len(list(made().hosts()))
    for host in document["hosts"]:
        assert [error.message for error in Draft202012Validator(schema).iter_errors(host["result"])] == []


def test_json_has_what_no_host_tells() -> None:
    document = json.loads(written("JSON", small()))
    assert document["notes"] == ["No instances in target: nothing was assessed"]
    assert [(one["rule"], one["passed"], one["failed"]) for one in document["rules"]] == [("5.1.20", 1, 1)]
    assert document["hosts"][0]["tags"] == {"role": "web", "owner": None}
    assert document["hosts"][2]["result"]["ledger"]["gaps"][0]["reason"] == "Nothing was ever handed in."


@everything
def test_sarif_is_valid(made: Any) -> None:
    schema = json.loads((REPOSITORY / "tests/schemas/sarif-2.1.0-rtm.5.json").read_text())
    document = json.loads(written("SARIF", made()))
    assert [error.message for error in Draft4Validator(schema).iter_errors(document)] == []
    ids = [run["automationDetails"]["id"] for run in document["runs"]]
    assert len(set(ids)) == len(ids) == len(list(made().hosts()))


@everything
def test_cyclonedx_is_valid_and_every_reference_exists(made: Any) -> None:
    text = written("CYCLONEDX", made())
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    document = json.loads(text)
    Bom.from_json(json.loads(text)).validate()  # type: ignore[attr-defined]
    refs = [one["bom-ref"] for host in document["components"] for one in (host, *host["components"])]
    assert len(refs) == len(set(refs))
    assert {one["ref"] for flaw in document["vulnerabilities"] for one in flaw["affects"]} <= set(refs)


@everything
def test_openvex_is_valid_and_says_which_host(made: Any) -> None:
    document = json.loads(written("OPENVEX", made()))
    missing = ["missing statements"] if not document["statements"] else []
    assert wrong_hosts(document) == missing
    for statement in document["statements"]:
        (product,) = statement["products"]
        assert product["@id"].startswith("urn:shindan:host:i-") and product["subcomponents"]


def wrong_hosts(document: dict[str, Any]) -> list[str]:
    """As `wrong`, which looks at packages: the subcomponents stand for their host."""
    flat = [{**one, "products": one["products"][0]["subcomponents"]} for one in document["statements"]]
    return [error for error in wrong({**document, "statements": flat}) if error != "statements repeat"]


@pytest.mark.system
@everything
def test_junit_is_valid(made: Any, tmp_path: Path) -> None:
    (tmp_path / "report.xml").write_text(written("JUNIT", made()), encoding="ascii")
    schema = str(REPOSITORY / "tests/schemas/junit-10.xsd")
    tool = need_tool("xmllint", "libxml2-utils")
    argv = [tool, "--noout", "--nonet", "--schema", schema, str(tmp_path / "report.xml")]
    judged = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stderr


def test_junit_has_a_suite_for_each_host_and_one_for_the_whole() -> None:
    suites = fromstring(written("JUNIT", small()))
    assert [suite.get("name") for suite in suites] == ["the whole of weekly-12", "web-1", "web-2", "web-3"]
    assert suites[0].get("skipped") == "1" and suites[3].get("skipped") == "1"


@everything
def test_csv_has_a_row_for_each_finding_and_no_formula(made: Any) -> None:
    rows = list(csv.reader(io.StringIO(written("CSV", made()), newline="")))
    assert rows[0][:4] == ["host_id", "hostname", "platform", "id"]
    assert len(rows) - 1 == sum(len(host.result.findings) for host in made().hosts())
    assert not [cell for row in rows for cell in row if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_markdown_counts_hosts_not_rows() -> None:
    text = written("MARKDOWN", small())
    assert "3 findings on 3 hosts" in text and "; 1 ignored" in text
    assert "| CVE-2026-1001 | High | libssl3 | 3.0.16-1\\~deb12u1 | 1 |" in text
    assert "- the whole run: No instances in target" in text
    assert "- 1 host: Common Vulnerabilities and Exposures: Nothing was ever handed in." in text


def test_markdown_of_hostile_names_has_no_markup_of_theirs() -> None:
    text = written("MARKDOWN", hostile())
    assert "\x1b" not in text and "\u202e" not in text and "<b>" not in text


# ── what a form has no place for ──


@pytest.mark.parametrize(("form", "there"), [("OPENVEX", "tooling"), ("CYCLONEDX", "properties")])
def test_findings_of_rules_are_counted_where_there_is_no_place_for_them(form: str, there: str) -> None:
    rules = sum(finding.rules_package != "cve" for host in small().hosts() for finding in host.result.findings)
    document = json.loads(written(form, small()))
    said = f"{rules} findings of rules are left out: this form speaks of vulnerabilities alone"
    assert rules == 2 and said in json.dumps(document[there])
    assert LEFT_OUT.findall(written(form, small())[-400:]) == [said]
    without = fleet(one_host(1, sample()))
    assert "left out: this form" not in written(form, without)
    both = with_rules(("cis",))
    rule = next(finding for finding in both.findings if finding.rules_package == "cis")
    one = fleet(one_host(1, both._replace(findings=(rule,))))
    assert "1 finding of rules is left out" in written(form, one)


def test_markdown_has_a_score_for_each_section_of_a_run() -> None:
    lines = written("MARKDOWN", small()).splitlines()
    assert [line for line in lines if line.startswith("|  | ")] == ["|  | 5 | 1 | 1 | 0 | 0 | 0 | 50 % |"]

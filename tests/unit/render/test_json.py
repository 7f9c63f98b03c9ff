"""JSON against its schema and its page, and that it is streamed."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import LIBSSL, clean, finding, large, rendered, sample, with_rules
from shindan.model.advisory import Epss
from shindan.model.result import Finding, ScanResult
from shindan.render.look import Look
from shindan.render.to_json import SCHEMA, finding_object, write
from support import REPOSITORY

PUBLISHED: dict[str, Any] = json.loads((REPOSITORY / "docs/result.schema.json").read_text())


def strict(schema: Any) -> Any:
    """The published schema without leave for fields that it does not name."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: strict(part) for name, part in schema.items()}
    return {**closed, "additionalProperties": False} if isinstance(schema.get("properties"), dict) else closed


VALIDATOR = jsonschema.Draft202012Validator(strict(PUBLISHED), format_checker=jsonschema.FormatChecker())


def printed(result: ScanResult) -> Any:
    return json.loads(rendered("sample.json", result), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


@pytest.mark.parametrize(
    "result",
    [sample(), clean(), large(20), with_rules(), with_rules(("cis", "network"))],
    ids=["everything", "nothing found", "many", "rules", "rules alone"],
)
def test_prints_what_the_schema_says_and_no_field_more(result: ScanResult) -> None:
    VALIDATOR.validate(printed(result))


def test_full_has_the_outcome_of_every_rule() -> None:
    full = json.loads(rendered("rules.json"))
    VALIDATOR.validate(full)
    assert [one["verdict"] for one in full["outcomes"]] == [
        "fail", "pass", "manual", "not_applicable", "unknown", "fail",
    ]  # fmt: skip
    assert full["rules"][0]["sections"][0] == {
        "number": "5", "passed": 1, "failed": 1, "not_applicable": 0, "manual": 0, "not_told": 0, "score": 0.5,
    }  # fmt: skip


def test_the_schema_is_one_and_has_the_version_that_is_printed() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["properties"]["schema"]["const"] == SCHEMA == printed(sample())["schema"]


@pytest.mark.parametrize(
    ("where", "value"),
    [("severity", "Grave"), ("active", None), ("cvss", 9.8), ("aliases", "GHSA-1"), ("package", {}), ("surplus", 1)],
)
def test_the_schema_refuses_what_is_wrong(where: str, value: Any) -> None:
    wrong = printed(sample())
    wrong["findings"][1][where] = value
    assert not VALIDATOR.is_valid(wrong)


def _in_order(value: Any, schema: dict[str, Any], path: str, seen: set[str]) -> None:
    """Walks a value with its schema: keys stand in the schema's order; notes each field that has a value."""
    if "$ref" in schema:
        schema = PUBLISHED["$defs"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema and value is not None:
        return _in_order(value, schema["anyOf"][0], path, seen)
    if isinstance(value, dict):
        assert list(value) == [name for name in schema["properties"] if name in value], path
        assert set(value) >= set(schema["required"]) >= set(schema["properties"]) - {"outcomes"}, path
        for name, part in value.items():
            if part not in (None, "", [], {}):
                seen.add(f"{path}.{name}")
            _in_order(part, schema["properties"][name], f"{path}.{name}", seen)
    elif isinstance(value, list):
        for part in value:
            _in_order(part, schema["items"], f"{path}[]", seen)
    return None


def test_keys_stand_in_the_order_of_the_schema_and_the_sample_fills_every_field() -> None:
    seen: set[str] = set()
    _in_order(printed(sample()), PUBLISHED, "", seen)
    _in_order(json.loads(rendered("rules.json")), PUBLISHED, "", seen)
    fields = {f".findings[].{name}" for name in PUBLISHED["$defs"]["finding"]["properties"]}
    ledger = {f".ledger.{name}" for name in PUBLISHED["$defs"]["ledger"]["properties"]}
    assert fields | ledger <= seen


def test_every_field_of_a_finding_is_printed() -> None:
    assert {*Finding._fields} == set(finding_object(sample().findings[0]))


def test_the_page_names_every_field() -> None:
    page = (REPOSITORY / "docs/result.md").read_text()
    for schema in (PUBLISHED, *PUBLISHED["$defs"].values()):
        assert not [name for name in schema["properties"] if f"| `{name}` |" not in page]


def test_the_summary_counts_what_counts() -> None:
    summary = printed(sample())["summary"]
    assert (summary["findings"], summary["inactive"], summary["ignored"]) == (15, 1, 1)
    assert summary["by_severity"] == {
        "Critical": 3, "High": 2, "Medium": 4, "Low": 4, "Informational": 1, "Undefined": 1,
    }  # fmt: skip
    assert (summary["fixable"], summary["kev"], summary["packages_affected"]) == (6, 1, 7)
    assert (summary["packages"], summary["packages_judged"], summary["packages_not_judged"]) == (420, 409, 11)


def test_a_large_result_is_never_one_string() -> None:
    class Pieces:
        longest = 0

        def write(self, text: str) -> int:
            self.longest = max(self.longest, len(text))
            return len(text)

    pieces = Pieces()
    write(large(400), pieces, Look())
    assert pieces.longest < 10_000


@given(st.text(st.characters()) | st.sampled_from(["\ud83d", '"}]', "\u2028", "\0", "\\ud800"]))
@settings(max_examples=100)
def test_any_text_is_good_json_and_comes_back(text: str) -> None:
    odd = finding(text, LIBSSL._replace(name=text), title=text, description=text, references=(text,))
    printed_text = rendered("sample.json", sample()._replace(findings=(odd,)))
    assert printed_text.isascii()
    found = json.loads(printed_text)["findings"][0]
    expected = text.encode("utf-8", "replace").decode()
    assert [found["id"], found["title"], found["package"]["name"], *found["references"]] == [expected] * 4


def test_figures_that_json_has_no_word_for_are_null() -> None:
    odd = finding("CVE-2026-1", LIBSSL, epss=Epss(float("nan"), float("inf"), "2026-08-16"))
    found = printed(sample()._replace(findings=(odd,)))["findings"][0]
    assert found["epss"] == {"score": None, "percentile": None, "date": "2026-08-16"}

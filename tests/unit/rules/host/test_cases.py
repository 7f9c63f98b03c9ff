"""The rules' own cases: `<topic>.case.toml` beside this file, in the form that tests/host_cases.py describes."""

from __future__ import annotations

from pathlib import Path

import pytest

import host_cases
from host_cases import Case
from shindan.rules import catalog

HERE = Path(__file__).parent
RULES = catalog.read_all(Path(catalog.__file__).parent / "host")
TOPICS = sorted(path.stem for path in (Path(catalog.__file__).parent / "host").glob("*.toml"))
CASES = [case for path in sorted(HERE.glob("*.case.toml")) for case in host_cases.read(path)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_rule_judges_its_cases(case: Case) -> None:
    rule = RULES[case.rule]
    result = rule.judge(host_cases.examined(case, rule), case.written.get("params"))
    assert result.verdict == case.verdict, result


@pytest.mark.parametrize("topic", TOPICS)
def test_every_rule_has_a_case_that_passes_and_one_that_fails(topic: str) -> None:
    has = {(case.rule, case.verdict) for case in CASES}
    rules = catalog.read(Path(catalog.__file__).parent / "host" / f"{topic}.toml")
    automatic = [one.rule.id for one in rules if any("manual" not in way.check for way in one.ways.values())]
    lacking = [(id_, verdict) for id_ in automatic for verdict in ("pass", "fail") if (id_, verdict) not in has]
    assert not lacking

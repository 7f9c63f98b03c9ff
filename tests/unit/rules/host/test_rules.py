"""What holds for every host rule of ours: they load, their texts are texts, and each imported id has one rule."""

from __future__ import annotations

import fnmatch
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from shindan.collect.plan_modules import MODULES
from shindan.collect.plan_texts import TEXTS
from shindan.rules import catalog
from shindan.rules.catalog import HostRule
from shindan.rules.checks.compiled import uses

FOLDER = Path(catalog.__file__).parent / "host"
FILES = sorted(FOLDER.glob("*.toml"))
RULES = [rule for path in FILES for rule in catalog.read(path)]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_a_file_of_rules_loads(path: Path) -> None:
    assert catalog.read(path)


def test_ids_come_once() -> None:
    assert len(catalog.read_all(FOLDER)) == len(RULES)


def test_each_imported_id_has_one_rule() -> None:
    counted = Counter(source for rule in RULES for source in rule.sources)
    assert [source for source, count in counted.items() if count > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.rule.id for rule in RULES])
def test_texts_say_something(rule: HostRule) -> None:
    said = rule.rule
    assert len(said.title) <= 90
    assert not said.title.endswith(".")
    assert len(said.why) >= 40
    assert said.why.endswith(".")
    assert len(said.remedy) >= 20
    assert said.remedy != said.why


def test_no_two_rules_say_the_same() -> None:
    for texts in ([rule.rule.title for rule in RULES], [rule.rule.why for rule in RULES]):
        assert [text for text, count in Counter(texts).items() if count > 1] == []


@pytest.mark.parametrize("rule", RULES, ids=[rule.rule.id for rule in RULES])
def test_every_parameter_is_used_and_says_what_it_means(rule: HostRule) -> None:
    used = {word for way in rule.ways.values() for word in _words(way.check)}
    assert {f"${name}" for name in rule.params} <= used


def _words(check: object) -> set[str]:
    if isinstance(check, dict):
        return set().union(*map(_words, check.values())) if check else set()
    if isinstance(check, list):
        return set().union(*map(_words, check)) if check else set()
    return {check} if isinstance(check, str) else set()


FIXES = [(rule.rule.id, way.rule.fix.shell) for rule in RULES for way in rule.ways.values() if way.rule.fix.shell]


@pytest.mark.parametrize("fix", sorted({text for _, text in FIXES}))
def test_a_fix_is_a_script_that_a_shell_can_read(fix: str) -> None:
    checked = subprocess.run(["/bin/sh", "-n"], input=fix, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_rules_read_is_in_the_plan() -> None:
    """What a rule reads, the collectors read: a path that no plan has would be unknown for ever."""
    planned = set(TEXTS)
    lacking = [
        (rule.rule.id, path)
        for rule in RULES
        for way in rule.ways.values()
        for kind, arguments in uses(way.check)
        if kind.name == "config"
        for path in arguments["files"]
        if not _is_planned(path, planned)
    ]
    assert lacking == []


def _is_planned(path: str, planned: set[str]) -> bool:
    if path.startswith("etc:"):
        return f"/etc/{path[4:]}/*.conf" in planned
    beside = (one for one in planned if one.rpartition("/")[0] == path.rpartition("/")[0])
    return path in planned or any(fnmatch.fnmatchcase(path, one) for one in beside)


def test_every_module_is_looked_for() -> None:
    named = {
        arguments["name"].replace("-", "_")
        for rule in RULES
        for way in rule.ways.values()
        for kind, arguments in uses(way.check)
        if kind.name == "kernel_module"
    }
    assert named - set(MODULES) == set()

"""Templates of JSON: whatever names hold, they stay words; whatever a template says, it comes to an end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.notify.json_template import BadTemplate, check, rendered
from shindan.notify.presets import PRESETS

FINDING = {
    "rule": "CVE-2026-0001", "title": "a flaw", "rules_package": "cve", "package": "openssl", "fixed_in": "3.0.17",
    "kev": "2026-12-24", "severity": "High", "subject": "", "hosts": [{"id": "i-1", "name": "web-1"}], "hosts_number": 1,
}  # fmt: skip


def values(**finding: Any) -> dict[str, Any]:
    parameters = {"project": "SEC", "type": "Bug", "transition": "31"}
    common = {"about": "ab", "account": "1", "key": "SEC-7", "link": "https://shindan.test/"}
    return {**common, "parameters": parameters, "finding": {**FINDING, **finding}}


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(sorted(PRESETS)), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_names_stay_words(preset: str, title: str, package: str, host: str) -> None:
    hostile = values(title=title, package=package, hosts=[{"id": "i", "name": host}])
    calm = values()
    for template in (PRESETS[preset].open, PRESETS[preset].close):
        assert shape(rendered(template, hostile)) == shape(rendered(template, calm))
    if preset == "jira":
        fields = rendered(PRESETS[preset].open, hostile)["fields"]
        assert fields["summary"].startswith("High: CVE-2026-0001 ") and host in fields["description"]


def shape(value: Any) -> Any:
    """A document without what its texts and numbers say."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value)


@pytest.mark.parametrize(
    ("template", "gives"),
    [
        ('{"a": {{ finding.title }}}', {"a": 'x", "b": "'}),
        ('{"a": {{ finding.title|tojson }}}', {"a": 'x", "b": "'}),
        ('{"a": {{ "T: " ~ finding.title|short(3) }}}', {"a": "T: x\"…"}),
        ('{"a": [{% for one in finding.hosts %}{{ one.name|upper }}{% if not loop.last %},{% endif %}{% endfor %}]}', None),
        ('[{% for one in finding.hosts %}{{ one.name|upper }}{% endfor %}]', ["WEB-1"]),
        ('{{ finding.hosts|each("id")|join("/") }}', "i-1"),
        ('{{ {"n": finding.hosts|length, "k": finding.kev or "none"} }}', {"n": 1, "k": "2026-12-24"}),
    ],
    ids=["plain", "tojson", "joined and cut", "loop", "loop of one", "members", "an object"],
)  # fmt: skip
def test_what_templates_can_say(template: str, gives: Any) -> None:
    found = rendered(template, values(title='x", "b": "'))
    assert found == ({"a": ["WEB-1"]} if gives is None else gives)


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ('{"a": "{{ finding.title }}"}', "without quotes around it"),
        ("{{ range(999999999) }}", "no call"),
        ("{% set a = 'x' %}{}", "no assign"),
        ('{{ "a" * 999999999 }}', "no mul"),
        ('{{ 9 ** 999999999 }}', "no pow"),
        ('{{ "%999999999d" % 1 }}', "no mod"),
        ('{{ "{:>999999999}".format(1) }}', "no call"),
        ("{% for a in finding.hosts %}{% for b in finding.hosts %}{% endfor %}{% endfor %}", "a loop can stand in no other"),
        ('{{ "a"|join("b")|upper|lower|upper|lower }}', "at most 4 filters"),
        ("{{ finding.title|safe }}", "there is no filter 'safe'"),
        ("{{ finding.title|format(1) }}", "there is no filter 'format'"),
        ('{% include "/etc/passwd" %}', "no include"),
        ("{% macro a() %}{% endmacro %}{}", "no macro"),
        ("{{ finding.__class__.__mro__ }}", "unsafe"),
        ("{{ finding['__class__'] }}", "unsafe"),
        ("{{ finding.items }}", "is no value"),
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{{ finding.nothing }}", "no attribute 'nothing'"),
        ("{{ ", "line 1"),
        ("[" * 5000, "no JSON"),
        ("x" * 20_001, "at most 20,000 characters"),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_what_they_cannot(template: str, why: str) -> None:
    with pytest.raises(BadTemplate, match=why):
        rendered(template, values())


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="{}%|~ '\"abfinding.title()forinx[]0", max_size=60))
def test_whatever_is_written_is_json_or_refused(text: str) -> None:
    try:
        found = rendered(text, values())
    except BadTemplate:
        return
    json.dumps(found)
    check(text)

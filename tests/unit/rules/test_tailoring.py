"""Tailoring: what entries mean, what is wrong with a file, and that nothing is silently gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examined import fact, host, package
from shindan.model.outcome import Outcome
from shindan.model.tailoring import Entry, entry_of
from shindan.rules import tailoring
from shindan.rules.base import Parameters
from shindan.rules.cis.benchmarks import Library, library, read
from shindan.rules.cis.package import CisPackage
from shindan.rules.fault import RuleRefused
from shindan.rules.network.package import PACKAGE as NETWORK
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.tailored import Tailored, evaluated

RULES = """
[own-no-telnet]
title = "No telnet server is installed"
severity = "High"
why = "Telnet sends passwords in the clear."
remedy = "Remove it."
check = { package = { name = "telnetd", installed = false } }

[own-ports]
title = "ip_forward is off"
severity = "Low"
why = "It forwards."
remedy = "Set it."
params.level = { default = 0, meaning = "the value" }
check = { sysctl = { key = "net.ipv4.ip_forward", eq = "$level", layers = ["runtime"] } }

[own-loose]
title = "bash is installed"
severity = "Low"
why = "People use it."
remedy = "Install it."
check = { package = { name = "bash" } }
"""
BENCHMARK = """
id = "own"
title = "ACME baseline"
version = "3"
platforms = ["debian:12"]
[controls]
"1.1" = { rules = ["own-no-telnet"], level = 1, on = ["server"] }
"1.2" = { rules = ["own-no-telnet", "own-ports"], level = 1, on = ["server"] }
"""
WHY = {"reason": "a test", "owner": "ops"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("own")
    (folder / "benchmarks").mkdir()
    (folder / "rules.toml").write_text(RULES)
    (folder / "benchmarks" / "own.toml").write_text(BENCHMARK)
    return read([folder])


def outcomes(own: Library, *entries: Entry, tags: tuple[tuple[str, str], ...] = ()) -> dict[str, Outcome]:
    there = host(package("telnetd"), package("bash"), fact("sysctl", "net.ipv4.ip_forward", value="1"))
    wanted = tailoring.tailored(entries, tags)
    found = evaluated(CisPackage(benchmark="own", library=own), there, wanted)
    return {one.controls[0]: one for one in found}


def test_without_a_wish_everything_is_as_it_was(own: Library) -> None:
    found = outcomes(own)
    assert {name: one.verdict for name, one in found.items()} == {"own 1.1": "fail", "own 1.2": "fail"}


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        (Entry("", rule="own-no-telnet", off=True), {"own 1.1": "not_applicable", "own 1.2": "fail"}),
        (Entry("", control="1.1", benchmark="own", off=True), {"own 1.1": "not_applicable", "own 1.2": "fail"}),
        (Entry("", control="1.2", benchmark="own", off=True), {"own 1.1": "fail", "own 1.2": "not_applicable"}),
        (Entry("", rule="own-no-telnet", benchmark="own", off=True), {"own 1.1": "not_applicable", "own 1.2": "fail"}),
        (Entry("", rule="own-no-telnet", benchmark="debian-12", off=True), {"own 1.1": "fail", "own 1.2": "fail"}),
        (Entry("", rule="own-no-telnet", values={"name": "inetutils"}), {"own 1.1": "pass", "own 1.2": "fail"}),
        (Entry("", control="1.1", benchmark="own", values={"name": "x"}), {"own 1.1": "pass", "own 1.2": "fail"}),
        (Entry("", rule="own-no-telnet", off=True, tags=(("env", "test"),)), {"own 1.1": "fail", "own 1.2": "fail"}),
    ],
    ids=["a rule", "a control", "another control", "a rule in a benchmark", "a rule in another benchmark",
         "an argument of its check", "an argument for one control", "tags that the host has not"],
)  # fmt: skip
def test_an_entry_changes_what_it_is_about_alone(own: Library, entry: Entry, wanted: dict[str, str]) -> None:
    assert {name: one.verdict for name, one in outcomes(own, entry).items()} == wanted


def test_what_is_switched_off_says_so_and_why(own: Library) -> None:
    entry = Entry("", rule="own-no-telnet", off=True, reason="not reachable", owner="ops", until="2027-01-31")
    found = outcomes(own, entry)["own 1.1"]
    assert found.reason == "switched off: not reachable (ops), until 2027-01-31"
    assert found.rule.title == "No telnet server is installed"


def test_parameters_and_severities(own: Library) -> None:
    level = Entry("", rule="own-ports", values={"level": 1})
    off = Entry("", rule="own-no-telnet", off=True)
    severity = Entry("", control="1.1", benchmark="own", severity="Low")
    assert outcomes(own, level, off)["own 1.2"].verdict == "pass"
    found = outcomes(own, severity)
    assert (found["own 1.1"].rule.severity, found["own 1.2"].rule.severity) == ("Low", "High")


@pytest.mark.parametrize(
    ("wanted", "tags", "holds"),
    [
        ((), (), True),
        ((("env", "test"),), (("env", "test"), ("a", "b")), True),
        ((("env", "test"),), (("env", "prod"),), False),
        ((("env", ""),), (("env", "prod"),), True),
        ((("env", "test"), ("site", "x")), (("env", "test"),), False),
    ],
)
def test_entries_hold_on_hosts_with_all_their_tags(
    wanted: tuple[tuple[str, str], ...], tags: tuple[tuple[str, str], ...], holds: bool
) -> None:
    assert Entry("", rule="x", tags=wanted).is_for(tags) is holds


def test_expiry_is_the_end_of_a_day() -> None:
    entry = Entry("", rule="x", until="2027-01-31")
    assert not entry.expired("2027-01-31") and entry.expired("2027-02-01") and not Entry("").expired("2999-01-01")


def test_rules_of_other_packages_are_switched_off_too() -> None:
    off: Parameters = Tailored(off={"practices-ssh-root-login": "because", "network-exposure": "because"})
    for package_ in (PRACTICES, NETWORK):
        plain = list(evaluated(package_, host(), {}))
        found = list(evaluated(package_, host(), off))
        changed = [one for one in found if one.reason == "switched off: because"]
        assert len(changed) == 1 and len(found) == len(plain)


def test_users_rules_and_benchmarks_come_beside_ours(own: Library) -> None:
    there = host(package("telnetd"), package("bash"))
    found = list(CisPackage(library=own).evaluate(there, {}))
    named = {one.controls[0].partition(" ")[0] for one in found if one.controls}
    assert named == {"debian-12", "own"}
    assert [one.rule.id for one in found if not one.controls] == ["own-loose"], "a rule that no benchmark names"
    elsewhere = list(CisPackage(library=own).evaluate(host(package("bash")), {}))
    assert len(found) == len(elsewhere)


FAULTS = [
    ('rule = "ssh-root-logn"\noff = true', "there is no rule ssh-root-logn"),
    ("off = true", "about a rule or about a control"),
    ('rule = "ssh-root-login"', "it wants nothing"),
    ('rule = "ssh-root-login"\noff = true\nset = { allowed = ["no"] }', "switched off has no other values"),
    ('rule = "ssh-root-login"\nset = { alowed = ["no"] }', "has no alowed: it has allowed"),
    ('rule = "ssh-root-login"\nset = { allowed = "no" }', "wants a list"),
    ('rule = "ssh-root-login"\noff = "yes"', "off wants a bool"),
    ('rule = "ssh-root-login"\noff = true\nuntil = "soon"', "until is a day"),
    ('rule = "ssh-root-login"\noff = true\nuntil = 3', "until wants a date"),
    ('rule = "ssh-root-login"\nof = true', "there is no 'of'"),
    ('rule = "ssh-root-login"\noff = true\ntags = { env = 1 }', "tags are texts"),
    ('control = "5.1.20"\noff = true', "name it, such as benchmark"),
    ('control = "99.1"\nbenchmark = "debian-12"\noff = true', "has no control 99.1"),
    ('control = "5.1.20"\nbenchmark = "debian-12"\nset = { nothing = 1 }', "has no nothing"),
    ('control = "5.1.20"\nbenchmark = "debian-1"\noff = true', "there is no benchmark debian-1"),
    ('control = "5.1.20"\nbenchmark = "debian-12"\nseverity = "Awful"', "severity is one of"),
    ('rule = "practices-aslr"\nset = { level = 1 }', "level"),
    ('rule = "network-exposure"\nset = { level = 1 }', "nothing to be set"),
]


@pytest.mark.parametrize(("text", "said"), FAULTS, ids=[said for _, said in FAULTS])
def test_a_malformed_entry_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "tailoring.toml"
    good = '[[tailor]]\nrule = "ssh-root-login"\noff = true\nreason = "a"\nowner = "b"\n'
    path.write_text(f'{good}\n[[tailor]]\n{text}\nreason = "a"\nowner = "b"\n')
    with pytest.raises(RuleRefused) as raised:
        tailoring.read(path, library())
    assert any(one.line == 7 and said in one.reason for one in raised.value.faults), raised.value.faults


@pytest.mark.parametrize(
    "text", ["[[tailor]\n", "tailor = 1", "[other]\n", "[[tailor]]\nrule = 'ssh-root-login'\noff = true\n"]
)
def test_what_is_no_tailoring_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(RuleRefused):
        tailoring.read(tmp_path / "t.toml", library())


WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), min_size=1, max_size=20)
ENTRIES = st.builds(
    lambda reason, owner, until, tags: Entry(
        "", rule="ssh-root-login", values={"allowed": ["no", reason]}, tags=tuple(tags.items()), reason=reason,
        owner=owner, until=until,
    ),
    WORDS.filter(str.strip), WORDS.filter(str.strip), st.sampled_from(["", "2027-01-31"]),
    st.dictionaries(WORDS, WORDS, max_size=2),
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(ENTRIES, max_size=3))
def test_what_is_exported_is_what_is_read(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    path = tmp_path_factory.mktemp("t") / "tailoring.toml"
    path.write_text(tailoring.as_toml(entries), "utf-8")
    found, faults = tailoring.faults_of(path, library())
    assert not faults and [one._replace(id="") for one in found] == entries
    assert [entry_of(one.as_json()) for one in entries] == entries

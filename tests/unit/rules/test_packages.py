"""The packages that are evaluated from facts: their lists, what they want, and what may be configured."""

from __future__ import annotations

import pkgutil
import re
from importlib import import_module

import pytest

import shindan.rules.practices
import shindan.rules.runtime
from examined import host
from shindan.engine.wants import WANTS
from shindan.facts.fact import KINDS
from shindan.facts.sampled import SAMPLED
from shindan.rules.coded import CodedPackage, CodedRule
from shindan.rules.packages import HOST_PACKAGES
from shindan.rules.practices.package import PACKAGE as PRACTICES
from shindan.rules.runtime.package import PACKAGE as RUNTIME
from shindan.rules.runtime.protocols import known
from support import REPOSITORY

CODED = {"practices": (PRACTICES, shindan.rules.practices), "runtime": (RUNTIME, shindan.rules.runtime)}
TITLES = {
    "practices": (
        "Disable root login over SSH", "Support SSH version 2 only", "Disable password authentication over SSH",
        "Configure password maximum age", "Configure password minimum length", "Configure password complexity",
        "Enable ASLR", "Enable DEP", "Configure permissions for system directories",
    ),
    "runtime": (
        "Insecure Client Protocols (Login)", "Insecure Client Protocols (General)", "Unused Listening TCP Ports",
        "Insecure Server Protocols", "Software Without DEP", "Software Without Stack Cookies",
        "Root Process with Insecure Permissions",
    ),
}  # fmt: skip
SEVERITIES = {
    "practices": (*["Medium"] * 8, "High"),
    "runtime": ("Medium", "Low", "Informational", "Informational", "Medium", "Medium", "High"),
}


@pytest.mark.parametrize("name", CODED)
def test_titles_and_severities_are_those_of_the_original(name: str) -> None:
    rules = CODED[name][0].rules
    assert tuple(one.rule.title for one in rules) == TITLES[name]
    assert tuple(one.rule.severity for one in rules) == SEVERITIES[name]


@pytest.mark.parametrize("name", CODED)
def test_every_rule_on_disk_is_in_its_packages_list(name: str) -> None:
    package, folder = CODED[name]
    modules = [import_module(f"{folder.__name__}.{one.name}") for one in pkgutil.iter_modules(folder.__path__)]
    written = {id(one) for module in modules for one in vars(module).values() if isinstance(one, CodedRule)}
    assert written == {id(one) for one in package.rules}


def test_packages_are_in_the_list_and_in_what_runs_order() -> None:
    assert all(one.name == name for name, one in HOST_PACKAGES.items())
    for package in (PRACTICES, RUNTIME):
        assert HOST_PACKAGES[package.name] is package and WANTS[package.name] == package.wants
        assert {*package.wants.kinds, *package.wants.sampled} <= {*KINDS}
        assert set(package.wants.sampled) <= SAMPLED


def test_a_window_takes_as_long_as_the_run() -> None:
    assert RUNTIME.wants.seconds is None and set(RUNTIME.wants.sampled) == SAMPLED
    assert PRACTICES.wants.sampled == () and "sshd" in PRACTICES.wants.kinds


@pytest.mark.parametrize("name", CODED)
def test_rules_have_texts_of_their_own(name: str) -> None:
    for one in CODED[name][0].rules:
        rule = one.rule
        assert rule.id.startswith(f"{name}-") and rule.id == one.check.name
        assert rule.flaw.startswith("Instance {agent} ") and rule.why.endswith(".") and rule.remedy.endswith(".")
        assert "{" not in rule.why + rule.remedy, "braces are for what differs from host to host"
        assert all(parameter.meaning and not parameter.required for parameter in one.check.parameters.values())


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"practices-nothing": {}}, "there is no rule 'practices-nothing'"),
        ({"practices-aslr": {"level": 1}}, "knows no 'level'"),
        ({"practices-password-maximum-age": {"days": "90"}}, "days wants a integer"),
        ({"practices-ssh-root-login": {"allowed": "no"}}, "allowed wants a list of texts"),
    ],
    ids=["rule", "parameter", "type", "list"],
)
def test_wrong_parameters_are_named(given: dict[str, dict[str, object]], wrong: str) -> None:
    assert wrong in " ".join(PRACTICES.complaints(given))
    assert list(PRACTICES.complaints({"practices-password-maximum-age": {"days": 90}})) == []


@pytest.mark.parametrize("package", [PRACTICES, RUNTIME], ids=lambda one: one.name)
def test_a_host_of_which_nothing_is_known_passes_nothing(package: CodedPackage) -> None:
    assert {one.verdict for one in package.evaluate(host(), {})} == {"unknown"}


def test_ports_and_programs_are_each_one_protocols() -> None:
    """Otherwise the order of the file would decide."""
    protocols = known().protocols
    for name in ("client", "server", "programs", "packages", "units"):
        listed = [value for one in protocols for value in getattr(one, name)]
        assert len(listed) == len(set(listed)), name
    ports = [port for one in protocols for port in one.client | one.server]
    assert all(port.partition(" ")[0] in ("tcp", "udp") and 0 < int(port.split()[1]) < 65536 for port in ports)


@pytest.mark.parametrize("package", [PRACTICES, RUNTIME], ids=lambda one: one.name)
def test_the_documentation_has_each_rule_with_its_parameters_and_defaults(package: CodedPackage) -> None:
    page = (REPOSITORY / "docs/best-practices-and-runtime.md").read_text()
    rows = {
        match[2]: match.groups()
        for match in re.finditer(r"^\| (.*) \(`(.*?)`\) \| (\w+) \| .* \| (.*) \|$", page, re.M)
    }
    for one in package.rules:
        title, _, severity, parameters = rows[one.rule.id]
        assert (title, severity) == (one.rule.title, one.rule.severity)
        assert re.findall(r"`(\w+)`:", parameters) == list(one.check.parameters)
        for name, parameter in one.check.parameters.items():
            default = parameter.default[0] if isinstance(parameter.default, list) else parameter.default
            wanted = {None: "none", True: "true", False: "false"}.get(default, str(default))
            assert re.search(rf"`{name}`: `?{re.escape(wanted)}`?", parameters), f"{one.rule.id}: {name}"

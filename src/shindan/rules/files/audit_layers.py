"""The audit rules of a host in two layers: what is configured for the next boot, and what the kernel has loaded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shindan.facts.fact import Fact
from shindan.rules.checks.result import CannotTell
from shindan.rules.examined import Examined
from shindan.rules.files.audit_rules import AuditRule, Control, parsed

_RULES_D = "/etc/audit/rules.d/"


class Layer(NamedTuple):
    """Rules in the order in which the kernel asks them, with their texts; `enabled` the last `-e`, "" for none.

    `why` says why there are none, where that is known.
    """

    name: str
    rules: Sequence[AuditRule]
    texts: Sequence[str]
    enabled: str
    why: str = ""


def layer_of(host: Examined, name: str) -> Layer | None:
    """The layer `configured` or `loaded`; None for what is loaded where the host does not run (a mounted disk).

    Raises CannotTell where nobody looked, or could not.
    """
    return host.view(("audit rules", name), _loaded if name == "loaded" else _configured)


def _loaded(host: Examined) -> Layer | None:
    status = host.one("audit_rule", "status")
    if status is None:
        raise CannotTell("unknown", "nobody asked the kernel for its audit rules")
    if status.data.get("live") is False:
        return None
    rules = [fact for fact in host.all("audit_rule") if fact.data.get("layer") == "loaded"]
    layer = _layer("loaded", rules)
    why = "" if status.data.get("installed", True) else "the audit system is not installed"
    return layer._replace(enabled=str(status.data.get("enabled", "")), why=why)


def _configured(host: Examined) -> Layer:
    facts = [fact for fact in host.all("audit_rule") if fact.data.get("layer") == "configured"]
    if not facts and host.gap("audit_rule"):
        raise CannotTell("error", host.gap("audit_rule"))
    from_folder = [fact for fact in facts if str(fact.data.get("file", "")).startswith(_RULES_D)]
    # augenrules(8) writes audit.rules anew from rules.d before it is loaded, with the last `-e` as its last line.
    return _layer("configured", from_folder) if from_folder else _in_order(facts)


def _layer(name: str, facts: Iterable[Fact]) -> Layer:
    rules, texts, enabled = [], [], ""
    for fact in facts:
        one = parsed(str(fact.data.get("rule", "")))
        if isinstance(one, AuditRule):
            rules.append(one)
            texts.append(str(fact.data["rule"]))
        elif isinstance(one, Control) and one.option == "e":
            enabled = one.value
    return Layer(name, rules, texts, enabled)


def _in_order(facts: Sequence[Fact]) -> Layer:
    """A file that auditctl reads line by line: `-D` throws away what was before, after `-e 2` nothing is taken."""
    taken: list[Fact] = []
    for fact in facts:
        one = parsed(str(fact.data.get("rule", "")))
        if isinstance(one, Control) and one.option == "D":
            taken = []
            continue
        taken.append(fact)
        if one == Control("e", "2"):
            break
    return _layer("configured", taken)

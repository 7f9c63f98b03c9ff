"""One state of a root, looked at by `oscap` and by our collectors, and judged rule by rule."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shindan.facts.fact import Fact
from shindan.facts.wire import read
from shindan.model.inventory import Inventory
from shindan.model.outcome import Verdict
from shindan.rules.catalog import HostRule
from shindan.rules.checks.result import Result
from shindan.rules.cis.benchmarks import library
from shindan.rules.examined import Examined
from system.confined import Confined
from system.oscap_carried import OSCAP, RULE
from system.oscap_differences import EITHER
from system.oscap_variants import LIVE

COLLECT = (
    'import sys; sys.dont_write_bytecode = True; sys.path.insert(0, "/opt/shindan"); '
    "from shindan.collect.command import main; sys.exit(main(sys.argv[1:]))"
)
_FINDING = {"pass": False, "fixed": False, "fail": True}


@dataclass(frozen=True)
class Compared:
    """A rule of ours and what the content says by the ids that the rule stands for, in one variant.

    `theirs` is fail where one of them fails, or all of them where they are alternatives. `ours` in words of verdicts.
    """

    variant: str
    rule: str
    parts: Mapping[str, str]
    theirs: Verdict
    ours: Verdict
    result: Result = field(repr=False)

    @property
    def agree(self) -> bool:
        """Whether both have a finding, or neither; `not applicable` is none."""
        return (self.theirs == "fail") == (self.ours == "fail")

    @property
    def decided(self) -> bool:
        """Whether we could tell."""
        return self.ours in ("pass", "fail", "not_applicable")

    def __str__(self) -> str:
        shown = "; ".join(f"{one.subject}: {one.observed} (wanted {one.wanted})" for one in self.result.evidence[:3])
        parts = ", ".join(f"{id_} {word}" for id_, word in self.parts.items())
        return f"{self.variant}: {self.rule}: ours {self.ours} ({shown or self.result.reason}), theirs {parts}"


def look(root: Confined, content: str, profile: str) -> tuple[dict[str, str], list[Fact]]:
    """(result by id of the content's rules, facts) of the state that the root is in, seen in one set of namespaces."""
    oscap = [*OSCAP, "xccdf", "eval", "--profile", profile, "--results", "/opt/out/results.xml", content]
    collect = ["python3", "-I", "-S", "-c", COLLECT, "--kinds", "all", "--out", "/opt/out/facts.ndjson"]
    shell = (
        f'{LIVE}\n"$@" > /opt/out/oscap.log 2>&1; code=$?\n[ $code = 0 ] || [ $code = 2 ] || exit 9\n{_quoted(collect)}'
    )
    root.run("/bin/sh", "-c", shell, "look", *oscap)
    with (root.out / "facts.ndjson").open("rb") as stream:
        facts = [one for _, one in read(stream) if isinstance(one, Fact)]
    return results(root.out / "results.xml"), facts


def results(path: Path) -> dict[str, str]:
    """Short id → word of every rule that was selected."""
    found = {}
    for _, element in ET.iterparse(path):
        if element.tag.endswith("}rule-result"):
            words = [child.text or "" for child in element if child.tag.endswith("}result")]
            if words != ["notselected"]:
                found[element.get("idref", "").removeprefix(RULE)] = words[0]
            element.clear()
    return found


def compared(
    variant: str,
    theirs: Mapping[str, str],
    facts: list[Fact],
    benchmark: str = "",
    values: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Compared]:
    """Every rule of ours that stands for one of the content's that was decided; values as a benchmark wants them, and
    above these as the content does.
    """
    host = Examined(Inventory(as_loaded(facts)))
    known = library()
    wanted: dict[str, Mapping[str, Any]] = {}
    for control in known.benchmarks[benchmark].controls if benchmark else ():
        wanted.update(control.params)
    found = []
    for id_, rule in known.rules.items():
        parts = {one: theirs[one] for one in rule.sources if theirs.get(one) in _FINDING} if _is_host(rule) else {}
        if parts:
            failed = (all if id_ in EITHER else any)(_FINDING[word] for word in parts.values())
            said = rule.judge(host, {**wanted.get(id_, {}), **(values or {}).get(id_, {})})
            found.append(Compared(variant, id_, parts, "fail" if failed else "pass", said.verdict, said))
    return found


def as_loaded(facts: list[Fact]) -> list[Fact]:
    """With the audit rules that are configured loaded, too: the kernel has one set for all namespaces, and no leave
    to ask for it in there. What is not configured stays unloaded.
    """
    configured = [one for one in facts if one.kind == "audit_rule" and one.data.get("layer") == "configured"]
    rules = [one for one in configured if str(one.data.get("file", "")).startswith("/etc/audit/rules.d/")]
    loaded = [
        Fact("audit_rule", f"loaded {number}", {"rule": one.data["rule"], "layer": "loaded"})
        for number, one in enumerate(one for one in rules or configured if str(one.data["rule"])[:2] in ("-a", "-w"))
    ]
    enabled = [str(one.data["rule"])[3:].strip() for one in configured if str(one.data["rule"]).startswith("-e ")]
    status = Fact("audit_rule", "status", {"enabled": enabled[-1] if enabled else "1", "installed": True})
    rest = [one for one in facts if not (one.kind == "gap" and one.data.get("kinds") == ["audit_rule"])]
    return [*rest, status, *loaded]


def _is_host(rule: object) -> bool:
    return isinstance(rule, HostRule)


def _quoted(words: list[str]) -> str:
    return " ".join("'" + word.replace("'", "'\\''") + "'" for word in words)

"""Check kind `package`: whether packages of the distribution are installed, and in which version."""

from __future__ import annotations

from collections.abc import Sequence

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import Result, judged
from shindan.rules.examined import Examined
from shindan.versions import compare

_HOLDS = {"lt": (-1,), "le": (-1, 0), "eq": (0,), "ge": (0, 1), "gt": (1,), "ne": (-1, 1)}


def _run(host: Examined, p: Arguments) -> Result:
    """Each of `all_of`, or at least one of `any_of`; `installed = false` wants none of those named."""
    names: Sequence[str] = p["any_of"] or p["all_of"] or [p["name"]]
    wanted = "installed" if p["installed"] else "not installed"
    if p["version"]:
        wanted += ", version " + " and ".join(f"{word} {value}" for word, value in p["version"].items())
    looked = [
        (_is_so(found, p), Evidence(name, _shown(found), wanted))
        for name in names
        for found in [host.named("package", name)]
    ]
    if p["any_of"] and p["installed"]:
        if any(good for good, _ in looked):
            return Result("pass", tuple(one for good, one in looked if good))
        return Result("fail", tuple(one for _, one in looked))
    return judged(looked, empty=Result("pass"))


def _is_so(found: Sequence[Fact], p: Arguments) -> bool:
    if not p["installed"]:
        return not found
    return any(_has_version(fact, p["version"] or {}) for fact in found)


def _has_version(fact: Fact, wanted: dict[str, str]) -> bool:
    order = ((word, compare(fact.data["type"], fact.data["version"], version)) for word, version in wanted.items())
    return all(said in _HOLDS[word] for word, said in order)


def _shown(found: Sequence[Fact]) -> str:
    return ", ".join(str(fact.data["version"]) for fact in found) or "not installed"


KIND = Kind(
    "package",
    "whether packages of the distribution are installed",
    {
        "name": Parameter("string", "the package"),
        "any_of": Parameter("strings", "packages of which one is enough"),
        "all_of": Parameter("strings", "packages that are all wanted"),
        "installed": Parameter("boolean", "whether they are to be there", default=True),
        "version": Parameter("table", 'by the package manager\'s order: `{ ge = "1:9.2" }`'),
    },
    _run,
    ("package",),
    one_of=(("name", "any_of", "all_of"),),
)

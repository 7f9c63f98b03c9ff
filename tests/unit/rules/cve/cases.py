"""What the tables of verdicts share: a host's package, what feeds say of it, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes import FakeAdvisories, generation
from shindan.facts.fact import Fact
from shindan.model.advisory import Advisory, Affected, AffectedRow, Condition, Knows, State
from shindan.rules.cve.context import Context
from shindan.rules.cve.match import Judgement, Matcher
from shindan.rules.cve.subject import Subject, subject_of

Guard = Condition
KNOWS: Mapping[str, Knows] = {"archive": "fixed", "updateinfo": "fixed", "alpine": "fixed"}


def deb(name: str, version: str, **data: Any) -> Subject:
    """The subject of a dpkg package fact."""
    return subject_of(Fact("package", name, {"type": "deb", "version": version, "arch": "amd64", **data}))


def rpm(name: str, version: str, **data: Any) -> Subject:
    """The subject of an rpm package fact."""
    return subject_of(Fact("package", name, {"type": "rpm", "version": version, "arch": "x86_64", **data}))


def apk(name: str, version: str, **data: Any) -> Subject:
    """The subject of an apk package fact."""
    return subject_of(Fact("package", name, {"type": "apk", "version": version, "arch": "x86_64", **data}))


def language(type_: str, name: str, version: str, **data: Any) -> Subject:
    """The subject of a language package fact."""
    return subject_of(Fact("language_package", name, {"type": type_, "version": version, **data}))


def row(platform: str, package: str, fixed: str = "", *, state: State | None = None, **more: Any) -> Affected:
    """An affected row in the platform's own scheme; with a fix in state `fixed`; rpm's name binaries, apk's sources."""
    id_ = platform.partition(":")[0]
    scheme = more.pop("scheme", "") or _SCHEMES.get(id_, "rpm")
    names = more.pop("names", "binary" if scheme == "rpm" else "source")
    return Affected(
        platform, package, scheme, fixed=fixed, state=state or ("fixed" if fixed else "affected"), names=names, **more
    )


_SCHEMES = {
    "debian": "deb", "ubuntu": "deb", "alpine": "apk", "wolfi": "apk", "pypi": "pypi", "npm": "npm", "gem": "gem",
    "golang": "golang", "maven": "maven", "cargo": "cargo", "composer": "composer",
}  # fmt: skip


def record(id_: str, *rows: Affected, cves: Sequence[str] = ()) -> Advisory:
    """An advisory under its own id; `cves` where it is an erratum about several."""
    return Advisory(id_, "", affected=rows, cves=tuple(cves))


@dataclass
class Case:
    """`says` is feed name → its advisories; `expected` is affected id → the fix that is named (None: there is none).

    `apart` are ids that could not be compared.
    """

    name: str
    platform: str
    subject: Subject
    says: Mapping[str, Sequence[Advisory]] = field(default_factory=dict)
    expected: Mapping[str, str | None] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    context: Context = field(default_factory=Context)

    def advisories(self) -> FakeAdvisories:
        """The feeds, loaded."""
        return FakeAdvisories({generation(f, knows=KNOWS.get(f, "states")): says for f, says in self.says.items()})

    def rows(self, package: str) -> Sequence[AffectedRow]:
        """The rows of a package."""
        return self.advisories().rows(self.platform, [package]).get(package, ())

    def judgement(self) -> Judgement:
        """What the matcher says."""
        return Matcher(self.advisories()).judge(self.subject, self.platform, self.context)

    def check(self) -> None:
        """Asserts that the matcher says what is expected."""
        judgement = self.judgement()
        assert {d.lead: d.fix.fixed if d.fix else None for d in judgement.affected} == self.expected
        assert {d.lead for d in judgement.not_comparable} == self.apart
        for decision in (*judgement.affected, *judgement.not_comparable):
            assert decision.comparison

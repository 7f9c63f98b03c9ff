"""What iptables-save(8) and ip6tables-save(8) print, of either backend, as chains of rules."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from shindan.rules.network.conditions import Condition, all_of
from shindan.rules.network.iptables_options import Reader, negated, reverse_path, syn
from shindan.rules.network.questions import of_family
from shindan.rules.network.ruleset import Action, Base, Rule, Ruleset, Translation
from shindan.rules.network.spans import address

_PRIORITIES = {"raw": -300, "mangle": -150, "nat": -100, "filter": 0, "security": 50}
_HOOKS = {"PREROUTING": "prerouting", "INPUT": "input", "FORWARD": "forward"}
_VERDICTS: Mapping[str, Action] = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
_DOES_NOTHING = frozenset(
    ("LOG", "NFLOG", "ULOG", "MARK", "CONNMARK", "CT", "NOTRACK", "TCPMSS", "SET", "TTL", "HL", "DSCP", "TOS",
     "CLASSIFY", "CONNSECMARK", "SECMARK", "CHECKSUM", "TRACE", "AUDIT", "SNAT", "MASQUERADE", "HMARK", "IDLETIMER",
     "LED", "RATEEST", "TCPOPTSTRIP", "ECN", "SYNPROXY", "TEE")
)  # fmt: skip
_FREE_TEXT = ("--comment", "--log-prefix", "--nflog-prefix", "--string", "--hex-string")


class Option(NamedTuple):
    """An option of a rule with its words, and whether a `!` stands before it."""

    name: str
    words: tuple[str, ...]
    negated: bool


def options(line: str) -> tuple[str, list[Option]]:
    """The chain and the options of a line `-A CHAIN …`. Raises ValueError for what is none."""
    words = shlex.split(line)
    if words and words[0].startswith("["):
        words = words[1:]  # counters
    if len(words) < 2 or words[0] != "-A":
        raise ValueError(line[:80])
    found: list[Option] = []
    at, turned = 2, False
    while at < len(words):
        word, at = words[at], at + 1
        if word == "!":
            turned = True
            continue
        least = 1 if word in _FREE_TEXT else 0
        end = at
        while end < len(words) and (end - at < least or not _starts(words[end])):
            end += 1
        found.append(Option(word, tuple(words[at:end]), turned))
        at, turned = end, False
    return words[1], found


def tables_of(lines: Iterable[str]) -> dict[str, list[str]]:
    """Table → its lines."""
    found: dict[str, list[str]] = {}
    table = ""
    for line in lines:
        text = line.strip()
        if text.startswith("*"):
            table = text[1:]
            found.setdefault(table, [])
        elif text == "COMMIT":
            table = ""
        elif table and text and not text.startswith("#"):
            found[table].append(text)
    return found


def ruleset_of(tool: str, family: int, lines: Sequence[str]) -> Ruleset:
    """The chains of all tables; `tool` names them. What cannot be read is unknown, never left out."""
    chains: dict[str, list[Rule]] = {}
    bases: list[Base] = []
    doubts: list[str] = []
    tracked = not any(re.search(r"-j NOTRACK\b|--notrack\b", line) for line in lines)
    for table, own in tables_of(lines).items():
        if table not in _PRIORITIES:
            doubts.append(f"{tool} has a table {table[:40]!r}")
            continue
        reader = _Table(tool, table, family, own, tracked)
        bases += reader.bases()
        chains.update({f"{tool} {table} {name}": [] for name in reader.declared})
        for key, rule in reader.rules():
            chains.setdefault(key, []).append(rule)
    return Ruleset(chains, bases, doubts)


def _starts(word: str) -> bool:
    return word == "!" or (word.startswith("-") and len(word) > 1 and not word[1].isdigit())


class _Table:
    """One table of one tool."""

    def __init__(self, tool: str, table: str, family: int, lines: Sequence[str], tracked: bool) -> None:
        self._tool, self._table, self._family, self._lines = tool, table, family, lines
        self._reader = Reader(family, tracked)
        declared = [line[1:].split() for line in lines if line.startswith(":")]
        self.declared = {one[0]: one[1] if len(one) > 1 else "-" for one in declared if one}

    def bases(self) -> Iterator[Base]:
        """The chains that the kernel calls; of the table nat only the one that translates destinations."""
        for name, policy in self.declared.items():
            if name in _HOOKS and policy != "-" and (self._table != "nat" or name == "PREROUTING"):
                word: Literal["accept", "drop"] = "drop" if policy == "DROP" else "accept"
                priority, translates = _PRIORITIES[self._table], self._table == "nat"
                yield Base(self._key(name), _HOOKS[name], priority, word, (self._family,), translates)

    def rules(self) -> Iterator[tuple[str, Rule]]:
        """(chain's key, rule) of every line that decides something."""
        for line in self._lines:
            if line.startswith(":"):
                continue
            try:
                chain, found = options(line)
            except ValueError:
                # A rule nobody can read may be in any chain: what it says of itself is all there is.
                match = re.match(r"(?:\[\S+\] )?-A (\S+)", line)
                reason = "a line of the saver cannot be read"
                yield self._key(match[1] if match else ""), self._rule((), "unknown", line, reason=reason)
                continue
            rule = self._compiled(line, found)
            if rule is not None:
                yield self._key(chain), rule

    def _compiled(self, line: str, found: Sequence[Option]) -> Rule | None:
        target = next((one for one in found if one.name in ("-j", "-g")), None)
        name = target.words[0] if target and target.words else ""
        if target is None or name in _DOES_NOTHING:
            return None
        at = found.index(target)
        conditions = tuple(self._conditions(found[:at], name in ("DROP", "REJECT")))
        if name in _VERDICTS:
            return self._rule(conditions, _VERDICTS[name], line)
        if name in self.declared:
            return self._rule(conditions, "goto" if target.name == "-g" else "jump", line, self._key(name))
        translation = _translation(name, found[at + 1 :])
        if translation is not None:
            return self._rule(conditions, "translate", line, translation=translation)
        return self._rule(conditions, "unknown", line, reason=f"a rule of iptables hands packets to {name[:40]}")

    def _conditions(self, found: Sequence[Option], refuses: bool) -> Iterator[Condition]:
        modules = frozenset(word for one in found if one.name == "-m" for word in one.words[:1])
        yield of_family(self._family)
        if "rpfilter" in modules:
            yield reverse_path(any(one.name == "--invert" for one in found))
        for one in found:
            if one.name == "--invert" and "rpfilter" in modules:
                continue
            condition = syn() if one.name == "--syn" else self._reader.condition(*one[:2], modules, refuses)
            yield negated(condition, self._family) if one.negated else condition
        # Modules that ask without an option; of the others the options say it.
        for module in sorted(modules & {"socket", "unclean", "ah", "esp"}):
            yield self._reader.condition(f"-m {module}", (), modules, refuses)

    def _rule(
        self, conditions: tuple[Condition, ...], action: Action, line: str, target: str = "",
        translation: Translation | None = None, reason: str = "",
    ) -> Rule:  # fmt: skip
        return Rule(all_of(conditions), action, f"{self._tool} {self._table}: {line}", target, translation, reason)

    def _key(self, chain: str) -> str:
        return f"{self._tool} {self._table} {chain}"


def _translation(name: str, rest: Sequence[Option]) -> Translation | None:
    """What DNAT and REDIRECT do; None for what does not lead to one address and port."""
    given = {one.name: one.words[0] for one in rest if one.words}
    if name == "REDIRECT":
        ports = given.get("--to-ports", "")
        return Translation(None, int(ports) if ports else None, here=True) if re.fullmatch(r"\d{0,5}", ports) else None
    match = re.fullmatch(r"(?:\[([0-9a-fA-F:.]+)\]|([0-9a-fA-F.]+|[0-9a-fA-F:]+))?(?::(\d{1,5}))?",
                         given.get("--to-destination", "-"))  # fmt: skip
    if name != "DNAT" or match is None:
        return None
    where = match[1] or match[2]
    try:
        return Translation(address(where) if where else None, int(match[3]) if match[3] else None)
    except ValueError:
        return None

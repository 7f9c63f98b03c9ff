"""Rules of the audit system: as configured, and as the kernel has them. Python 3.6 grammar.

Source: audit.rules(7), augenrules(8), auditctl(8). Files of rules.d come in the order in which augenrules puts them
together, which is that of `ls -v`.
"""

import re
from typing import Any, Dict, Iterator, List, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_FOLDER = "/etc/audit/rules.d"
_FILE = "/etc/audit/audit.rules"
_MOST = 5000
_STATUS = ("enabled", "failure", "backlog_limit", "lost")
_NUMBERS = ("backlog_limit", "lost")


class AuditRules(Collector):
    """One fact for each line, configured or loaded, and one for the state."""

    name = "audit rules"
    kinds = ("audit_rule",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        for fact in self._configured(root):
            yield fact
        if not root.live:
            yield Fact("audit_rule", "status", {"live": False})
            return
        if not root.has_auditctl():
            yield Fact("audit_rule", "status", {"live": True, "installed": False, "enabled": "0"})
            return
        yield Fact("audit_rule", "status", dict(status(root.audit_status()), live=True, installed=True))
        for number, rule in enumerate(loaded(root.audit_rules()), 1):
            yield Fact("audit_rule", "loaded {}".format(number), {"rule": rule, "layer": "loaded"})

    def _configured(self, root: Root) -> Iterator[Fact]:
        names = [name for name in root.names(_FOLDER) if name.endswith(".rules") and not name.startswith(".")]
        paths = ["{}/{}".format(_FOLDER, name) for name in sorted(names, key=version_key)]
        left = _MOST
        for path in paths + [_FILE]:
            try:
                for number, line in enumerate(root.text(path), 1):
                    text = line.strip()
                    if not text or text.startswith("#"):
                        continue
                    left -= 1
                    if left < 0:
                        raise Unavailable("there are more than {} lines of audit rules".format(_MOST))
                    data = {"rule": text, "layer": "configured", "file": path, "line": number}
                    yield Fact("audit_rule", "configured {}:{}".format(path, number), data)
            except FileNotFoundError:
                continue


def version_key(name: str) -> List[Tuple[int, int, str]]:
    """Sorts as `ls -v` does: numbers in a name by their value, and then byte by byte."""
    parts = re.findall(r"\d+|\D+", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts]


def status(lines: List[str]) -> Dict[str, Any]:
    """What `auditctl -s` prints: `enabled 1`, or in old releases `AUDIT_STATUS: enabled=1 …`."""
    words = " ".join(lines).replace("AUDIT_STATUS:", " ").replace("=", " ").split()
    found: Dict[str, Any] = {}
    for number, key in enumerate(words[:-1]):
        value = words[number + 1]
        if key in _STATUS and key not in found:
            found[key] = int(value) if key in _NUMBERS and value.isdigit() else value
    return found


def loaded(lines: List[str]) -> Iterator[str]:
    """The rules among what `auditctl -l` prints: `No rules` is none."""
    return (line.strip() for line in lines if line.strip().startswith("-"))

"""Units of systemd: whether they are enabled, whether they run, what starts what. Python 3.6 grammar.

Files and links tell whether a unit is enabled, on a disk as on a live host; only a running systemd tells what is
active.
"""

from typing import Any, Dict, Iterator, List, Optional, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root, first_of
from shindan.collect.tools import Tools
from shindan.collect.unavailable import Unavailable
from shindan.collect.unit_files import UnitFiles, template
from shindan.collect.unit_states import State, state
from shindan.facts.fact import Fact

RUNS = "/run/systemd/system"
"""There where systemd is process 1 (sd_booted(3))."""

_PROGRAMS = ("/usr/lib/systemd/systemd", "/lib/systemd/systemd")
_TRIGGERS = (".socket", ".timer", ".path")


class Units(Collector):
    """A fact a unit; one about `init` first where systemd does not run the host."""

    name = "units"
    kinds = ("unit",)

    def __init__(self, tools: Optional[Tools] = None) -> None:
        self._tools = tools or Tools()

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        runs = root.live and root.exists(RUNS)
        if not (runs or (not root.live and first_of(root, _PROGRAMS) is not None)):
            yield Fact("unit", "init", {"init": "other"})
        active: Dict[str, str] = {}
        if runs:
            try:
                active = dict(_active(self._tools))
            except Unavailable as error:
                runs = False
                yield self.gap("nobody can say what is active: {}".format(error))
        files = UnitFiles(root)
        states, wrong = _states(files, root)
        for reason in wrong[:5]:
            yield self.gap(reason)
        starts = dict(_starts(files, states))
        started: Dict[str, List[str]] = {}
        for trigger, name in starts.items():
            started.setdefault(name, []).append(trigger)
        for name, said in states.items():
            data: Dict[str, Any] = {"enabled": said.enabled}
            data["active"] = active.get(name, "inactive") if runs else "unknown"
            optional: Dict[str, Any] = {
                "path": said.path,
                "alias_of": said.name if said.enabled == "alias" else "",
                "triggered_by": sorted(started.get(name, ())),
                "triggers": [starts[name]] if name in starts else [],
            }
            data.update((key, value) for key, value in optional.items() if value)
            yield Fact("unit", name, data)


def _states(files: UnitFiles, root: Root) -> Tuple[Dict[str, State], List[str]]:
    found: Dict[str, State] = {}
    wrong: List[str] = []
    for name in files.names():
        try:
            said = state(files, root, name)
        except (OSError, Unavailable) as error:
            wrong.append("{}: {}".format(name, error))
            continue
        if said is not None:
            found[name] = said
    return found, wrong


def _starts(files: UnitFiles, states: Dict[str, State]) -> Iterator[Tuple[str, str]]:
    """(trigger, unit that it starts); without a name it is the service called the same."""
    for name, said in states.items():
        if name.endswith(_TRIGGERS) and said.path and "@." not in name:
            base = said.path.rpartition("/")[2]
            named = files.said(said.path, base).starts or name.rpartition(".")[0] + ".service"
            if "%" not in named:
                yield name, template(named) or named


def _active(tools: Tools) -> Iterator[Tuple[str, str]]:
    for line in tools.systemd_units():
        words = line.split()
        if len(words) >= 4:
            yield words[0], words[2]

"""The programs that run, and how far they are protected. Python 3.6 grammar."""

import os
import time
from typing import Any, Dict, Iterator, List, Optional, Tuple

from shindan.collect import net_namespaces
from shindan.collect.base import Collector
from shindan.collect.elf_hardening import Hardening
from shindan.collect.ownership import owners
from shindan.collect.proc_process import Hidden, Process, process
from shindan.collect.process_objects import Objects, place_of
from shindan.collect.root import Root
from shindan.facts.fact import Fact

SECONDS = 20.0
_MOST = 3000
_LISTED = 50
_NO_RANDOMIZE = 0x0040000


class Program:
    """Processes of one executable, script, users and container: what is told of them together."""

    def __init__(self, first: Process) -> None:
        self.first = first
        self.count = 0
        self.hardening: Optional[Hardening] = None
        self.data: Dict[str, Any] = {}
        self.lists: Dict[str, List[Any]] = {"weak_objects": [], "writable": [], "deleted_objects": []}

    def add(self, name: str, entry: Any) -> None:
        """Adds to a list of the fact, unless it has it or is full."""
        entries = self.lists[name]
        if entry not in entries and len(entries) < _LISTED:
            entries.append(entry)

    def flag(self, name: str, value: Any) -> None:
        """The most telling value of all processes."""
        if value:
            self.data[name] = max(self.data.get(name, 0), value)


class Processes(Collector):
    """One fact for each program. Nothing below a root: there nothing runs."""

    name = "processes"
    kinds = ("process",)

    def __init__(self, seconds: float = SECONDS, most: int = _MOST) -> None:
        self._seconds, self._most = seconds, most

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        objects = Objects()
        programs, hidden, missed = self._programs(objects)
        wanted = {path for program in programs for path in _own_paths(program)}
        packages = owners(root, wanted)[0]
        for program in sorted(programs, key=lambda one: one.first.pid):
            yield _fact(program, objects, packages)
        if hidden:
            reason = "{} processes may not be looked into without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"
            yield self.gap(reason.format(hidden))
        if missed:
            yield self.gap("{} processes were left out: {}".format(missed, "there are more than can be looked at"))
        if objects.torn:
            yield self.gap(
                "{} executables could not be read: {}".format(len(objects.torn), "; ".join(objects.torn[:3]))
            )

    def _programs(self, objects: Objects) -> Tuple[List[Program], int, int]:
        """The programs, how many processes are hidden, and for how many there was no time or place."""
        found: Dict[Tuple[Any, ...], Program] = {}
        hidden = 0
        deadline = time.monotonic() + self._seconds
        pids = net_namespaces.processes()
        for number, pid in enumerate(pids):
            if time.monotonic() > deadline or len(found) >= self._most:
                return list(found.values()), hidden, len(pids) - number
            try:
                one = process(pid)
            except FileNotFoundError:
                continue
            except Hidden:
                hidden += 1
                continue
            key = (one.path, one.file, one.deleted, one.script, one.uids, one.unit, one.container, place_of(pid))
            program = found.setdefault(key, Program(one))
            program.count += 1
            _look(program, one, objects)
        return list(found.values()), hidden, 0


def _look(program: Program, one: Process, objects: Objects) -> None:
    """Adds what this process shows; one that ends meanwhile shows no more."""
    space = objects.space(one)
    program.hardening = program.hardening or objects.executable(one, names=False)
    try:
        seen = space.maps(one.pid)
    except (FileNotFoundError, ProcessLookupError):
        return
    except OSError:
        seen = None
    if seen is not None:
        program.flag("executable_stack", seen.executable_stack)
        program.flag("writable_code_maps", seen.writable_code)
        for path in seen.deleted:
            program.add("deleted_objects", path)
        for path, inode in seen.files.items():
            what = None if path == one.path else space.hardening(path, inode)
            if what is not None and what.weak:
                program.add("weak_objects", {"path": path, "stack": what.stack, "writable_code": what.writable_code})
    if 0 in one.uids:
        paths = list(seen.files if seen is not None else [one.path]) + ([one.script] if one.script else [])
        for path in paths:
            finding = space.writable(path)
            if finding is not None:
                program.add("writable", {"path": path, "by": finding.by, "why": finding.why})
    if _personality(one.pid) & _NO_RANDOMIZE:
        program.data["randomized"] = False


def _personality(pid: int) -> int:
    try:
        with open("/proc/{}/personality".format(pid), "rb") as stream:
            return int(stream.read(16), 16)
    except (OSError, ValueError):
        return 0


def _own_paths(program: Program) -> Iterator[str]:
    """The paths whose packages are asked for: only of programs whose files are this host's."""
    if not program.first.foreign:
        yield program.first.path
        if program.first.script:
            yield os.path.realpath(program.first.script)
        for entry in program.lists["weak_objects"]:
            yield entry["path"]


def _fact(program: Program, objects: Objects, packages: Dict[str, str]) -> Fact:
    one = program.first
    known = {} if one.foreign else packages
    package = known.get(one.path, "")
    namespace, root = place_of(one.pid)
    optional: Dict[str, Any] = {
        "command": one.command,
        "script": one.script,
        "deleted": one.deleted,
        "package": package,
        "script_package": known.get(os.path.realpath(one.script), "") if one.script else "",
        "unit": one.unit,
        "container": one.container,
        "foreign": one.foreign,
        "mount_namespace": namespace if namespace != objects.own else "",
        "root": root if root != "/" else "",
        "netns": _other_network(one.pid),
    }
    data: Dict[str, Any] = {"path": one.path, "pid": one.pid, "count": program.count, "uids": list(one.uids)}
    data.update({key: value for key, value in optional.items() if value})
    data.update(program.data)
    # Only of what no package brought are the names read: it takes longer, and distributions build with cookies.
    named = objects.executable(one, names=True) if not package else None
    data.update(_hardened(named or program.hardening))
    for name, entries in program.lists.items():
        if entries:
            data[name] = [_owned(entry, known) for entry in entries]
    return Fact("process", " ".join(part for part in (one.path, one.script) if part), data)


def _owned(entry: Any, packages: Dict[str, str]) -> Any:
    if isinstance(entry, dict) and "stack" in entry and packages.get(entry["path"]):
        return dict(entry, package=packages[entry["path"]])
    return entry


def _hardened(what: Optional[Hardening]) -> Dict[str, Any]:
    if what is None:
        return {}
    data: Dict[str, Any] = {"machine": what.machine, "stack": what.stack, "writable_code": what.writable_code}
    if what.stack_check is not None:
        data["stack_check"] = what.stack_check
    if what.static:
        data["static"] = True
    if what.language:
        data["language"] = what.language
    return data


def _other_network(pid: int) -> str:
    namespace = net_namespaces.of_process(pid)
    return namespace if namespace and namespace != net_namespaces.own() else ""

"""Sockets that wait for others, in every network namespace, and who holds them. Python 3.6 grammar."""

import socket
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Tuple

from shindan.collect.base import Collector
from shindan.collect.inet_socket import InetSocket, endpoint, text
from shindan.collect.net_namespaces import Namespace, crowded, entered, namespaces
from shindan.collect.ownership import owners
from shindan.collect.proc_process import Hidden, Process, process
from shindan.collect.root import Root
from shindan.collect.socket_owners import Holder, holders
from shindan.collect.socket_table import WAITING, sockets
from shindan.collect.systemd_sockets import Listening, configured, unit_of
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_MOST = 5000


class Found(NamedTuple):
    """A socket that waits, where, and the name of the interface that it is bound to."""

    namespace: Namespace
    socket: InetSocket
    interface: str


class Listeners(Collector):
    """One fact for each address, port and program. Nothing below a root: there nothing runs."""

    name = "listeners"
    kinds = ("listener",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if not root.live:
            return
        spaces, unseen = namespaces()
        found: List[Found] = []
        if crowded(spaces):
            yield self.gap(crowded(spaces))
        for space in spaces:
            try:
                found.extend(waiting(space))
            except Unavailable as error:
                yield self.gap(str(error))
        if len(found) > _MOST:
            yield self.gap("more than {} sockets wait; the others are left out".format(_MOST))
        held = holders([one.socket.inode for one in found[:_MOST]])
        facts = list(self._described(root, found[:_MOST], held.found))
        for fact in facts:
            yield fact
        if held.cut:
            yield self.gap("looking for the processes behind sockets took too long; some are not named")
        unknown = sum("pid" not in fact.data for fact in facts)
        if unknown and (held.hidden or unseen):
            reason = "the programs of {} of {} sockets are not known: {} processes may not be looked into without {}"
            yield self.gap(reason.format(unknown, len(facts), max(held.hidden, unseen), "CAP_SYS_PTRACE"))

    def _described(self, root: Root, found: List[Found], held: Dict[int, Holder]) -> Iterator[Fact]:
        known: Dict[int, Optional[Process]] = {}
        for holder in held.values():
            if holder.pid not in known:
                known[holder.pid] = _process(holder.pid)
        packages = _packages(root, [one for one in known.values() if one is not None])
        units = configured(root) if any(holder.by_systemd for holder in held.values()) else []
        merged: Dict[Tuple[Any, ...], Fact] = {}
        for one in found:
            owner = held.get(one.socket.inode)
            fact = _fact(one, owner, known.get(owner.pid) if owner else None, units, packages)
            said = fact.data
            key = (fact.subject, said.get("program"), said["uid"], said.get("interface"), said.get("container"))
            if key in merged:
                first = merged[key].data
                first["sockets"] = first.get("sockets", 1) + 1
                if "pid" in said:
                    first["pid"] = min(first.get("pid", said["pid"]), said["pid"])
            else:
                merged[key] = fact
        for _, fact in sorted(merged.items(), key=lambda item: str(item[0])):
            yield fact


def waiting(space: Namespace) -> Iterator[Found]:
    """The sockets of a namespace that wait for others. Raises Unavailable."""
    for one in sockets(space, WAITING):
        if one.listens and 0 < one.local_port < 65536:
            yield Found(space, one, _interface(space, one.interface))


def _interface(space: Namespace, index: int) -> str:
    if not index:
        return ""
    try:
        with entered(space):
            return socket.if_indextoname(index)
    except (OSError, Unavailable):
        return str(index)


def _process(pid: int) -> Optional[Process]:
    try:
        return process(pid)
    except (FileNotFoundError, Hidden):
        return None


def _packages(root: Root, known: List[Process]) -> Dict[str, str]:
    """Packages by path, of programs that are the host's own. What cannot be read is told by the package collectors."""
    return owners(root, {one.path for one in known if not one.foreign})[0]


def _fact(
    one: Found,
    holder: Optional[Holder],
    program: Optional[Process],
    units: List[Listening],
    packages: Dict[str, str],
) -> Fact:
    protocol, address, port = one.socket.protocol, text(one.socket.local), one.socket.local_port
    data: Dict[str, Any] = {"protocol": protocol, "address": address, "port": port, "uid": one.socket.uid}
    if one.socket.v6only is not None and ":" in address:
        data["v6only"] = one.socket.v6only
    optional: Dict[str, Any] = {
        "interface": one.interface,
        "netns": "" if one.namespace.own else one.namespace.id,
    }
    if holder is not None:
        optional["pid"] = holder.pid
        if holder.by_systemd:
            optional["socket_unit"] = unit_of(units, protocol, address, port)
    if program is not None:
        optional.update(told_of(program, packages))
    data.update({key: value for key, value in optional.items() if value})
    return Fact("listener", "{} {}{}".format(protocol, endpoint(one.socket.local, port), one.namespace.suffix), data)


def told_of(program: Process, packages: Dict[str, str]) -> Dict[str, Any]:
    """What facts about sockets tell of a process; empty texts where there is nothing to tell."""
    return {
        "program": program.path,
        "command": program.command,
        "script": program.script,
        "package": "" if program.foreign else packages.get(program.path, ""),
        "unit": program.unit,
        "container": program.container,
    }

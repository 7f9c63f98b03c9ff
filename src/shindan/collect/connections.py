"""Every connection of a window of time, however short: what is closed is told by netlink, what stays open is looked at.

The caller waits on `filenos()`, calls `step()` as soon as one of them is readable, `snapshot()` every few seconds, and
`facts()` at the end. Without the kernel's messages (before Linux 4.2, or where they are forbidden) only the looks are
left, and a gap says so. Python 3.6 grammar.
"""

import time
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from shindan.collect.connection_flows import MOST_FLOWS, NOBODY, Flows, Holder, Key, Port
from shindan.collect.inet_socket import InetSocket
from shindan.collect.net_namespaces import Namespace, crowded, entered, namespaces
from shindan.collect.ownership import owners
from shindan.collect.proc_process import Hidden, process
from shindan.collect.root import Root
from shindan.collect.sock_diag import RECEIVE_BYTES, Destroyed
from shindan.collect.socket_owners import holders
from shindan.collect.socket_table import CONNECTED, WAITING, sockets
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_MOST_PENDING = 4000
_MOST_OPEN = 50000
_MOST_TOLD = 5

Ends = Tuple[str, str, bytes, int, bytes, int]
"""Namespace, protocol, and both ends of a connection."""


class _Closed(NamedTuple):
    space: str
    socket: InetSocket
    when: int


class Connections:
    """One window. Not for several threads: it enters other network namespaces for a moment."""

    def __init__(
        self,
        clock: Callable[[], float] = time.time,
        most: int = MOST_FLOWS,
        watch: bool = True,
        receive_bytes: int = RECEIVE_BYTES,
    ) -> None:
        """`clock` gives seconds since 1970; without `watch` nothing but snapshots is taken."""
        self._clock, self._watch, self._receive_bytes = clock, watch, receive_bytes
        self._flows = Flows(most)
        self._own = ""
        self._watched: Dict[str, Destroyed] = {}
        self._pending: List[_Closed] = []
        self._listening: Dict[Port, Holder] = {}
        self._open: Dict[Ends, Key] = {}
        self._half: Optional[Dict[Tuple[str, str, int, bytes], Ends]] = None
        self._programs: Dict[int, Holder] = {}
        self._spaces: List[Namespace] = []
        self._wrong: Dict[str, None] = {}
        self._lost = 0
        self._unnamed = 0
        self._too_many = False
        self._chosen = _first_chosen_port()

    def open(self) -> None:
        """Begins the window. What cannot be seen becomes a gap; raises Unavailable without /proc."""
        self.snapshot()

    def filenos(self) -> List[int]:
        """What to wait on until there is something for `step()`; a snapshot may change it."""
        return [watched.fileno() for watched in self._watched.values()]

    def step(self) -> None:
        """Takes what the kernel has told; never waits."""
        for space, watched in list(self._watched.items()):
            now = int(self._clock())
            try:
                for one in watched.drain():
                    self._closed(space, one, now)
            except OSError as error:
                self.note("connections in network namespace {}: {}".format(space, error.strerror or error))
                watched.close()
                del self._watched[space]
        if len(self._pending) >= _MOST_PENDING:
            for namespace in self._spaces:
                self._listeners(namespace)
            self._settle()

    def snapshot(self) -> None:
        """Looks at what is open now, at who listens, and at which network namespaces there are.

        Raises Unavailable without /proc.
        """
        self._spaces, unseen = namespaces()
        self._own = self._spaces[0].id
        if unseen:
            self.note("the network namespaces of some processes cannot be seen without CAP_SYS_PTRACE")
        if crowded(self._spaces):
            self.note(crowded(self._spaces))
        self._watch_all()
        self.step()
        listening = [pair for namespace in self._spaces for pair in self._listeners(namespace)]
        now = int(self._clock())
        found = [(space.id, one) for space in self._spaces for one in self._connected(space)]
        held = self._holders({one.inode for _, one in found} | {one.inode for _, one in listening})
        for space, one in listening:
            self._listening[(space, one.protocol, one.local_port)] = held.get(one.inode, NOBODY)._replace(uid=one.uid)
        self._settle()
        seen = self._look(found, held, now)
        # What was open at the last look and is not now has been told of by now, or never will be.
        self.step()
        self._open = {ends: key for ends, key in self._open.items() if ends in seen}

    def facts(self) -> Iterator[Fact]:
        """What was counted since `open()`, or since it was last taken, and gaps for all that was missed."""
        for fact in self._told():
            yield fact
        for reason in self._gaps():
            yield Fact("gap", "connections", {"reason": reason, "kinds": ["connection"]})

    def taken(self) -> Iterator[Fact]:
        """What was counted, which is then forgotten; connections that are still open are not counted again."""
        for fact in self._told():
            yield fact
        self._flows.forget()

    def _told(self) -> Iterator[Fact]:
        self.step()
        for namespace in self._spaces:
            self._listeners(namespace)
        self._settle()
        named = (holder for _, holder in self._flows.named(self._listening))
        programs = {holder.program for holder in named if holder.program and not holder.foreign}
        packages = owners(Root("/"), programs)[0] if programs else {}
        for fact in self._flows.facts(self._own, self._listening, packages):
            yield fact

    def close(self) -> None:
        """Ends the window; needed, for an open one keeps network namespaces alive."""
        for watched in self._watched.values():
            watched.close()
        self._watched.clear()

    def _gaps(self) -> Iterator[str]:
        reasons = list(self._wrong)
        for reason in reasons[:_MOST_TOLD]:
            yield reason
        if len(reasons) > _MOST_TOLD:
            yield "and {} more reasons like these".format(len(reasons) - _MOST_TOLD)
        lost = self._lost + sum(watched.lost for watched in self._watched.values())
        if lost:
            yield "the window is incomplete: {} times the kernel dropped messages that nobody fetched".format(lost)
        if self._flows.left_out:
            yield "{} connections were left out: there are more kinds of them than are told apart".format(
                self._flows.left_out
            )
        if self._too_many:
            yield "more than {} connections are open at once; some are left out".format(_MOST_OPEN)
        if self._unnamed:
            yield "the programs of some connections are not known: {} processes may not be looked into".format(
                self._unnamed
            )

    def note(self, reason: str) -> None:
        """Makes a gap of what could not be seen; the same reason once."""
        if len(self._wrong) < 1000:
            self._wrong[reason] = None

    # ── what the kernel tells ──

    def _watch_all(self) -> None:
        present = {space.id for space in self._spaces}
        for gone in [space for space in self._watched if space not in present]:
            # Nobody is in it any more: an open socket of ours would be all that keeps it.
            for one in self._watched[gone].drain():
                self._closed(gone, one, int(self._clock()))
            self._lost += self._watched[gone].lost
            self._watched.pop(gone).close()
        for space in self._spaces if self._watch else []:
            if space.id in self._watched:
                continue
            try:
                with entered(space):
                    self._watched[space.id] = Destroyed(self._receive_bytes)
            except Unavailable as error:
                self.note(str(error))
            except OSError as error:
                reason = "connections between two looks are not seen: the kernel does not tell of closed sockets ({})"
                self.note(reason.format(error.strerror or error))

    def _closed(self, space: str, one: InetSocket, now: int) -> None:
        if not any(one.remote):
            # It never had another end: a listener that is gone, for it still tells which ports were listened on.
            if one.protocol == "tcp" and one.local_port:
                self._listening.setdefault((space, "tcp", one.local_port), NOBODY)
            return
        ends = _ends(space, one) if one.remote_port else self._forgotten(space, one)
        key = self._open.pop(ends, None)
        if key is not None:
            self._flows.touch(key, now)
        else:
            self._pending.append(_Closed(space, one, now))

    def _forgotten(self, space: str, one: InetSocket) -> Ends:
        """The ends of a connection that was aborted: of it the kernel tells neither local address nor remote port."""
        if self._half is None:
            self._half = {(ends[0], ends[1], ends[3], ends[4]): ends for ends in self._open}
        return self._half.get((space, one.protocol, one.local_port, one.remote)) or _ends(space, one)

    def _settle(self) -> None:
        """Counts what was closed, now that it is known which local ports are listened on."""
        pending, self._pending = self._pending, []
        users: Dict[int, Holder] = {}
        for closed in pending:
            one = closed.socket
            incoming = (closed.space, one.protocol, one.local_port) in self._listening
            # The kernel says root of any socket that its process has let go: nobody knows whose it was.
            holder = users.setdefault(one.uid, Holder(uid=one.uid)) if one.uid else NOBODY
            self._flows.add(self._flows.key(closed.space, one, incoming, holder), closed.when)

    # ── looks ──

    def _listeners(self, space: Namespace) -> Iterator[Tuple[str, InetSocket]]:
        found = []
        try:
            for one in sockets(space, WAITING):
                # Programs ask from UDP sockets of any port, too; servers wait at ports that the kernel does not choose.
                if one.listens and (one.protocol == "tcp" or one.local_port < self._chosen):
                    self._listening.setdefault((space.id, one.protocol, one.local_port), NOBODY._replace(uid=one.uid))
                    found.append((space.id, one))
        except Unavailable as error:
            self.note(str(error))
        return iter(found)

    def _connected(self, space: Namespace) -> Iterator[InetSocket]:
        try:
            for number, one in enumerate(sockets(space, CONNECTED)):
                if number >= _MOST_OPEN:
                    self._too_many = True
                    return
                if any(one.remote) and one.remote_port:
                    yield one
        except Unavailable as error:
            self.note(str(error))

    def _look(self, found: List[Tuple[str, InetSocket]], held: Dict[int, Holder], now: int) -> Set[Ends]:
        """Counts what is open and was not at the last look; returns what is open."""
        seen: Set[Ends] = set()
        for space, one in found:
            ends = _ends(space, one)
            seen.add(ends)
            if ends in self._open:
                self._flows.touch(self._open[ends], now)
                continue
            incoming = (space, one.protocol, one.local_port) in self._listening
            # A socket that its process has let go is no longer anybody's.
            holder = held.get(one.inode, NOBODY)._replace(uid=one.uid) if one.inode else NOBODY
            self._open[ends] = self._flows.key(space, one, incoming, holder)
            self._flows.add(self._open[ends], now)
        self._half = None
        return seen

    def _holders(self, inodes: Set[int]) -> Dict[int, Holder]:
        """Programs by inode; only of sockets that were not known at the last look are the processes asked."""
        inodes.discard(0)
        self._programs = {inode: holder for inode, holder in self._programs.items() if inode in inodes}
        missing = inodes - set(self._programs)
        if missing:
            asked = holders(missing)
            self._unnamed = asked.hidden if len(asked.found) < len(missing) else self._unnamed
            by_pid: Dict[int, Holder] = {}
            for inode, owner in asked.found.items():
                if owner.pid not in by_pid:
                    by_pid[owner.pid] = _holder(owner.pid)
                self._programs[inode] = by_pid[owner.pid]
        return self._programs


def _ends(space: str, one: InetSocket) -> Ends:
    return space, one.protocol, one.local, one.local_port, one.remote, one.remote_port


def _holder(pid: int) -> Holder:
    try:
        one = process(pid)
    except (FileNotFoundError, Hidden):
        return NOBODY
    return Holder(one.path, one.container, one.foreign)


def _first_chosen_port() -> int:
    """The lowest port that the kernel gives to sockets that ask for any."""
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", "rb") as stream:
            return int(stream.read(64).split()[0])
    except (OSError, ValueError, IndexError):
        return 32768

"""Connections counted: equal ones together, in bounded memory. Python 3.6 grammar."""

from typing import Any, Dict, Iterator, NamedTuple, Optional, Tuple

from shindan.collect.inet_socket import InetSocket, endpoint, loopback, plain, text, unspecified
from shindan.facts.fact import Fact

MOST_FLOWS = 20000
"""Flows that are told apart."""


class Holder(NamedTuple):
    """The program and the user at this end, as far as they are known."""

    program: str = ""
    container: str = ""
    foreign: bool = False
    uid: Optional[int] = None


NOBODY = Holder()

Port = Tuple[str, str, int]
"""Namespace, protocol, local port."""

Key = Tuple[str, str, bool, bytes, int, bytes, int, Holder]
"""Namespace, protocol, whether it came in, local address and port, remote address and port, program and user.

Ports that the kernel chose are 0: the local one of a connection outward, the remote one of a connection that came in.
User and program of one that came in are its listener's, and left to be said at the end.
"""


class Flows:
    """Counts by key; `left_out` is how many connections found no place."""

    def __init__(self, most: int = MOST_FLOWS) -> None:
        self.left_out = 0
        self._most = most
        self._counts: Dict[Key, Tuple[int, int, int]] = {}

    def key(self, space: str, one: InetSocket, incoming: bool, holder: Holder) -> Key:
        """How a connection is counted."""
        local, remote = plain(one.local), plain(one.remote)
        if incoming:
            return space, one.protocol, True, local, one.local_port, remote, 0, NOBODY
        return space, one.protocol, False, local, 0, remote, one.remote_port, holder

    def add(self, key: Key, now: int) -> None:
        """Counts one more connection."""
        known = self._counts.get(key)
        if known is not None:
            self._counts[key] = (known[0] + 1, known[1], now)
        elif len(self._counts) < self._most:
            self._counts[key] = (1, now, now)
        else:
            self.left_out += 1

    def touch(self, key: Key, now: int) -> None:
        """One that is counted already is still open, or was closed now: since it was forgotten its count is 0."""
        known = self._counts.get(key)
        if known is not None or len(self._counts) < self._most:
            self._counts[key] = (known[0], known[1], now) if known is not None else (0, now, now)

    def forget(self) -> None:
        """Begins to count anew."""
        self._counts.clear()

    def named(self, listening: Dict[Port, Holder]) -> Iterator[Tuple[Key, Holder]]:
        """The flows in their order, and whose they are."""
        for key in sorted(self._counts, key=lambda key: key[:7] + (str(key[7]),)):
            yield key, listening.get((key[0], key[1], key[4]), NOBODY) if key[2] else key[7]

    def facts(self, own: str, listening: Dict[Port, Holder], packages: Dict[str, str]) -> Iterator[Fact]:
        """A fact each; `own` is the namespace that subjects do not name, `packages` are owners by path."""
        for key, holder in self.named(listening):
            yield _fact(key, holder, self._counts[key], own, packages)


def _fact(key: Key, holder: Holder, counted: Tuple[int, int, int], own: str, packages: Dict[str, str]) -> Fact:
    space, protocol, incoming, local, local_port, remote, remote_port, _ = key
    count, first, last = counted
    ends = (endpoint(local, local_port), "<" if incoming else ">", endpoint(remote, remote_port))
    subject = "{} {}".format(protocol, " ".join(ends)) + ("" if space == own else " netns:" + space)
    data: Dict[str, Any] = {
        "protocol": protocol,
        "direction": "in" if incoming else "out",
        "remote_address": text(remote),
        "count": count,
        "first_seen": first,
        "last_seen": last,
    }
    if holder.uid is not None:
        data["uid"] = holder.uid
    optional: Dict[str, Any] = {
        "local_address": "" if unspecified(local) else text(local),
        "local_port": local_port,
        "remote_port": remote_port,
        "program": holder.program,
        "package": "" if holder.foreign else packages.get(holder.program, ""),
        "container": holder.container,
        "loopback": loopback(local, remote),
        "netns": "" if space == own else space,
    }
    data.update({name: value for name, value in optional.items() if value})
    return Fact("connection", subject, data)

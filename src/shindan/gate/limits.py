"""How much one host may ask and send, and how often one address may guess."""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from shindan.service.agent_refused import AgentRefused

_MOST_KNOWN = 50_000


@dataclass(slots=True)
class Meter:
    """A bucket for each name: `rate` units a second on average, and `burst` at once."""

    rate: float
    burst: float
    what: str
    _buckets: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, units: float, now: float) -> None:
        """Takes units of a name at `now` (seconds). Raises AgentRefused (TooMany) where there are not as many."""
        with self._lock:
            left, at = self._buckets.pop(name, (self.burst, now))
            # A clock that was set back must not take anything away.
            left = min(self.burst, left + max(0.0, now - at) * self.rate)
            enough = left >= units
            self._buckets[name] = (left - units if enough else left, now)
            if len(self._buckets) > _MOST_KNOWN:  # the one unused longest has long been full again
                self._buckets.popitem(last=False)
        if not enough:
            wait = max(1, round((units - left) / self.rate))
            raise AgentRefused("TooMany", f"one host has at most {self.rate:g} {self.what} a second", wait=wait)


@dataclass(slots=True)
class Failures:
    """Counts failures of addresses: after `most` in `seconds`, an address has to wait."""

    most: int = 10
    seconds: float = 60.0
    _known: OrderedDict[str, list[float]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def check(self, peer: str, now: float) -> None:
        """Raises AgentRefused (TooMany) for an address that has failed too often."""
        with self._lock:
            times = [at for at in self._known.get(network(peer), ()) if at > now - self.seconds]
        if len(times) >= self.most:
            wait = max(1, round(times[0] + self.seconds - now))
            raise AgentRefused("TooMany", "too many enrolments from this address have failed", wait=wait)

    def count(self, peer: str, now: float) -> None:
        """Counts one more."""
        with self._lock:
            name = network(peer)
            self._known[name] = [*self._known.pop(name, [])[-(self.most - 1) :], now]
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)


def network(peer: str) -> str:
    """The address itself, or the first half of an IPv6 one: the other half is its holder's to choose."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return peer

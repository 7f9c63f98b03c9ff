"""Match lines of sshd_config(5): whether a connection meets them, and a connection that does. Python 3.6 grammar.

Source: sshd_config(5), "Match", and ssh_config(5), "PATTERNS".
"""

import fnmatch
import ipaddress
import re
from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from shindan.collect.sshd_files import Block


class Connection(NamedTuple):
    """Who connects: the user with its groups, from where, and to which address and port."""

    user: str = "nobody-in-particular"
    host: str = "client.invalid"
    addr: str = "192.0.2.1"
    laddr: str = "198.51.100.1"
    lport: str = "22"
    rdomain: str = ""
    groups: Tuple[str, ...] = ()

    def told(self) -> Dict[str, str]:
        """What is told to `sshd -C`."""
        return {name: value for name, value in self._asdict().items() if name != "groups" and value}


_CRITERIA = {
    "user": "user",
    "host": "host",
    "address": "addr",
    "localaddress": "laddr",
    "localport": "lport",
    "rdomain": "rdomain",
}
_ADDRESSES = ("address", "localaddress")


def pairs(block: Block) -> Iterator[Tuple[str, str]]:
    """(criterion in small letters, patterns) of a Match line; `all` and `invalid-user` have none."""
    words = [word for one in block.criteria for word in _unjoined(one)]
    at = 0
    while at < len(words):
        name = words[at].lower()
        alone = name in ("all", "invalid-user", "canonical", "final")
        yield name, "" if alone or at + 1 >= len(words) else words[at + 1]
        at += 1 if alone else 2


def meets(connection: Optional[Connection], block: Block) -> bool:
    """Whether a connection meets a Match line; without one, only `Match all` is met."""
    for name, patterns in pairs(block):
        if name == "all":
            continue
        if connection is None:
            return False
        if name == "group":
            if not _group_meets(connection.groups, patterns):
                return False
        elif name not in _CRITERIA or not _value_meets(name, str(getattr(connection, _CRITERIA[name])), patterns):
            return False
    return True


def satisfying(blocks: Sequence[Block], groups: Mapping[str, Sequence[str]]) -> Optional[Connection]:
    """A connection that meets every one of the lines; None where none was found.

    `groups` are the host's groups with all their members.
    """
    wanted = [pair for block in blocks for pair in pairs(block) if pair[0] != "all"]
    if any(name not in _CRITERIA and name != "group" for name, _ in wanted):
        return None
    for user in _users(wanted, groups):
        values = {"user": user}
        for name, field in _CRITERIA.items():
            asked = [patterns for criterion, patterns in wanted if criterion == name]
            if name != "user" and asked:
                values[field] = next((one for one in _examples(name, asked)), "")
        member = tuple(sorted(name for name, members in groups.items() if user in members))
        connection = Connection(groups=member, **values)
        if all(meets(connection, block) for block in blocks):
            return connection
    return None


def _users(wanted: Sequence[Tuple[str, str]], groups: Mapping[str, Sequence[str]]) -> Iterator[str]:
    asked = [patterns for name, patterns in wanted if name == "user"]
    for one in _examples("user", asked):
        yield one
    for name, patterns in wanted:
        for group in sorted(groups) if name == "group" else ():
            if _listed(group, patterns):
                for user in groups[group]:
                    yield user
    yield Connection().user


def _examples(name: str, asked: Sequence[str]) -> Iterator[str]:
    """Values that may meet all of the lists of patterns."""
    candidates = [one for patterns in asked for part in patterns.split(",") for one in _made(name, part)]
    if asked and any("!" in patterns for patterns in asked):
        candidates.append("2001:db8::1" if name in _ADDRESSES else "somebody-else")
    for one in candidates:
        if all(_value_meets(name, one, patterns) for patterns in asked):
            yield one


def _made(name: str, pattern: str) -> Iterator[str]:
    if pattern.startswith("!") or not pattern:
        return
    if name in _ADDRESSES and "/" in pattern:
        try:
            network = ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return
        yield str(network.network_address)
        if network.num_addresses > 1:
            yield str(network.network_address + 1)
            yield str(network.network_address + (network.num_addresses - 1))
        return
    stars = ("1", "0.1", "0.0.1", "0.0.0.1", ":1", "2001:db8::1", "") if name in _ADDRESSES else ("", "1", "x")
    for star in stars:
        value = pattern.replace("*", star).replace("?", star[:1] or "1")
        if name not in _ADDRESSES or _is_address(value):
            yield value


def _value_meets(name: str, value: str, patterns: str) -> bool:
    if name == "localport":
        return value in [part.strip() for part in patterns.split(",")]
    if name in _ADDRESSES:
        return _address_meets(value, patterns)
    return _listed(value.lower() if name == "host" else value, patterns.lower() if name == "host" else patterns)


def _listed(value: str, patterns: str) -> bool:
    """Whether a list of patterns has a value; one that is negated and matches decides."""
    found = False
    for part in patterns.split(","):
        if part.startswith("!"):
            if _like(value, part[1:]):
                return False
        elif _like(value, part):
            found = True
    return found


def _group_meets(groups: Sequence[str], patterns: str) -> bool:
    """As `_listed`, over all groups of a user: a negated match of any of them decides."""
    found = False
    for part in patterns.split(","):
        if part.startswith("!"):
            if any(_like(group, part[1:]) for group in groups):
                return False
        elif any(_like(group, part) for group in groups):
            found = True
    return found


def _like(value: str, pattern: str) -> bool:
    # Only `*` and `?` are special: brackets are not.
    return re.match(fnmatch.translate(pattern.replace("[", "[[]")), value) is not None


def _address_meets(value: str, patterns: str) -> bool:
    found = False
    for part in patterns.split(","):
        negated, pattern = part.startswith("!"), part.lstrip("!")
        if _address_like(value, pattern):
            if negated:
                return False
            found = True
    return found


def _address_like(value: str, pattern: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return _like(value, pattern)


def _is_address(value: str) -> bool:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        return False
    return True


def _unjoined(word: str) -> List[str]:
    """`User=bob` is two words."""
    name, equals, rest = word.partition("=")
    return [name, rest] if equals and name.lower() in list(_CRITERIA) + ["group"] else [word]

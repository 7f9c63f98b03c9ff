"""Which `.socket` unit systemd itself listens for. Python 3.6 grammar.

Source: systemd.socket(5) (ListenStream=, ListenDatagram=; an empty one empties the list), systemd.unit(5) (the folders
in their order, drop-ins).
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

_FOLDERS = (
    "/etc/systemd/system", "/run/systemd/transient", "/run/systemd/system", "/run/systemd/generator",
    "/usr/local/lib/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system", "/run/systemd/generator.late",
)  # fmt: skip
_LISTEN = re.compile(r"^\s*Listen(Stream|Datagram)\s*=\s*(\S*)\s*$")
_PROTOCOLS = {"Stream": "tcp", "Datagram": "udp"}
_ADDRESS = re.compile(r"^(?:\[([0-9A-Fa-f:.]+)\]:|([0-9.]+):)?(\d{1,5})$")
_ALL = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here
_MOST = 1000


class Listening(NamedTuple):
    """One address that a unit asks systemd to listen on; `address` is "" where it names the port alone."""

    unit: str
    protocol: str
    address: str
    port: int
    enabled: bool


def configured(root: Root) -> List[Listening]:
    """What all socket units ask for; units that cannot be read are passed over."""
    places: Dict[str, str] = {}
    wanted = set()
    for folder in _FOLDERS:
        for name in _names(root, folder):
            if name.endswith(".socket"):
                places.setdefault(name, folder)
            elif name.endswith((".wants", ".requires", ".upholds")):
                wanted.update(_names(root, folder + "/" + name))
    found: List[Listening] = []
    for name in sorted(places)[:_MOST]:
        for protocol, address, port in _asked(root, name, places[name]):
            found.append(Listening(name, protocol, address, port, name in wanted))
    return found


def unit_of(units: List[Listening], protocol: str, address: str, port: int) -> str:
    """The unit for which systemd listens there; "" where none or several may be it. Units in force go first."""
    fits = [
        one
        for one in units
        if (one.protocol, one.port) == (protocol, port)
        and (one.address == address or (one.address in ("",) + _ALL and address in _ALL))
    ]
    for group in ([one for one in fits if one.enabled], fits):
        names = {one.unit for one in group}
        if len(names) == 1:
            return names.pop()
    return ""


def _asked(root: Root, name: str, folder: str) -> Iterator[Tuple[str, str, int]]:
    paths = [folder + "/" + name]
    for place in reversed(_FOLDERS):
        drop_ins = "{}/{}.d".format(place, name)
        paths.extend("{}/{}".format(drop_ins, one) for one in _names(root, drop_ins) if one.endswith(".conf"))
    asked: List[Tuple[str, str, int]] = []
    for path in paths:
        for line in _lines(root, path):
            match = _LISTEN.match(line)
            if match is None:
                continue
            if not match.group(2):
                asked = []
            address = _ADDRESS.match(match.group(2))
            if address is not None and 0 < int(address.group(3)) < 65536:
                asked.append((_PROTOCOLS[match.group(1)], address.group(1) or address.group(2) or "",
                              int(address.group(3))))  # fmt: skip
    return iter(asked)


def _names(root: Root, folder: str) -> List[str]:
    try:
        return root.names(folder)
    except (OSError, Unavailable):
        return []


def _lines(root: Root, path: str) -> List[str]:
    try:
        return root.text(path)
    except (OSError, Unavailable):
        return []

"""Users and groups of the host's own files. Python 3.6 grammar.

Source: passwd(5), shadow(5), group(5), crypt(5). Hashes stay on the host: of a password no more is told than whether
there is one, and by which method it is kept.
"""

import re
import time
from typing import Any, Dict, Iterator, List, Optional

from shindan.collect.base import Collector
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_PASSWD, _SHADOW, _GROUP = "/etc/passwd", "/etc/shadow", "/etc/group"
_DAY = 24 * 3600
MOST = 100000
"""Lines that are read of each file."""

_ID = re.compile(r"\$([A-Za-z0-9]{1,16})[$,]")
_DES = re.compile(r"[./A-Za-z0-9]{13}")
_BSDI = re.compile(r"_[./A-Za-z0-9]{19}")
_AGES = ("last_change", "min", "max", "warn", "inactive", "expire")


class Accounts(Collector):
    """A fact a line of /etc/passwd, with what /etc/shadow says."""

    name = "accounts"
    kinds = ("account",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        shadow: Optional[Dict[str, List[str]]] = None
        try:
            shadow = _shadow(root)
        except FileNotFoundError:
            shadow = {}
        except Unavailable as error:
            yield self.gap("{}: nobody can say who has a password (root may look)".format(error))
        today = int(time.time()) // _DAY
        for number, fields in _rows(root, _PASSWD, 7):
            yield Fact("account", fields[0], _account(fields, number, shadow, today))


class Groups(Collector):
    """A fact a line of /etc/group."""

    name = "groups"
    kinds = ("group",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        for number, fields in _rows(root, _GROUP, 4):
            members = [name for name in fields[3].split(",") if name]
            yield Fact("group", fields[0], {"gid": _number(fields[2]), "members": members, "line": number})


def _rows(root: Root, path: str, width: int) -> Iterator[Any]:
    """(line, fields) of each line that has a name; fields that are missing are empty. Raises Unavailable."""
    try:
        for number, line in enumerate(root.lines(path), 1):
            if number > MOST:
                raise Unavailable("{} has more than {:,} lines".format(path, MOST))
            fields = line.decode("utf-8", "replace").split(":")
            if fields[0].strip() and not fields[0].startswith("#"):
                yield number, (fields + [""] * width)[:width]
    except FileNotFoundError:
        raise Unavailable("{} is missing".format(path)) from None


def _shadow(root: Root) -> Dict[str, List[str]]:
    """Name to the reduced password and the days, as text. No hash outlives its line."""
    found: Dict[str, List[str]] = {}
    for number, line in enumerate(root.lines(_SHADOW)):
        fields = line.decode("utf-8", "replace").split(":")
        if number >= MOST or not fields[0]:
            continue
        fields += [""] * (9 - len(fields))
        found.setdefault(fields[0], [kind_of_password(fields[1])] + fields[2:8])
    return found


def kind_of_password(field: str) -> str:
    """`none`, `unset`, `locked` or `hash:ID`, of the password field of shadow(5) or passwd(5)."""
    if not field:
        return "none"
    bare = field.lstrip("!*")
    method = _method(bare)
    if not method:
        # Whatever else stands there is no hash that crypt(3) could ever give.
        return "unset"
    return "locked" if bare != field else "hash:" + method


def _method(hash_: str) -> str:
    match = _ID.match(hash_)
    if match is not None:
        return match.group(1)
    if _BSDI.fullmatch(hash_):
        return "bsdi"
    return "des" if _DES.fullmatch(hash_) else ""


def _account(fields: List[str], line: int, shadow: Optional[Dict[str, List[str]]], today: int) -> Dict[str, Any]:
    name, password, uid, gid, _, home, shell = fields
    data: Dict[str, Any] = {"uid": _number(uid), "gid": _number(gid), "home": home, "shell": shell, "line": line}
    if name.startswith(("+", "-")):
        # A line of NIS (nsswitch.conf(5), `compat`): an empty field in it leaves what the service says.
        return data
    shadowed = data["shadowed"] = password == "x"  # noqa: S105 - passwd(5)'s mark
    if not shadowed:
        data["password"] = kind_of_password(password)
        return data
    if shadow is None:
        return data
    said = shadow.get(name)
    data["password"] = said[0] if said is not None else "unset"
    for key, text in zip(_AGES, said[1:] if said is not None else ()):
        if re.match(r"^-?\d{1,9}$", text):
            data[key] = int(text)
    if data.get("last_change", 0) > today:
        data["today"] = today
    return data


def _number(text: str) -> int:
    """-1 for what is no number: lines of NIS (`+`) may leave it out."""
    return int(text) if re.match(r"^\d{1,10}$", text) else -1

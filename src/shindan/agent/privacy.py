"""What never leaves the host, whichever collector saw it. Python 3.6 grammar.

Collectors do not look for secrets; this is the second fence, and the one that holds for collectors to come.
"""

import re
from typing import Any, Dict, FrozenSet

from shindan.facts.fact import Fact

ARGUMENTS = frozenset(["arguments", "argv", "args", "cmdline", "command_line"])
"""Keys of a program's arguments, which may hold passwords; sent only where the configuration allows it."""

SECRETS = frozenset(
    ["environment", "environ", "env", "password", "passwd", "password_hash", "shadow", "secret", "token", "private_key"]
)
"""Keys that are never sent."""

MEANT: Dict[str, FrozenSet[str]] = {
    "account": frozenset(["password"]),
    "boot": frozenset(["arguments", "password"]),
    "sshd": frozenset(["arguments"]),
}
"""Keys of kinds whose collectors have reduced them: whether there is a password, the kernel's arguments."""

_USER = re.compile(r"(?<=://)[^/@\s]+@")
# crypt(5): `$id$salt$hash`, with the parameters that some ids have before the salt.
_CRYPT = re.compile(r"\$(?:1|2[abxy]|5|6|7|y|gy|md5|sha1|argon2id?)\$[^\s:]{8,}")


def clean(fact: Fact, arguments: bool = False) -> Fact:
    """The fact without what is nobody's business: keys of secrets, user and password in addresses, hashes."""
    return Fact(fact.kind, fact.subject, _mapping(fact.data, arguments, MEANT.get(fact.kind, frozenset())))


def _mapping(data: Dict[str, Any], arguments: bool, meant: FrozenSet[str] = frozenset()) -> Dict[str, Any]:
    return {
        key: _value(value, arguments)
        for key, value in data.items()
        if key in meant or (key not in SECRETS and (arguments or key not in ARGUMENTS))
    }


def _value(value: Any, arguments: bool) -> Any:
    if isinstance(value, str):
        if "://" in value and "@" in value:
            value = _USER.sub("", value)
        return _CRYPT.sub("(removed)", value) if "$" in value else value
    if isinstance(value, list):
        return [_value(one, arguments) for one in value]
    if isinstance(value, dict):
        return _mapping(value, arguments)
    return value

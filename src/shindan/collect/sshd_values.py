"""Options of sshd_config(5) as `sshd -T` prints them, worked out from its files. Python 3.6 grammar.

The first value of an option counts; those of Match blocks that a connection meets go before all others. The defaults
are those of OpenSSH 8.0 to 9.9 that do not change between releases and are asked about; lists of algorithms are not
among them.
"""

import re
from typing import Any, Dict, List, Optional, Sequence

from shindan.collect.sshd_files import Entry
from shindan.collect.sshd_match import Connection, meets

DEFAULTS: Dict[str, Any] = {
    "port": "22", "addressfamily": "any", "logingracetime": "120", "maxauthtries": "6", "maxsessions": "10",
    "clientaliveinterval": "0", "clientalivecountmax": "3", "permitrootlogin": "without-password",
    "ignorerhosts": "yes", "ignoreuserknownhosts": "no", "hostbasedauthentication": "no", "pubkeyauthentication": "yes",
    "passwordauthentication": "yes", "kbdinteractiveauthentication": "yes", "gssapiauthentication": "no",
    "kerberosauthentication": "no", "printmotd": "yes", "printlastlog": "yes", "x11forwarding": "no",
    "x11uselocalhost": "yes", "permittty": "yes", "permituserrc": "yes", "strictmodes": "yes", "tcpkeepalive": "yes",
    "permitemptypasswords": "no", "compression": "yes", "gatewayports": "no", "usedns": "no", "usepam": "no",
    "allowtcpforwarding": "yes", "allowagentforwarding": "yes", "disableforwarding": "no",
    "allowstreamlocalforwarding": "yes", "banner": "none", "forcecommand": "none", "chrootdirectory": "none",
    "loglevel": "INFO", "syslogfacility": "AUTH", "authenticationmethods": "any", "maxstartups": "10:30:100",
    "permittunnel": "no", "permituserenvironment": "no", "permitopen": "any",
    "authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2",
}  # fmt: skip

ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
    "hostdsakey": "hostkey",
    "keepalive": "tcpkeepalive",
}

_ADDING = frozenset(["port", "listenaddress", "hostkey", "allowusers", "denyusers", "allowgroups", "denygroups",
                     "acceptenv", "subsystem", "hostcertificate"])  # fmt: skip
# Each argument is a value of its own.
_EACH = frozenset(["allowusers", "denyusers", "allowgroups", "denygroups", "acceptenv", "setenv"])
_WHOLE_LINE = frozenset(["forcecommand", "versionaddendum", "banner", "authorizedkeyscommand", "chrootdirectory",
                         "authorizedkeysfile", "authenticationmethods", "ipqos", "permitopen",
                         "subsystem"])  # fmt: skip
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_TIMES = frozenset(["logingracetime", "clientaliveinterval"])
_UPPER = frozenset(["loglevel", "syslogfacility"])
_WORDS: Dict[str, Dict[str, str]] = {
    "permitrootlogin": {"prohibit-password": "without-password"},
    "compression": {"delayed": "yes"},
    "allowtcpforwarding": {"all": "yes"},
    "allowstreamlocalforwarding": {"all": "yes"},
    "loglevel": {"QUIET": "SILENT", "DEBUG1": "DEBUG"},
}
_TEXTS = frozenset(["banner", "forcecommand", "chrootdirectory", "authorizedkeysfile", "authorizedkeyscommand",
                    "hostkey", "allowusers", "denyusers", "allowgroups", "denygroups", "acceptenv", "setenv",
                    "subsystem", "authorizedkeyscommanduser", "versionaddendum", "permituserenvironment", "ciphers",
                    "macs", "kexalgorithms", "pidfile", "hostcertificate", "trustedusercakeys",
                    "revokedkeys"])  # fmt: skip


def effective(
    entries: Sequence[Entry], connection: Optional[Connection] = None, defaults: bool = True
) -> Dict[str, Any]:
    """Option → value, or list of values, for a connection; without one, for everybody."""
    everybody = _first([one for one in entries if all(meets(None, block) for block in one.blocks)])
    found: Dict[str, Any] = dict(DEFAULTS) if defaults else {}
    found.update(everybody)
    found.update(_first([one for one in entries if one.blocks and all(meets(connection, two) for two in one.blocks)]))
    return {name: _one_or_many(value) for name, value in found.items()}


def given(argument: str) -> Optional[Entry]:
    """An `-o` argument as a line of the file."""
    match = re.match(r"\s*([A-Za-z0-9]+)\s*[=\s]\s*(.*)", argument)
    if match is None:
        return None
    words = match.group(2).split()
    return Entry((), match.group(1).lower(), words, "command line", 0) if words else None


def _first(entries: Sequence[Entry]) -> Dict[str, Any]:
    found: Dict[str, List[str]] = {}
    for entry in entries:
        name = ALIASES.get(entry.keyword, entry.keyword)
        values = _values(name, entry.arguments)
        if name not in found:
            found[name] = values
        elif name in _ADDING:
            found[name] += values
    return dict(found)


def _values(name: str, arguments: Sequence[str]) -> List[str]:
    if name in _EACH:
        return list(arguments)
    if name in _WHOLE_LINE:
        return [" ".join(arguments)]
    return [_printed(name, arguments[0])]


def _printed(name: str, value: str) -> str:
    """A value in the one spelling that `sshd -T` has for it."""
    if name in _TIMES:
        return _seconds(value)
    if name == "maxstartups":
        return value if ":" in value else "{0}:30:{0}".format(value)
    if name in _TEXTS:
        return value
    value = value.upper() if name in _UPPER else value.lower()
    value = {"true": "yes", "false": "no"}.get(value, value)
    return _WORDS.get(name, {}).get(value, value)


def _seconds(value: str) -> str:
    """`1h30m` as seconds (sshd_config(5), "TIME FORMATS"); what is none is left as it is."""
    parts = re.findall(r"(\d+)([smhdw]?)", value.lower())
    if "".join(number + unit for number, unit in parts) != value.lower():
        return value
    return str(sum(int(number) * _UNITS[unit] for number, unit in parts))


def _one_or_many(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value

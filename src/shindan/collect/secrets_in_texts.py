"""Takes secrets out of the lines of configuration files before they leave the host. Python 3.6 grammar.

Three fences, from the sure to the likely: private keys and hashes by their form, user and password in addresses, and
the values of keys whose names say that they are secrets. Tables of cron keep only lines about known tools.
"""

import re
from typing import Iterable, Iterator

SECRET = "<secret>"  # noqa: S105 - what stands in a secret's place

_KEY_BEGINS = re.compile(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY")
_KEY_ENDS = re.compile(r"-----END [A-Z0-9 ]*PRIVATE KEY")
# crypt(5), GRUB's and dovecot's forms.
_HASH = re.compile(
    r"\$(?:1|2[abxy]?|5|6|7|y|gy|md5|sha1|apr1|argon2(?:i|d|id)|pbkdf2[-a-z0-9]*|scrypt)[$,][./A-Za-z0-9$=,+-]{8,}"
    r"|grub\.pbkdf2\.[A-Za-z0-9.]+|\{(?:SSHA|SHA|CRYPT|MD5|SMD5)[0-9]*\}[A-Za-z0-9+/=.$]{8,}"
)
_ADDRESS = re.compile(r"(?<=://)[^/@\s\"']+@")
_NAMED = (
    r"(?:[A-Za-z0-9_.-]*[_.-])?(?:password|passwd|passphrase|passwort|pwd|secret|token|authtok|bindpw|rootbindpw"
    r"|api_?key|access_?key|secret_?key|private_?key|auth_?key|encryption_?key|shared_?key|community|credentials?)"
)
# `key = value`, `key: value`, also within a line; a whole quoted value, else up to what ends a word.
_ASSIGNED = re.compile(
    r"(?i)(?<![A-Za-z0-9_.-])(" + _NAMED + r"|pass|pw)(\s*=\s*|\"?\s*:\s+)(\"[^\"]*\"|'[^']*'|[^\s,;\"')]+)"
)
# Words of a directive: `bindpw x` (pam_ldap), `password_pbkdf2 root x` and `password x` (GRUB), `crypto pw x` (ntp).
_DIRECTIVE = re.compile(
    r"(?i)^(\s*(?:bindpw|rootbindpw|password_pbkdf2\s+\S+|password\s+--md5|crypto\s+pw|requirepass|masterauth"
    r"|rocommunity6?|rwcommunity6?|com2sec6?\s+\S+\s+\S+|createuser\s+\S+\s+\S+)\s+)\S.*$"
)
_OPTION = re.compile(r"(?i)(\s--?(?:password|passwd|pass|token|secret|api-?key)[=\s]+)\S+")
_BEARER = re.compile(r"(?i)(\b(?:Bearer|Basic)\s+)[A-Za-z0-9._~+/=-]{8,}")
_LIKELY = re.compile(r"(?i)pass|pwd|pw\b|secret|token|key|auth|bindpw|community|credential|bearer|basic|[$]|://|\{s")

_IS_TABLE = re.compile(r"^(/etc/(cron|anacrontab)|/var/spool/cron)")
_KNOWN_TOOL = re.compile(r"\b(aide|tripwire|samhain|logrotate|chkrootkit|rkhunter|debsums|apt|dnf|yum|zypper|"
    r"unattended|run-parts|auditd?|prelink|mlocate|updatedb|lynis|clamscan|restorecon|sysstat)\b")  # fmt: skip
_ASSIGNMENT = re.compile(r"^\s*(SHELL|PATH|MAILTO|HOME|RANDOM_DELAY|START_HOURS_RANGE)\s*=")


def reduced(path: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines without secrets; as many as before, so that numbers stay right."""
    within_key = False
    table = _IS_TABLE.match(path) is not None
    for line in lines:
        if within_key or _KEY_BEGINS.search(line):
            within_key = _KEY_ENDS.search(line) is None
            yield SECRET
        elif table and not _may_be_told(line):
            yield ""
        else:
            yield without_secrets(line)


def without_secrets(line: str) -> str:
    """One line with what looks like a secret replaced by `<secret>`."""
    if _LIKELY.search(line) is None:
        return line
    line = _HASH.sub(SECRET, line)
    line = _ADDRESS.sub(SECRET + "@", line)
    line = _DIRECTIVE.sub(r"\g<1>" + SECRET, line)
    line = _ASSIGNED.sub(r"\g<1>\g<2>" + SECRET, line)
    line = _OPTION.sub(r"\g<1>" + SECRET, line)
    return _BEARER.sub(r"\g<1>" + SECRET, line)


def _may_be_told(line: str) -> bool:
    text = line.strip()
    return not text or _KNOWN_TOOL.search(text) is not None or _ASSIGNMENT.match(text) is not None

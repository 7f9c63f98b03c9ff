"""Check kind `accounts`: users and groups of the host's own files, one query at a time.

Ageing is asked only of accounts whose password can be used at all. Accounts of a directory (LDAP, SSSD) are not in
these files, and nothing is said of them. Fields and their meaning: passwd(5), shadow(5), group(5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.rules.checks.comparison import Comparison, comparison
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result
from shindan.rules.examined import Examined

_NO_SHELLS = ("/usr/sbin/nologin", "/sbin/nologin", "/usr/bin/nologin", "/bin/false", "/usr/bin/false", "/dev/null", "")
_NOT_SYSTEM = ("root", "sync", "shutdown", "halt", "nfsnobody")
_UID_MIN = 1000
_AGES = {
    "password_max": "max",
    "password_min": "min",
    "password_warn": "warn",
    "password_inactive": "inactive",
}

_OF_PASSWORDS = {
    *_AGES, "empty_password", "last_change_in_past", "system_locked", "no_shell_locked", "root_password",
    "root_controlled",
}  # fmt: skip

Offenders = Iterator[tuple[str, str, str]]
"""(who, what was seen, what is wanted)."""


def _run(host: Examined, p: Arguments) -> Result:
    offenders = [Evidence(*one) for one in _QUERIES[p["query"]](host, p)]
    if offenders:
        return Result("fail", tuple(offenders))
    if p["query"] in _OF_PASSWORDS and any("password" not in one.data for one in host.all("account")):
        raise CannotTell("error", host.gap("account") or "nobody could read the passwords' fields of /etc/shadow")
    if p["query"] in _AGES and not any(map(_has_password, host.all("account"))):
        return Result("not_applicable", reason="no account of this host has a password that can be used")
    return Result(
        "pass", (Evidence("accounts", f"all {len(host.all('account'))} looked at", p["query"].replace("_", " ")),)
    )


def _is_own(one: Fact) -> bool:
    """Not a line of NIS, which has no numbers of its own."""
    return one.subject[:1] not in ("+", "-")


def _has_password(account: Fact) -> bool:
    return str(account.data.get("password", "")).startswith("hash:")


def _uid0_only(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("account"):
        if one.data["uid"] == 0 and one.subject != "root":
            yield one.subject, "uid 0", "another uid than root's"


def _duplicates(kind: str, key: str | None) -> Callable[[Examined, Arguments], Offenders]:
    def asked(host: Examined, _: Arguments) -> Offenders:
        of: dict[Any, list[str]] = {}
        for one in filter(_is_own, host.all(kind)):
            of.setdefault(one.data[key] if key else one.subject, []).append(one.subject)
        for value, names in of.items():
            if len(names) > 1:
                yield ", ".join(names), f"all have {key or 'the name'} {value}", "each its own"

    return asked


def _gid_exists(host: Examined, _: Arguments) -> Offenders:
    known = {one.data["gid"] for one in host.all("group")}
    for one in filter(_is_own, host.all("account")):
        if one.data["gid"] not in known:
            yield one.subject, f"group {one.data['gid']}", "a group of /etc/group"


def _empty_password(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("account"):
        if one.data.get("password") == "none":
            yield one.subject, "an empty password", "a password, or a locked account"


def _shadowed(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("account"):
        if one.data.get("shadowed") is False:
            yield one.subject, "its password's hash is in /etc/passwd", "in /etc/shadow"


def _age(query: str) -> Callable[[Examined, Arguments], Offenders]:
    field = _AGES[query]

    def asked(host: Examined, p: Arguments) -> Offenders:
        wanted = comparison(p) or Comparison("ge", 1)
        for one in filter(_has_password, host.all("account")):
            days = one.data.get(field)
            # An empty field of shadow(5) is no limit at all.
            if days is None or days < 0 or not wanted.holds(str(days)):
                yield one.subject, "no limit" if days is None or days < 0 else f"{days} days", f"{wanted} days"

    return asked


def _last_change(host: Examined, _: Arguments) -> Offenders:
    for one in filter(_has_password, host.all("account")):
        changed, today = one.data.get("last_change"), one.data.get("today")
        if changed is not None and today is not None and changed > today:
            yield one.subject, f"changed on day {changed}, which is yet to come", "a day in the past"


def _system(host: Examined) -> Iterator[Fact]:
    for one in host.all("account"):
        if one.subject not in _NOT_SYSTEM and (one.data["uid"] < _UID_MIN or one.data["uid"] == 65534):
            yield one


def _system_shell(host: Examined, _: Arguments) -> Offenders:
    for one in _system(host):
        if one.data.get("shell") not in _NO_SHELLS:
            yield one.subject, f"shell {one.data.get('shell')}", "nologin"


def _system_locked(host: Examined, _: Arguments) -> Offenders:
    for one in _system(host):
        if _has_password(one) or one.data.get("password") == "none":
            yield one.subject, "has a password", "locked"


def _no_shell_locked(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("account"):
        if one.data.get("shell") in _NO_SHELLS and one.subject != "root" and _has_password(one):
            yield one.subject, f"shell {one.data.get('shell')}, but a password", "locked"


def _root_gid(host: Examined, _: Arguments) -> Offenders:
    root = host.one("account", "root")
    if root is None or root.data["gid"] != 0:
        yield "root", f"group {root.data['gid'] if root else 'missing'}", "group 0"


def _gid0_only(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("account"):
        if one.data["gid"] == 0 and one.subject not in ("root", "sync", "shutdown", "halt", "operator"):
            yield one.subject, "primary group 0", "another group than root's"


def _group0_only(host: Examined, _: Arguments) -> Offenders:
    for one in host.all("group"):
        if one.data["gid"] == 0 and one.subject != "root":
            yield one.subject, "gid 0", "another gid than root's"


def _root_password(host: Examined, _: Arguments) -> Offenders:
    root = host.one("account", "root")
    if root is None or not _has_password(root):
        yield "root", str(root.data.get("password", "unknown")) if root else "missing", "a password"


def _root_controlled(host: Examined, _: Arguments) -> Offenders:
    root = host.one("account", "root")
    if root is None or not (_has_password(root) or root.data.get("password") in ("locked", "unset")):
        yield "root", str(root.data.get("password", "unknown")) if root else "missing", "a password, or locked"


def _legacy_plus(host: Examined, _: Arguments) -> Offenders:
    for kind in ("account", "group"):
        for one in host.all(kind):
            if one.subject.startswith("+"):
                yield one.subject, "an entry of NIS", "none"


def _group_empty(host: Examined, p: Arguments) -> Offenders:
    group = host.one("group", p["group"] or "shadow")
    if group is None:
        return
    primary = [one.subject for one in host.all("account") if one.data["gid"] == group.data["gid"]]
    members: Sequence[str] = [*group.data.get("members", ()), *primary]
    if members:
        yield group.subject, f"members {', '.join(members)}", "no members"


_QUERIES: Mapping[str, Callable[[Examined, Arguments], Offenders]] = {
    "uid0_only": _uid0_only,
    "duplicate_uid": _duplicates("account", "uid"),
    "duplicate_user": _duplicates("account", None),
    "duplicate_gid": _duplicates("group", "gid"),
    "duplicate_group": _duplicates("group", None),
    "gid_exists": _gid_exists,
    "empty_password": _empty_password,
    "shadowed": _shadowed,
    **{query: _age(query) for query in _AGES},
    "last_change_in_past": _last_change,
    "system_shell": _system_shell,
    "system_locked": _system_locked,
    "no_shell_locked": _no_shell_locked,
    "root_gid": _root_gid,
    "gid0_only": _gid0_only,
    "group0_only": _group0_only,
    "root_password": _root_password,
    "root_controlled": _root_controlled,
    "legacy_plus": _legacy_plus,
    "group_empty": _group_empty,
}

KIND = Kind(
    "accounts",
    "users and groups of the host's own files",
    {
        "query": Parameter("string", "what is asked", required=True, choices=tuple(_QUERIES)),
        "group": Parameter("string", "with `group_empty`: which group"),
    },
    _run,
    ("account", "group"),
    compares="allowed",
)

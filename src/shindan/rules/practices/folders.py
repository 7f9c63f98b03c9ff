"""Whether anybody but root can change the folders of programs and of configuration.

A folder is safe where root owns it and nobody else may write: neither everybody nor a group with a member other than
root, by the list of the group or as somebody's first group. A folder with the sticky bit lets nobody replace what is
another's. With an access control list the group's bits are the mask, the most that the list grants (acl(5)).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.patterns import found
from shindan.rules.checks.result import CannotTell, Result, all_of, judged
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined

_LITERAL = (
    "/", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/usr", "/usr/bin", "/usr/sbin", "/usr/lib",
    "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/local", "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib",
    "/etc", "/etc/ssh", "/etc/systemd", "/boot", "/root",
)  # fmt: skip
_PATTERNS = {"/etc/*.d": r"^/etc/[^/]*\.d$", "/etc/cron.*": r"^/etc/cron\.[^/]*$", "/etc/systemd/**": r"^/etc/systemd/"}
_WANTED = "writable by root alone"
_JUDGED = ("directory", "regular")
_OTHERS, _GROUP, _STICKY = 0o002, 0o020, 0o1000


def _folders(host: Examined, p: Arguments) -> Result:
    results = [_one(host, path, p) for path in _LITERAL]
    results += [_many(host, pattern, p) for pattern in _PATTERNS]
    said = all_of(results)
    if said.verdict == "pass":
        return Result("pass", (Evidence("system folders", f"all {len(said.evidence)} looked at", _WANTED),))
    return said


def _one(host: Examined, path: str, p: Arguments) -> Result:
    try:
        fact = host.one("file", path)
        if fact is None:
            return Result("unknown", reason=f"nobody looked at {path}")
        return _judged(host, [fact], p)
    except CannotTell as error:
        return Result(error.verdict, reason=error.reason)


def _many(host: Examined, pattern: str, p: Arguments) -> Result:
    try:
        looked = host.one("file", pattern)
        if looked is None:
            return Result("unknown", reason=f"nobody looked for {pattern}")
        facts = [one for one in host.all("file") if found(_PATTERNS[pattern], one.subject)]
        said = _judged(host, [one for one in facts if one.subject not in _LITERAL], p)
    except CannotTell as error:
        return Result(error.verdict, reason=error.reason)
    if looked.data.get("complete") is False:
        reason = f"{pattern}: {looked.data.get('reason') or 'not all of it could be looked at'}"
        return all_of([said, Result("error", reason=reason)])
    return said


def _judged(host: Examined, facts: list[Fact], p: Arguments) -> Result:
    looked = []
    for fact in facts:
        # /bin of a merged /usr is a link to /usr/bin, which is judged under its own name.
        known = fact.data.get("link") and str(fact.data.get("target", "")) in _LITERAL
        if fact.data["type"] in _JUDGED and not known:
            why = next(_faults(host, fact, p), "")
            looked.append((not why, Evidence(fact.subject, f"{_shown(fact)}: {why}" if why else _shown(fact), _WANTED)))
    return judged(looked, empty=Result("not_applicable", reason="not there"))


def _faults(host: Examined, fact: Fact, p: Arguments) -> Iterator[str]:
    data = fact.data
    mode = int(str(data["mode"]), 8)
    if data["uid"] != 0:
        yield f"{data.get('owner') or data['uid']} owns it"
    if mode & _STICKY and data["type"] == "directory":
        return
    if mode & _OTHERS:
        yield "everybody may write"
    if mode & _GROUP:
        if data.get("acl"):
            yield "an access control list lets more than its owner write"
        yield from _by_group(host, fact, p)


def _by_group(host: Examined, fact: Fact, p: Arguments) -> Iterator[str]:
    gid, name = fact.data["gid"], str(fact.data.get("group") or fact.data["gid"])
    if gid == 0 or name in (p["groups"] or ()):
        return
    others = host.view("members but root", _members).get(gid, ())
    if others:
        yield f"group {name} may write, of which {', '.join(others[:5])} {'is' if len(others) == 1 else 'are'}"
    elif not any(one.data["gid"] == gid for one in host.all("group")):
        yield f"group {name} may write, which /etc/group does not know"


def _members(host: Examined) -> Mapping[int, list[str]]:
    """Group number → members other than root, those whose first group it is included."""
    of: dict[int, list[str]] = {}
    roots = {one.subject for one in host.all("account") if one.data["uid"] == 0}
    for group in host.all("group"):
        of.setdefault(group.data["gid"], []).extend(str(one) for one in group.data.get("members", ()))
    for account in host.all("account"):
        of.setdefault(account.data["gid"], []).append(account.subject)
    return {gid: sorted(set(names) - roots) for gid, names in of.items()}


def _shown(fact: Fact) -> str:
    data = fact.data
    seen = f"{data['mode']} {data.get('owner') or data['uid']}:{data.get('group') or data['gid']}"
    return seen + (f", through a link to {data.get('target')}" if data.get("link") else "")


FOLDERS = CodedRule(
    Rule(
        "practices-system-folders",
        "Configure permissions for system directories",
        "High",
        "Somebody other than root can change folders of programs or configuration, and so have root run their own.",
        "Give each folder back to root and take others' rights away: `chown root FOLDER`, `chmod go-w FOLDER`, "
        "`setfacl -b FOLDER`; look first whether something was put there already.",
        flaw="Instance {agent} has system directories that others than root can write",
    ),
    Kind(
        "practices-system-folders",
        "who can write to system folders",
        {"groups": Parameter("strings", "groups that may write, whoever is in them: `staff`")},
        _folders,
        ("file", "group", "account"),
    ),
)

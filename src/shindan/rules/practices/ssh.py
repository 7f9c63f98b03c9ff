"""What the SSH server lets in: root, version 1 of the protocol, passwords.

Facts `sshd` hold what is in force, includes and drop-ins merged as the server merges them: for everybody (`global`) and
within each Match block. A server that systemd starts for each caller has no process, and is judged all the same.
Source: sshd_config(5), and OpenSSH's release notes (7.4 ended version 1 of the protocol).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from shindan.facts.fact import Fact
from shindan.model.outcome import Evidence
from shindan.model.rule import Rule
from shindan.rules.checks import compiled
from shindan.rules.checks.kind import Arguments, Kind, Parameter
from shindan.rules.checks.result import CannotTell, Result, judged
from shindan.rules.coded import CodedRule
from shindan.rules.examined import Examined

_PACKAGES = ("openssh-server", "openssh")
_WITHOUT_VERSION_1 = (7, 4)
_PREFERS_VERSION_2 = (5, 4)
_RELEASE = re.compile(r"(?:\d+:)?(\d+)\.(\d+)")
_BY_KEYS = {"prohibit-password", "without-password"}
_KEYBOARD = ("kbdinteractiveauthentication", "challengeresponseauthentication", "keyboardinteractiveauthentication")
_NO_SERVER = Result("not_applicable", reason="the host has no SSH server")


def _root_login(host: Examined, p: Arguments) -> Result:
    # Servers before 7.0 know one of these names alone, and `sshd -T` prints the old one to this day.
    allowed = set(p["allowed"]) | (_BY_KEYS if _BY_KEYS & set(p["allowed"]) else set())
    return compiled.compiled({"sshd": {"option": "PermitRootLogin", "in": sorted(allowed), "contexts": "all"}})(host)


def _version_2(host: Examined, _: Arguments) -> Result:
    base = _server(host)
    if base is None:
        return _NO_SERVER
    protocol = _values(base.data.get("options", {}), "protocol")
    if base.data.get("origin") == "sshd -T":
        seen = f"Protocol {', '.join(protocol)}" if protocol else "the server knows version 2 alone"
        return _of_version(seen, "1" not in ",".join(protocol).replace(" ", "").split(","))
    release, name = _release(host)
    if release >= _WITHOUT_VERSION_1:
        return _of_version(f"{name}, which knows version 2 alone", True)
    if not name:
        raise CannotTell("unknown", "neither the server's own word nor the version of its package is known")
    said = ",".join(protocol) or ("2" if release >= _PREFERS_VERSION_2 else "2,1")
    seen = f"{name}, Protocol {said}" + ("" if protocol else " by default")
    return _of_version(seen, "1" not in said.replace(" ", "").split(","))


def _of_version(seen: str, good: bool) -> Result:
    return Result("pass" if good else "fail", (Evidence("sshd", seen, "Protocol 2"),))


def _release(host: Examined) -> tuple[tuple[int, int], str]:
    """OpenSSH's own release by the distribution's package, and that package; (0, 0) and "" where there is none."""
    for name in _PACKAGES:
        for fact in host.named("package", name):
            match = _RELEASE.match(str(fact.data["version"]))
            if match is not None:
                return (int(match[1]), int(match[2])), f"{name} {fact.data['version']}"
    return (0, 0), ""


def _password_login(host: Examined, p: Arguments) -> Result:
    base = _server(host)
    if base is None:
        return _NO_SERVER
    mine = base.data.get("options", {})
    blocks = (one for one in host.all("sshd") if one is not base)
    contexts = [("sshd", mine), *((f"sshd, {one.subject}", {**mine, **one.data.get("options", {})}) for one in blocks)]
    wanted = "no login by a password alone"
    looked = []
    for where, options in contexts:
        ways = list(_ways(options, p["keyboard_interactive"]))
        seen = "; ".join(ways) or "a password alone lets nobody in"
        looked.append((not ways, Evidence(where, seen, wanted)))
    return judged(looked, empty=Result("pass"))


def _ways(options: Mapping[str, Any], keyboard: bool) -> Iterator[str]:
    """How a password alone lets somebody in."""
    by_password = _is_yes(options, ("passwordauthentication",), "yes")
    by_keyboard = keyboard and _is_yes(options, _KEYBOARD, "yes")
    methods = " ".join(_values(options, "authenticationmethods")).split() or ["any"]
    if methods == ["any"]:
        if by_password:
            yield "PasswordAuthentication yes"
        if by_keyboard and _is_yes(options, ("usepam",), "no"):
            yield "KbdInteractiveAuthentication yes with UsePAM yes"
        return
    able = {"password": by_password, "keyboard-interactive": by_keyboard}
    for one in methods:
        # A list is a chain of methods that must all succeed; what comes after a colon narrows one of them.
        if all(able.get(method.partition(":")[0], False) for method in one.split(",")):
            yield f"AuthenticationMethods {one}"


def _is_yes(options: Mapping[str, Any], names: tuple[str, ...], default: str) -> bool:
    found = next((values for name in names if (values := _values(options, name))), [default])
    return found[0].lower() == "yes"


def _server(host: Examined) -> Fact | None:
    """The fact of what is in force for everybody; None without a server."""
    base = host.one("sshd", "global")
    if base is None:
        host.all("sshd")
        raise CannotTell("error", "what the SSH server does for everybody is not known")
    return None if base.data.get("installed") is False else base


def _values(options: Mapping[str, Any], name: str) -> list[str]:
    found = options.get(name)
    return [] if found is None else [str(one) for one in found] if isinstance(found, list) else [str(found)]


ROOT_LOGIN = CodedRule(
    Rule(
        "practices-ssh-root-login",
        "Disable root login over SSH",
        "Medium",
        "The SSH server lets root log in. root exists on every host, so its name need not be guessed, and what several "
        "people do as root cannot be told apart afterwards.",
        "Make sure that a personal account with sudo works, put `PermitRootLogin no` ahead of every other mention of "
        "it (drop-ins and Match blocks included), and reload the server.",
        references=("man:sshd_config(5)",),
        flaw="Instance {agent} lets root log in over SSH",
    ),
    Kind(
        "practices-ssh-root-login",
        "whether root can log in over SSH",
        {"allowed": Parameter("strings", "values of PermitRootLogin that are accepted", default=["no"])},
        _root_login,
        ("sshd",),
    ),
)

VERSION_2 = CodedRule(
    Rule(
        "practices-ssh-version-2",
        "Support SSH version 2 only",
        "Medium",
        "Version 1 of the SSH protocol has flaws by which a session can be read and changed on its way.",
        "Put `Protocol 2` into sshd_config and restart the server, or upgrade OpenSSH to 7.4 or newer, which knows "
        "nothing else.",
        references=("man:sshd_config(5)",),
        flaw="Instance {agent} accepts version 1 of the SSH protocol",
    ),
    Kind("practices-ssh-version-2", "whether version 1 of the protocol is spoken", {}, _version_2, ("sshd", "package")),
)

PASSWORD_LOGIN = CodedRule(
    Rule(
        "practices-ssh-password-login",
        "Disable password authentication over SSH",
        "Medium",
        "A password alone opens a session over SSH, so passwords can be guessed from everywhere the port is reached.",
        "Give everybody a key, then set `PasswordAuthentication no` and `KbdInteractiveAuthentication no` (before 8.7: "
        "`ChallengeResponseAuthentication no`), Match blocks included, or ask for a key as well with "
        "`AuthenticationMethods publickey,password`; reload the server.",
        references=("man:sshd_config(5)",),
        flaw="Instance {agent} accepts passwords over SSH",
    ),
    Kind(
        "practices-ssh-password-login",
        "whether a password alone is enough",
        {
            "keyboard_interactive": Parameter(
                "boolean", "whether keyboard-interactive logins count; not where PAM asks for codes alone", default=True
            )
        },
        _password_login,
        ("sshd",),
    ),
)

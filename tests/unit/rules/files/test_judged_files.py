"""Readers of configuration files against the programs whose files they are: cvtsudoers, sh, dconf."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examined import fact, host
from shindan.rules.files.dconf import plain, profile
from shindan.rules.files.shell_scripts import assigned, umask_of
from shindan.rules.files.sudoers import parsed
from support import need_tool

# ── sudoers ──

FLAGS = ["use_pty", "env_reset", "visiblepw", "authenticate", "requiretty", "log_input"]
VALUES = {
    "logfile": ["/var/log/sudo.log", '"/var/log/su do.log"', "/x\\,y"],
    "timestamp_timeout": ["0", "15", "-1", "2.5"],
    "secure_path": ['"/sbin:/bin"', "/usr/sbin:/usr/bin"],
    "passwd_tries": ["3"],
}
OPTIONS = st.one_of(
    st.tuples(st.sampled_from(["", "!"]), st.sampled_from(FLAGS)).map("".join),
    st.sampled_from(sorted(VALUES)).flatmap(
        lambda name: st.tuples(st.sampled_from(["=", " = "]), st.sampled_from(VALUES[name])).map(
            lambda pair: name + pair[0] + pair[1]
        )
    ),
)
SCOPES = st.sampled_from(["", ":alice", ":alice, bob", "@web1", ">root", "!/bin/ls", ":%wheel"])
DEFAULTS = st.tuples(SCOPES, st.lists(OPTIONS, min_size=1, max_size=4), st.sampled_from([", ", ",", ", \\\n   "])).map(
    lambda parts: f"Defaults{parts[0]} " + parts[2].join(parts[1])
)
GRANTS = st.tuples(
    st.sampled_from(["alice", "%wheel", "#1000", "ADMINS", "+net"]),
    st.sampled_from(["ALL", "web1"]),
    st.sampled_from(["", "(ALL) ", "(ALL:ALL) "]),
    st.sampled_from(["", "NOPASSWD: ", "NOPASSWD:", "PASSWD: ", "NOEXEC: NOPASSWD: ", "SETENV:"]),
    st.sampled_from(["ALL", "/bin/ls, /bin/cat", "/bin/ls -l *"]),
    st.sampled_from(["", " # NOPASSWD: ALL"]),
).map(lambda parts: f"{parts[0]} {parts[1]} = {parts[2]}{parts[3]}{parts[4]}{parts[5]}")
NOISE = st.sampled_from(["", "# Defaults use_pty", "User_Alias ADMINS2 = alice, bob", "Cmnd_Alias LS = /bin/ls"])


@pytest.mark.system
@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(st.one_of(DEFAULTS, GRANTS, NOISE), max_size=8))
def test_sudoers_mean_what_sudo_says(lines: list[str]) -> None:
    need_tool("cvtsudoers", "sudo")
    text = "\n".join(["User_Alias ADMINS = root", *dict.fromkeys(lines)]) + "\n"
    done = subprocess.run(["cvtsudoers", "-f", "json"], input=text, capture_output=True, text=True, check=True)
    theirs = json.loads(done.stdout or "{}")
    mine = parsed(text.splitlines())
    assert [_mine(one) for one in mine.defaults] == list(_theirs(theirs.get("Defaults", [])))
    free = sum("NOPASSWD" in one.tags for one in mine.grants)
    assert free == sum(_is_free(one) for one in theirs.get("User_Specs", []))


def _mine(one: Any) -> tuple[str, str, Any]:
    value: Any = one.value if one.value else one.on
    scope = one.scope[:1].replace(">", ":")  # cvtsudoers calls both a user
    return scope, one.name, value


def _theirs(defaults: list[dict[str, Any]]) -> Any:
    scopes = {"username": ":", "usergroup": ":", "hostname": "@", "command": "!", "runasuser": ">"}
    for one in defaults:
        scope = scopes[next(iter(one["Binding"][0]))] if one.get("Binding") else ""
        for option in one["Options"]:
            for name, value in option.items():
                yield scope, name, value if isinstance(value, bool) else _number(value)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_free(spec: dict[str, Any]) -> bool:
    return any(option == {"authenticate": False} for one in spec["Cmnd_Specs"] for option in one.get("Options", []))


# ── start-up files of shells ──

SETTINGS = st.sampled_from(
    ["umask 022", "umask 027", "umask u=rwx,g=rx,o=", "umask 0077", "X=1; umask 007", "umask 027 # 000"]
)
SIMPLE = st.one_of(SETTINGS, st.sampled_from([":", ": # umask 000", "echo umask 000 >/dev/null", "false || umask 026"]))


def _branches(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    condition = st.sampled_from(["true", "false", "[ 1 -gt 0 ]"])
    both = st.tuples(condition, inner, inner).map(lambda p: f"if {p[0]}; then\n{p[1]}\nelse\n{p[2]}\nfi")
    one = st.tuples(condition, inner).map(lambda p: f"if {p[0]}\nthen\n{p[1]}\nfi")
    case = inner.map(lambda p: f"case x in\ny)\n{p}\n;;\nesac")
    return st.one_of(both, one, case, st.lists(inner, min_size=1, max_size=3).map("\n".join))


@pytest.mark.system
@pytest.mark.slow
@settings(max_examples=60)
@given(st.recursive(SIMPLE, _branches, max_leaves=6))
def test_what_is_sure_happens_and_nothing_else_does(script: str) -> None:
    done = subprocess.run(["sh", "-c", f"umask 0111\n{script}\numask"], capture_output=True, text=True, check=True)
    happened = int(done.stdout.split()[-1], 8)
    found = [one for one in assigned(script.splitlines()) if one.name == "umask" and one.value]
    values = {umask_of(str(one.value)) for one in found}
    assert happened in values | {0o111}
    if any(one.sure for one in found):
        assert happened != 0o111


@given(st.integers(0, 0o777))
def test_umasks_in_both_spellings(bits: int) -> None:
    letters = [
        "".join(name for name, one in zip("rwx", (4, 2, 1), strict=True) if ~bits >> shift & one) for shift in (6, 3, 0)
    ]
    assert umask_of("u={},g={},o={}".format(*letters)) == bits == umask_of(f"{bits:04o}")


# ── dconf ──

KEYS = ["idle-delay", "lock-enabled", "text"]
GVARIANT = {
    "idle-delay": ["uint32 900", "uint32 0"],
    "lock-enabled": ["true", "false"],
    "text": ["'a b'", "'it\\'s'", '"x"'],
}
FILES = st.dictionaries(
    st.sampled_from(["00-a", "10-b", "99-c"]),
    st.dictionaries(st.sampled_from(KEYS), st.integers(0, 2), min_size=1),
    min_size=1,
)  # fmt: skip


@pytest.mark.system
@pytest.mark.slow
@settings(max_examples=20)
@given(FILES)
def test_key_files_mean_what_dconf_says(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, dict[str, int]]
) -> None:
    need_tool("dconf", "dconf-cli")
    folder = tmp_path_factory.mktemp("dconf")
    (folder / "x.d").mkdir()
    facts = [fact("text", pattern, pattern=True) for pattern in ("/etc/dconf/profile/*", "/usr/share/dconf/profile/*", "/etc/dconf/db/*.d/*", "/etc/dconf/db/*.d/locks/*")]  # fmt: skip
    facts.append(fact("text", "/etc/dconf/profile/user", lines=["user-db:user", "system-db:x"]))
    for name, values in files.items():
        lines = ["[org/x]", *(f"{key}={GVARIANT[key][number % len(GVARIANT[key])]}" for key, number in values.items())]
        (folder / "x.d" / name).write_text("\n".join(lines) + "\n")
        facts.append(fact("text", f"/etc/dconf/db/x.d/{name}", lines=lines))
    subprocess.run(["dconf", "compile", folder / "x", folder / "x.d"], check=True)
    (folder / "profile").write_text(f"file-db:{folder}/x\n")
    (database,) = profile(host(*facts), "user")
    for key in KEYS:
        theirs = _read(folder, key)
        value = database.values.get(f"org/x/{key}")
        assert (value.text if value else "") == plain(theirs), key


def _read(folder: Path, key: str) -> str:
    environment = {**os.environ, "DCONF_PROFILE": str(folder / "profile")}
    argv = ["dconf", "read", f"/org/x/{key}"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()

"""sshd's files against sshd itself: the same options for everybody and for connections, over generated files."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shindan.collect.base import collected
from shindan.collect.root import Root
from shindan.collect.sshd import Sshd, parsed, told
from shindan.collect.sshd_daemon import kept, split
from shindan.collect.sshd_files import read, words
from shindan.collect.sshd_match import Connection, satisfying
from shindan.collect.sshd_values import ALIASES, DEFAULTS, effective
from shindan.collect.unavailable import Unavailable
from support import need_tool
from unit.collect.trees import gather, tree

SCALARS: dict[str, list[str]] = {
    "PermitRootLogin": ["yes", "no", "prohibit-password", "without-password", "forced-commands-only"],
    "PasswordAuthentication": ["yes", "no"],
    "KbdInteractiveAuthentication": ["yes", "no"],
    "PermitEmptyPasswords": ["yes", "no"],
    "X11Forwarding": ["yes", "no"],
    "AllowTcpForwarding": ["yes", "no", "local", "remote", "all"],
    "MaxAuthTries": ["1", "4", "9"],
    "MaxSessions": ["0", "3", "12"],
    "ClientAliveInterval": ["0", "5m", "1h30m", "90"],
    "ClientAliveCountMax": ["0", "3"],
    "LogLevel": ["INFO", "verbose", "DEBUG", "QUIET"],
    "Banner": ["/etc/issue.net", "none"],
    "AuthenticationMethods": ["publickey", "publickey,password", "publickey password"],
    "AllowUsers": ["alice", "bob carol", "dave@192.0.2.*"],
    "DenyGroups": ["wheel", "staff admin"],
    "AcceptEnv": ["LANG LC_*", "TERM"],
    "PermitTTY": ["yes", "no"],
    "HostbasedAuthentication": ["yes", "no"],
    "IgnoreRhosts": ["yes", "no"],
    "GatewayPorts": ["yes", "no", "clientspecified"],
    "ForceCommand": ["/bin/true", "internal-sftp -l INFO"],
    "DisableForwarding": ["yes", "no"],
}
GLOBAL: dict[str, list[str]] = {
    "LoginGraceTime": ["60", "2m", "1h", "0"],
    "MaxStartups": ["10:30:60", "5", "100:10:200"],
    "UsePAM": ["yes", "no"],
    "StrictModes": ["yes", "no"],
    "PermitUserEnvironment": ["yes", "no", "LANG"],
    "UseDNS": ["yes", "no"],
    "Compression": ["yes", "no", "delayed"],
    "TCPKeepAlive": ["yes", "no"],
    "SyslogFacility": ["AUTH", "authpriv"],
    "ChallengeResponseAuthentication": ["yes", "no"],
}
MATCHES = [
    "User alice", "User a*,!alice", "User bob Address 192.0.2.0/24", "Address 2001:db8::/32", "Host *.example",
    "LocalPort 2222", "Address 10.*,192.0.2.1", "all", "User=carol", "LocalAddress 198.51.100.0/24 User bob,dave",
]  # fmt: skip
CONNECTIONS = [
    Connection(user="alice", host="a.example", addr="192.0.2.7"),
    Connection(user="anna", host="b.test", addr="10.1.2.3", lport="2222"),
    Connection(user="bob", host="c.example", addr="192.0.2.1"),
    Connection(user="carol", host="x", addr="2001:db8::5", laddr="203.0.113.1"),
]
SPELLINGS = ["{} {}", "{}={}", "{} = {}", "{}\t{}", '{} "{}"', "  {}   {}  ", "{} {} # why"]


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A host key; and the folder in /run that sshd asks for."""
    need_tool("/usr/sbin/sshd", "openssh-server")
    if os.geteuid() != 0:
        pytest.skip("needs to be root: sshd -T")
    os.makedirs("/run/sshd", mode=0o755, exist_ok=True)
    key = tmp_path_factory.mktemp("ssh") / "key"
    keygen = need_tool("ssh-keygen", "openssh-client")
    subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    return key


def said(judge: Path, path: Path, connection: Connection | None) -> dict[str, Any] | None:
    """What sshd says; None where it refuses the files."""
    argv = ["/usr/sbin/sshd", "-T", "-h", str(judge), "-f", str(path)]
    if connection is not None:
        argv += ["-C", ",".join(f"{name}={value}" for name, value in connection.told().items())]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return parsed(done.stdout.splitlines()) if done.returncode == 0 else None


def option(random_: random.Random, inside: bool) -> str:
    known = SCALARS if inside else {**SCALARS, **GLOBAL}
    name = random_.choice(sorted(known))
    value = random_.choice(known[name])
    spelling = random_.choice(SPELLINGS if " " not in value else SPELLINGS[:2])
    shown = random_.choice([name, name.lower(), name.upper()])
    return spelling.format(shown, value)


def lines(random_: random.Random, folder: Path, depth: int, inside: bool) -> Iterator[str]:
    for _ in range(random_.randint(1, 7)):
        kind = random_.random()
        if kind < 0.12 and depth < 2:
            name = f"{random_.randrange(10**6)}"
            sub = folder / name
            sub.mkdir()
            for number in range(random_.randint(1, 3)):
                (sub / f"{number}.conf").write_text("\n".join(lines(random_, folder, depth + 1, inside)) + "\n")
            yield f"Include {sub}/*.conf"
        elif kind < 0.3:
            yield f"{random_.choice(['Match', 'match'])} {random_.choice(MATCHES)}"
            inside = True
        elif kind < 0.36:
            yield random_.choice(["", "# PermitRootLogin yes", "   "])
        else:
            yield option(random_, inside)


def asked(mine: dict[str, Any], theirs: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Options that differ: those of the generator, and all that have a default here."""
    names = {ALIASES.get(name.lower(), name.lower()) for name in {**SCALARS, **GLOBAL}} | set(DEFAULTS)
    differing = {}
    for name in sorted(names):
        one, other = mine.get(name), theirs.get(name)
        if name == "acceptenv" or isinstance(one, list) or isinstance(other, list):
            one, other = ([value] if isinstance(value, str) else value for value in (one, other))
        if name == "forcecommand" and isinstance(other, str):
            other = other.strip('"').partition(" #")[0].strip('"')  # sshd keeps that line as it is
        if one != other:
            differing[name] = (one, other)
    return differing


@pytest.mark.system
@pytest.mark.slow
def test_generated_files_mean_the_same_to_sshd(judge: Path, tmp_path: Path) -> None:
    compared, wrong = 0, []
    for seed in range(200):
        random_ = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        path = folder / "sshd_config"
        path.write_text("\n".join(lines(random_, folder, 0, False)) + "\n")
        for connection in (None, random_.choice(CONNECTIONS)):
            theirs = said(judge, path, connection)
            if theirs is None:
                continue
            compared += 1
            mine = effective(read(Root("/"), str(path)).entries, connection)
            if asked(mine, theirs):
                wrong.append((seed, connection, asked(mine, theirs), path.read_text()))
    assert not wrong, wrong[0]
    assert compared > 300


@pytest.mark.system
def test_a_connection_that_meets_a_line_meets_it_for_sshd(judge: Path, tmp_path: Path) -> None:
    groups = {"staff": ["alice"], "wheel": ["root"]}
    for line in [*MATCHES, "Group wheel", "Group st*,!wheel", "User root Group wheel", "Address !10.0.0.0/8,*"]:
        path = tmp_path / "sshd_config"
        path.write_text(f"MaxSessions 1\nMatch {line}\nMaxSessions 7\n")
        (blocks,) = read(Root("/"), str(path)).blocks
        connection = satisfying(blocks, groups)
        assert connection is not None, line
        if "Group" in line:
            continue  # sshd would look into this machine's own groups
        theirs = said(judge, path, connection)
        assert theirs is not None and theirs["maxsessions"] == "7", line


@pytest.mark.parametrize("line", ["Version OpenSSH*", "Group nobody-is-in", "LocalPort 22 User !*"])
def test_lines_that_nobody_meets(line: str, tmp_path: Path) -> None:
    (tmp_path / "c").write_text(f"Match {line}\nMaxSessions 7\n")
    (blocks,) = read(Root("/"), str(tmp_path / "c")).blocks
    assert satisfying(blocks, {}) is None


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        ("PermitRootLogin no", ("permitrootlogin", ["no"])),
        ("permitrootlogin=no", ("permitrootlogin", ["no"])),
        ("PermitRootLogin = no", ("permitrootlogin", ["no"])),
        ('Banner "/etc/my issue"', ("banner", ["/etc/my issue"])),
        ("AllowUsers a b # c", ("allowusers", ["a", "b"])),
        ("Banner a\\ b", ("banner", ["a b"])),
        ("# PermitRootLogin no", None),
        ("PermitRootLogin", None),
        ("", None),
    ],
)
def test_words_of_a_line(line: str, meaning: tuple[str, list[str]] | None) -> None:
    assert words(line) == meaning


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["-D", "-o", "PermitRootLogin no", "-p", "22"], ["-o", "PermitRootLogin no"]),
        (["-oCiphers=a,b", "-f/etc/x"], ["-o", "Ciphers=a,b", "-f", "/etc/x"]),
        (["-D", "-o", "AuthorizedKeysCommand", "/bin/x", "%u", "-o", "Port=1"], ["-o", "AuthorizedKeysCommand /bin/x %u", "-o", "Port=1"]),
        (["-D", "-e"], []),
    ],
)  # fmt: skip
def test_arguments_that_change_a_configuration(arguments: list[str], told: list[str]) -> None:
    assert kept(arguments) == told
    assert split(told)[0] == ("/etc/x" if "-f" in told else None)


@pytest.mark.system
def test_the_server_that_runs_is_asked_with_its_own_options(judge: Path, tmp_path: Path) -> None:
    config = tmp_path / "c"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config.write_text(f"HostKey {judge}\nPidFile none\nListenAddress 127.0.0.1:{port}\nMatch User bob\nMaxSessions 2\n")
    argv = ["/usr/sbin/sshd", "-D", "-e", "-f", str(config), "-o", "PermitRootLogin=no", "-o", "MaxSessions=4"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert "listening" in server.stderr.readline()
            facts = gather(Sshd(), Root("/"))
            later = time.time() + 1000
            os.utime(config, (later, later))
            assert gather(Sshd(), Root("/"))[0].data["changed_since_start"] is True
        finally:
            server.terminate()
    everybody, bob = facts
    assert everybody.data["arguments"] == ["-f", str(config), "-o", "PermitRootLogin=no", "-o", "MaxSessions=4"]
    assert everybody.data["origin"] == bob.data["origin"] == "sshd -T"
    assert (everybody.data["options"]["permitrootlogin"], everybody.data["options"]["maxsessions"]) == ("no", "4")
    assert (bob.subject, bob.data["options"]["maxsessions"]) == ("Match User bob", "2")
    assert "changed_since_start" not in everybody.data


TREE = {
    "usr/sbin/sshd": "ELF",
    "etc/ssh/sshd_config": "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin no\nMatch User bob\nMaxSessions 3\n",
    "etc/ssh/sshd_config.d/10-x.conf": "PermitRootLogin yes\nPermitRootLogin no\n",
}


def test_below_a_root_the_files_are_read(tmp_path: Path) -> None:
    everybody, bob = gather(Sshd(), tree(tmp_path / "r", TREE))
    assert everybody.data["options"]["permitrootlogin"] == "yes"  # the drop-in comes first
    assert everybody.data["options"]["x11forwarding"] == "no"  # by default
    assert (everybody.data["origin"], bob.data["file"]) == ("parsed", "/etc/ssh/sshd_config:3")
    assert (bob.data["options"]["maxsessions"], bob.data["options"]["permitrootlogin"]) == ("3", "yes")


def test_a_match_in_an_included_file_ends_with_it(tmp_path: Path) -> None:
    files = {**TREE, "etc/ssh/sshd_config.d/10-x.conf": "Match Address 10.0.0.0/8\nPermitRootLogin yes\n"}
    everybody, ten, bob = gather(Sshd(), tree(tmp_path / "r", files))
    found = [one.data["options"]["permitrootlogin"] for one in (everybody, ten, bob)]
    assert found == ["no", "yes", "no"]


def test_two_equal_lines_are_two_facts(tmp_path: Path) -> None:
    files = {**TREE, "etc/ssh/sshd_config": "Match User bob\nMaxSessions 3\nMatch User bob\nBanner none\n"}
    facts = gather(Sshd(), tree(tmp_path / "r", files))
    assert [one.subject for one in facts] == ["global", "Match User bob", "Match User bob (2)"]


def test_options_of_a_policy_come_first(tmp_path: Path) -> None:
    policy = "CRYPTO_POLICY='-oCiphers=aes256-ctr -oMACs=hmac-sha2-512'\n"
    files = {**TREE, "etc/crypto-policies/back-ends/opensshserver.config": policy}
    everybody = gather(Sshd(), tree(tmp_path / "r", files))[0]
    assert everybody.data["arguments"] == ["-o", "Ciphers=aes256-ctr", "-o", "MACs=hmac-sha2-512"]
    assert everybody.data["options"]["ciphers"] == "aes256-ctr"


@pytest.mark.parametrize(
    ("name", "files", "reason"),
    [
        ("no configuration", {"usr/sbin/sshd": "ELF"}, "cannot start"),
        ("a circle", {**TREE, "etc/ssh/sshd_config": "Include /etc/ssh/sshd_config\n"}, "or itself"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_a_gap(name: str, files: dict[str, str], reason: str, tmp_path: Path) -> None:
    (gap,) = collected([Sshd()], tree(tmp_path / "r", files))
    assert gap.kind == "gap" and reason in gap.data["reason"] and gap.data["kinds"] == ["sshd"]


def test_no_server_is_an_answer(tmp_path: Path) -> None:
    (fact,) = gather(Sshd(), tree(tmp_path / "r", {}))
    assert fact.data == {"installed": False}


@pytest.mark.system
def test_a_word_that_sshd_refuses_is_a_gap(judge: Path, tmp_path: Path) -> None:
    config = tmp_path / "c"
    config.write_text("PermitRootLogin perhaps\n")
    with pytest.raises(Unavailable, match=r"would not start: .*perhaps"):
        told(Root("/"), ["-f", str(config), "-o", f"HostKey={judge}"], "")
    config.write_text("HostKey /nowhere\n")
    assert told(Root("/"), ["-f", str(config)], "") == {}

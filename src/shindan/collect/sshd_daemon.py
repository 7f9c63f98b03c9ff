"""The SSH server that runs: the options of its command line, and since when. Python 3.6 grammar.

A server that listens shows its command line in its title: `sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups`.
Only processes of root that see this host's own files count: others have configurations of their own.
"""

import os
import re
import shlex
from typing import List, NamedTuple, Optional, Tuple

from shindan.collect.net_namespaces import processes
from shindan.collect.root import Root
from shindan.collect.sshd_files import words
from shindan.collect.unavailable import Unavailable

_TITLE = re.compile(r"^(?:sshd: )?(/\S*sshd)\b(.*?)(?: \[listener\].*)?$", re.DOTALL)
_TICKS = 100
# Where distributions keep arguments of the server; crypto-policies of RHEL 8 are among them.
_ENVIRONMENT = (
    ("/etc/crypto-policies/back-ends/opensshserver.config", "CRYPTO_POLICY"),
    ("/etc/sysconfig/sshd", "CRYPTO_POLICY"),
    ("/etc/sysconfig/sshd", "OPTIONS"),
    ("/etc/default/ssh", "SSHD_OPTS"),
)


class Daemon(NamedTuple):
    """`options` are `-f FILE` and `-o Key=value` alone; `started` in seconds since 1970."""

    options: List[str]
    started: Optional[float]


def running() -> Optional[Daemon]:
    """The server that listens; None where none runs, or nobody may look."""
    own = _namespace("self")
    for pid in processes():
        folder = "/proc/{}".format(pid)
        try:
            with open(folder + "/comm", "rb") as stream:
                if stream.read(32).strip() != b"sshd":
                    continue
            if os.stat(folder).st_uid != 0 or _namespace(str(pid)) != own or os.readlink(folder + "/root") != "/":
                continue
            with open(folder + "/cmdline", "rb") as stream:
                arguments = _arguments(stream.read(65536))
        except OSError:
            continue
        if arguments is not None:
            return Daemon(kept(arguments), _started(folder))
    return None


def configured(root: Root) -> List[str]:
    """The options that a server would be started with, by the files of its unit's environment."""
    found: List[str] = []
    for path, name in _ENVIRONMENT:
        try:
            lines = root.text(path)
        except (FileNotFoundError, Unavailable):
            continue
        for line in lines:
            key, equals, value = line.strip().partition("=")
            if equals and key == name and words(line) is not None:
                found += kept(_split(" ".join(_split(value))))
    return found


def kept(arguments: List[str]) -> List[str]:
    """Of a command line `-f` and `-o` alone, each followed by its argument.

    A title has lost the quotes: what follows an `-o` and is no option is taken as part of it.
    """
    found: List[str] = []
    at = 0
    while at < len(arguments):
        one = arguments[at]
        at += 1
        if one[:2] not in ("-o", "-f"):
            continue
        value = one[2:]
        if not value and at < len(arguments):
            value = arguments[at]
            at += 1
        while one.startswith("-o") and at < len(arguments) and not arguments[at].startswith("-"):
            value += " " + arguments[at]
            at += 1
        found += [one[:2], value]
    return found


def split(options: List[str]) -> Tuple[Optional[str], List[str]]:
    """(the file of `-f`, arguments of `-o`) of kept options."""
    pairs = list(zip(options[::2], options[1::2]))
    files = [value for name, value in pairs if name == "-f"]
    return (files[-1] if files else None), [value for name, value in pairs if name == "-o"]


def _arguments(line: bytes) -> Optional[List[str]]:
    """The arguments of a server; None for a process that serves one session (`sshd: alice [priv]`)."""
    parts = [part.decode("utf-8", "replace") for part in line.rstrip(b"\0").split(b"\0") if part]
    if not parts:
        return None
    if len(parts) > 1 and not parts[0].startswith("sshd:"):
        return parts[1:]
    match = _TITLE.match(parts[0])
    return None if match is None else _split(match.group(2)) + parts[1:]


def _split(text: str) -> List[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _started(folder: str) -> Optional[float]:
    """proc(5): field 22 of stat in ticks since the boot, whose moment is in /proc/stat."""
    try:
        with open(folder + "/stat", "rb") as stream:
            ticks = int(stream.read(4096).rpartition(b")")[2].split()[19])
        with open("/proc/stat", "rb") as stream:
            boot = next(int(line.split()[1]) for line in stream if line.startswith(b"btime"))
        return boot + ticks / float(os.sysconf("SC_CLK_TCK") or _TICKS)
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _namespace(pid: str) -> str:
    return os.readlink("/proc/{}/ns/mnt".format(pid))

"""One process, as far as it may be known: its program, users, unit and container. Python 3.6 grammar.

Source: proc(5); systemd's "CGROUP_DELEGATION" for the names of control groups, and those that container runtimes give
(docker, containerd, cri-o, podman, lxc, systemd-nspawn). Of the command line only the first word is taken, and of an
interpreter the name of its script; the environment is never read.
"""

import os
import re
from typing import Dict, List, NamedTuple, Tuple

DELETED = " (deleted)"
_KERNEL_THREAD = 0x00200000
_FEW = 4096
_LONGEST_WORD = 200
_UNIT = re.compile(r"^[^/]+\.(?:service|scope|socket|mount|swap)$")
_CONTAINER = (
    re.compile(r"(?:^|[-/])([0-9a-f]{64})(?:\.scope)?(?:/|$)"),
    re.compile(r"/lxc(?:\.payload[./]|/)([\w.-]+)"),
    re.compile(r"/(?:systemd-nspawn@|machine-)([^/]+)\.(?:service|scope)(?:/|$)"),
)
# Interpreter -> the options that stand before a script and take no argument.
_INTERPRETERS = (
    (re.compile(r"^python[\d.]*$"), re.compile(r"^-[bBdEIOPqsSuvx]+$")),
    (re.compile(r"^perl[\d.]*$"), re.compile(r"^-[tTuUwWX]+$")),
    (re.compile(r"^(?:ruby|php|node|nodejs|lua|tclsh|wish)[\d.]*$"), re.compile(r"^-[wWq]+$")),
    (re.compile(r"^(?:sh|bash|dash|ash|ksh\d*|mksh|zsh|busybox)$"), re.compile(r"^-[aefhmnuvxl]+$")),
)
_MOST_ARGUMENTS = 8


class Hidden(Exception):
    """The process is there, and may not be looked into."""


class Process(NamedTuple):
    """`file` is (device, inode) of the executable; `root` the process's own root folder as it is to be reached.

    `foreign`: its files are not this host's own, since its root is another folder than the collector's.
    """

    pid: int
    path: str
    deleted: bool
    file: Tuple[int, int]
    uids: Tuple[int, ...]
    command: str
    script: str
    unit: str
    container: str
    foreign: bool
    root: str


def process(pid: int) -> Process:
    """What is known of a process.

    Raises FileNotFoundError for one that is gone, a zombie or a kernel thread, and Hidden.
    """
    folder = "/proc/{}".format(pid)
    try:
        path = os.readlink(folder + "/exe")
        status = os.stat(folder + "/exe")
        root = os.stat(folder + "/root")
    except (FileNotFoundError, ProcessLookupError):
        raise FileNotFoundError(folder) from None
    except OSError as error:
        if _is_kernels(folder):
            raise FileNotFoundError(folder) from None
        raise Hidden("{}: {}".format(folder, error.strerror or error)) from None
    here = os.stat("/")
    deleted = path.endswith(DELETED)
    path = path[: -len(DELETED)] if deleted else path
    words = _head(folder + "/cmdline").split(b"\0")
    unit, container = _control_group(folder)
    return Process(
        pid,
        path,
        deleted,
        (status.st_dev, status.st_ino),
        uids(folder),
        first_word(words[0]),
        _script(folder, os.path.basename(path), words[1:_MOST_ARGUMENTS]),
        unit,
        container,
        (root.st_dev, root.st_ino) != (here.st_dev, here.st_ino),
        folder + "/root",
    )


def uids(folder: str) -> Tuple[int, ...]:
    """Real, effective, saved and file-system user id, each once, rising; as this host counts, also in a container."""
    for line in _head(folder + "/status").split(b"\n"):
        if line.startswith(b"Uid:"):
            return tuple(sorted({int(word) for word in line[4:].split() if word.isdigit()}))
    return ()


def first_word(argument: bytes) -> str:
    """The first word of `argv[0]`: a process may have written its whole title there, arguments and all."""
    words = argument.split(None, 1)
    return words[0][:_LONGEST_WORD].decode("utf-8", "replace") if words else ""


def _script(folder: str, program: str, arguments: List[bytes]) -> str:
    """The script that an interpreter was given, only if it is a file there; "" otherwise."""
    plain = next((options for names, options in _INTERPRETERS if names.match(program)), None)
    if plain is None:
        return ""
    for argument in arguments:
        word = argument.decode("utf-8", "surrogateescape")
        if plain.match(word):
            continue
        if not word or word.startswith("-"):
            return ""
        try:
            path = os.path.normpath(os.path.join(os.readlink(folder + "/cwd"), word))
            return path if os.path.isfile(folder + "/root" + path) else ""
        except (OSError, ValueError):
            return ""
    return ""


def _control_group(folder: str) -> Tuple[str, str]:
    """(unit, container), from the control group that systemd made, else from any."""
    paths: Dict[str, str] = {}
    for line in _head(folder + "/cgroup").decode("utf-8", "replace").split("\n"):
        hierarchy, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if path and path != "/":
            paths["systemd" if controllers in ("", "name=systemd") else hierarchy] = path
    for path in [paths.pop("systemd", "")] + sorted(paths.values()):
        if path:
            return group(path)
    return "", ""


def group(path: str) -> Tuple[str, str]:
    """(unit, container) that a control group's path names: the innermost unit."""
    container = next((found.group(1) for found in (form.search(path) for form in _CONTAINER) if found), "")
    units = [part for part in path.split("/") if _UNIT.match(part)]
    return (units[-1] if units else "", container)


def _is_kernels(folder: str) -> bool:
    """Whether it is a kernel thread: flag PF_KTHREAD in the ninth field of `stat`."""
    fields = _head(folder + "/stat").rpartition(b")")[2].split()
    return len(fields) > 6 and fields[6].isdigit() and bool(int(fields[6]) & _KERNEL_THREAD)


def _head(path: str) -> bytes:
    try:
        with open(path, "rb", buffering=0) as stream:
            return stream.read(_FEW)
    except OSError:
        return b""

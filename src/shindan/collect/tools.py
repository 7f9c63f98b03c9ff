"""Every program that may be run on a host, each with its fixed arguments. Python 3.6 grammar."""

import functools
import os
import resource
import select
import signal
import subprocess
import time
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

from shindan.collect.unavailable import Unavailable

_SECONDS = 60.0
_BLOCK = 256 * 1024
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"}
_MOST = 16 * 1024 * 1024
_MOST_RESULTS = 512 * 1024 * 1024

OSCAP = ("/usr/bin/oscap", "/bin/oscap")
SSHD = ("/usr/sbin/sshd", "/sbin/sshd")
AUDITCTL = ("/usr/sbin/auditctl", "/sbin/auditctl")
FILTERS: Dict[str, Tuple[Tuple[str, ...], Tuple[str, ...]]] = {
    "nft": (("/usr/sbin/nft", "/sbin/nft"), ("-j", "list", "ruleset")),
    "iptables": (("/usr/sbin/iptables-save", "/sbin/iptables-save"), ()),
    "ip6tables": (("/usr/sbin/ip6tables-save", "/sbin/ip6tables-save"), ()),
    "iptables-legacy": (("/usr/sbin/iptables-legacy-save", "/sbin/iptables-legacy-save"), ()),
    "ip6tables-legacy": (("/usr/sbin/ip6tables-legacy-save", "/sbin/ip6tables-legacy-save"), ()),
}
"""Packet filter → where its tool may be, and the arguments that make it print its rules."""


class Tools:
    """The closed list; a method a tool. They are run without a shell, without the caller's environment or input."""

    def __init__(
        self,
        apt_helper: Tuple[str, ...] = ("/usr/lib/apt/apt-helper",),
        seconds: float = _SECONDS,
        rpm: Tuple[str, ...] = ("/usr/bin/rpm", "/bin/rpm"),
        systemctl: Tuple[str, ...] = ("/usr/bin/systemctl", "/bin/systemctl"),
        oscap: Tuple[str, ...] = OSCAP,
    ) -> None:
        self._apt_helper = apt_helper
        self._seconds = seconds
        self._rpm = rpm
        self._systemctl = systemctl
        self._oscap = oscap

    def apt_cat_file(self, path: str, live: bool) -> Iterator[bytes]:
        """A file of apt's, unpacked by apt itself; for the formats that Python's library cannot read.

        Source: apt-helper(1), `cat-file`. Raises Unavailable.
        """
        if not live:
            raise Unavailable("{} cannot be unpacked below --root, where no tool is run".format(path))
        if not os.access(self._apt_helper[0], os.X_OK):
            raise Unavailable("{} cannot be unpacked: {} is missing".format(path, self._apt_helper[0]))
        return self._output(list(self._apt_helper) + ["cat-file", path])

    def rpm_packages(self, tags: Tuple[str, ...], live: bool) -> Iterator[bytes]:
        """A line a package, the values of the tags between tabs; for databases that only rpm itself can read.

        Source: rpm(8), "QUERY OPTIONS"; a tag that a package does not have is `(none)`. Raises Unavailable.
        """
        if not live:
            raise Unavailable("rpm cannot be asked below --root, where no tool is run")
        program = next((path for path in self._rpm if os.access(path, os.X_OK)), None)
        if program is None:
            raise Unavailable("{} is missing".format(self._rpm[0]))
        form = "\\t".join("%{" + tag + "}" for tag in tags) + "\\n"
        return self._output([program, "-qa", "--queryformat", form])

    def systemd_units(self) -> Iterator[str]:
        """A line a unit that systemd has in memory: name, LOAD, ACTIVE, SUB, description.

        Source: systemctl(1), `list-units`. Raises Unavailable.
        """
        program = next((path for path in self._systemctl if os.access(path, os.X_OK)), None)
        if program is None:
            raise Unavailable("{} is missing".format(self._systemctl[0]))
        options = ["--all", "--full", "--plain", "--no-legend", "--no-pager", "--no-ask-password"]
        rest = b""
        for block in self._output([program, "list-units"] + options):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in lines:
                yield line.decode("utf-8", "replace")

    def oscap(self, content: str, profile: str, out: str, seconds: float, memory: int) -> None:
        """Has a profile of SCAP content evaluated, the results written to the file `out`; nothing is fetched.

        Source: oscap(8), `xccdf eval`, whose status is 2 where a rule failed. It gets so much time and memory (bytes).
        Raises Unavailable that says what oscap says.
        """
        program = _first_of(self._oscap)
        if program is None:
            raise Unavailable("oscap is missing: install openscap-scanner (Debian: also older ones as libopenscap8)")
        argv = [program, "xccdf", "eval", "--profile", profile, "--results", out, content]
        limits = {
            resource.RLIMIT_AS: memory,
            resource.RLIMIT_CPU: int(seconds) + 1,
            resource.RLIMIT_FSIZE: _MOST_RESULTS,
            resource.RLIMIT_CORE: 0,
        }
        self._lines(argv, good=(0, 2), seconds=seconds, limits=limits, words=3)

    def sshd(self) -> Optional[str]:
        """The path of the SSH server; None where there is none."""
        return _first_of(SSHD)

    def sshd_effective(self, options: Sequence[str], connection: str) -> List[str]:
        """What is in force by `sshd -T`: for a connection (`user=…,host=…`), or with "" for everybody.

        `options` are `-f` and `-o` of a running server. Source: sshd(8). Raises Unavailable that says what sshd says.
        """
        about = ["-C", connection] if connection else []
        return self._lines([self.sshd() or SSHD[0], "-T"] + list(options) + about)

    def audit_rules(self) -> List[str]:
        """The rules that the kernel has, one a line. Source: auditctl(8), `-l`. Raises Unavailable."""
        return self._lines([_first_of(AUDITCTL) or AUDITCTL[0], "-l"])

    def audit_status(self) -> List[str]:
        """The state of the audit system, a key and a value a line. Source: auditctl(8), `-s`. Raises Unavailable."""
        return self._lines([_first_of(AUDITCTL) or AUDITCTL[0], "-s"])

    def has_auditctl(self) -> bool:
        """Whether the host has the audit system's tool."""
        return _first_of(AUDITCTL) is not None

    def packet_filter(self, name: str) -> Optional[List[str]]:
        """What the tool of a packet filter prints of its rules; None where the host does not have it.

        `nft` prints JSON in one line (libnftables-json(5)), all others are savers (iptables-save(8)): `iptables`,
        `ip6tables`, `iptables-legacy`, `ip6tables-legacy`. Raises Unavailable.
        """
        program = _first_of(FILTERS[name][0])
        return None if program is None else self._lines([program] + list(FILTERS[name][1]))

    def _lines(
        self,
        argv: List[str],
        good: Tuple[int, ...] = (0,),
        seconds: Optional[float] = None,
        limits: Optional[Dict[int, int]] = None,
        words: int = 1,
    ) -> List[str]:
        """What a program prints, as text by lines; where it fails, its last `words` lines are the reason."""
        found = bytearray()
        try:
            for block in self._output(argv, errors=True, good=good, seconds=seconds, limits=limits):
                found += block
                if len(found) > _MOST:
                    raise Unavailable("{} prints more than {} MB".format(os.path.basename(argv[0]), _MOST // 1024**2))
        except Unavailable as error:
            said = found.decode("utf-8", "replace").strip().splitlines()
            raise Unavailable(
                "{}: {}".format(error, "; ".join(said[-words:])[: 300 * words]) if said else str(error)
            ) from error
        return found.decode("utf-8", "replace").splitlines()

    def _output(
        self,
        argv: List[str],
        errors: bool = False,
        good: Tuple[int, ...] = (0,),
        seconds: Optional[float] = None,
        limits: Optional[Dict[int, int]] = None,
    ) -> Iterator[bytes]:
        """What a program prints, in blocks; with `errors` also what it complains of.

        `good` are statuses that are no failure; `limits` are setrlimit(2)'s. Raises Unavailable where it cannot be run,
        fails or takes too long.
        """
        name = os.path.basename(argv[0])
        try:
            # A session of its own: what the program starts ends with it.
            child = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT if errors else subprocess.DEVNULL,
                env=_ENVIRONMENT,
                close_fds=True,
                start_new_session=True,
                # Nothing else runs in a process that collects: code between fork and exec meets no other thread.
                preexec_fn=functools.partial(_limit, limits) if limits else None,
            )
        except subprocess.SubprocessError as error:
            raise Unavailable("{} was not run: nothing could limit what it takes".format(name)) from error
        except OSError as error:
            raise Unavailable("{}: {}".format(name, error.strerror or error)) from error
        assert child.stdout is not None
        seconds = self._seconds if seconds is None else seconds
        deadline = time.monotonic() + seconds
        try:
            while select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                block = os.read(child.stdout.fileno(), _BLOCK)
                if not block:
                    break
                yield block
            code = child.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise Unavailable("{} took longer than {:g} seconds".format(name, seconds)) from None
        finally:
            _end(child)
        if code not in good:
            raise Unavailable("{} failed with status {}{}".format(name, code, _SIGNALS.get(-code, "")))


_SIGNALS: Dict[int, str] = {
    signal.SIGXCPU: " (its limit of processor time)",
    signal.SIGXFSZ: " (its limit of what it may write)",
    signal.SIGABRT: " (it gave up: out of memory, say)",
    signal.SIGKILL: " (out of time or memory, say)",
}


def _limit(limits: Dict[int, int]) -> None:
    for which, most in limits.items():
        resource.setrlimit(which, (most, most))


def _first_of(paths: Tuple[str, ...]) -> Optional[str]:
    return next((path for path in paths if os.access(path, os.X_OK)), None)


def _end(child: "subprocess.Popen[bytes]") -> None:
    if child.stdout is not None:
        child.stdout.close()
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

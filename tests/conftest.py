"""What holds for every test: no network but loopback, no touch of the user's own data, and no silent skip."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from support import data_root

KEPT_VARIABLES = ("SHINDAN_TEST_DATA", "SHINDAN_TEST_CACHE", "SHINDAN_FAIL_ON_MISSING", "SHINDAN_SCREENSHOTS")
APT = "as root: apt install -y --no-install-recommends"
REFUSED: list[str] = []
"""Addresses that the running test tried to dial."""

settings.register_profile("shindan", derandomize=True, deadline=None, database=None, print_blob=True)
settings.load_profile("shindan")


# ── the user's own data ──


def pytest_configure(config: pytest.Config) -> None:
    """Before any module of the project is imported: a home of the tests' own, and the poisoned network."""
    home = Path(tempfile.mkdtemp(prefix="shindan-home-"))
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    _move_home(home)
    _poison_network()


def _move_home(home: Path) -> None:
    """HOME, XDG folders and SHINDAN_DATA below `home`; language, time zone and terminal always the same."""
    pyenv = Path.home() / ".pyenv"
    if pyenv.is_dir():  # its shims look for the interpreters below HOME
        os.environ.setdefault("PYENV_ROOT", str(pyenv))
    for name in list(os.environ):
        if name.startswith(("XDG_", "SHINDAN_")) and name not in KEPT_VARIABLES:
            del os.environ[name]
    for name in ("SOURCE_DATE_EPOCH", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "PYTHONPATH"):
        os.environ.pop(name, None)
    folders = {
        "HOME": home,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_DATA_HOME": home / ".local/share",
        "XDG_STATE_HOME": home / ".local/state",
        "SHINDAN_DATA": home / "shindan-data",
    }
    os.environ.update({name: str(folder) for name, folder in folders.items()})
    local = "127.0.0.1,localhost,::1"
    os.environ.update(LC_ALL="C.UTF-8", TZ="UTC", NO_PROXY=local, no_proxy=local)
    time.tzset()


# ── the poisoned network ──


def _poison_network() -> None:
    """Names are not resolved and sockets not connected beyond loopback; what tries is noted in `REFUSED`."""
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_local(host):
            REFUSED.append(f"name {host!r}")
            raise socket.gaierror(socket.EAI_AGAIN, f"tests have no network: {host!r} is not resolved")
        return resolve(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
    for method in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))


def _guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *args: Any) -> Any:
        address = args[-1]
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            target = f"{address[0]}:{address[1]}"
            REFUSED.append(f"address {target}")
            raise OSError(errno.ENETUNREACH, f"tests have no network: {target} is not dialled")
        return method(self, *args)

    return guarded


def _is_local(host: Any) -> bool:
    """Whether a host as sockets take it (None, bytes or text) is this machine's loopback."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ip_address(str(name).partition("%")[0]).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True)
def refused() -> Iterator[list[str]]:
    """Fails the test that dialled out, even if the code under test took the error for a dead network.

    A test that means to dial out takes this fixture, looks at the list and clears it.
    """
    REFUSED.clear()
    yield REFUSED
    tried, REFUSED[:] = list(REFUSED), []
    assert not tried, f"the test reached for the network: {', '.join(tried)}"


# ── the fixed clock ──


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Stops the project's clock, in child processes too, at the moment that is returned."""
    moment = datetime(2026, 11, 24, 12, tzinfo=UTC)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(moment.timestamp())))
    return moment


# ── no silent skip ──


def _skip_reasons(reporter: Any) -> Counter[str]:
    """Reasons of the skipped tests and how often each was given."""
    whys = [report.longrepr for report in reporter.stats.get("skipped", [])]
    texts = (why[2] if isinstance(why, tuple) else str(why) for why in whys)
    return Counter(text.removeprefix("Skipped: ") for text in texts)


def _unexcused(reasons: Counter[str]) -> list[str]:
    """Reasons that CI does not accept: a missing package, or data missing from a folder that is there."""
    refused = ("needs: ", "needs data: ") if data_root().is_dir() else ("needs: ",)
    return [reason for reason in reasons if reason.startswith(refused)]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """With SHINDAN_FAIL_ON_MISSING=1 a test that could not look is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput") or exitstatus != pytest.ExitCode.OK:
        return
    if os.environ.get("SHINDAN_FAIL_ON_MISSING") == "1" and _unexcused(_skip_reasons(reporter)):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Says loudly how many tests did not run for want of packages or data, and how to have them run."""
    reasons = _skip_reasons(terminalreporter)
    _report(terminalreporter, reasons, "needs: ", "system packages", remedy=APT)
    _report(terminalreporter, reasons, "needs data: ", "data")
    if os.environ.get("SHINDAN_FAIL_ON_MISSING") == "1" and _unexcused(reasons):
        terminalreporter.write_line("These skips count as failures: SHINDAN_FAIL_ON_MISSING=1", red=True)


def _report(reporter: Any, reasons: Counter[str], prefix: str, title: str, remedy: str = "") -> None:
    wanted = {why.removeprefix(prefix): count for why, count in reasons.items() if why.startswith(prefix)}
    if not wanted:
        return
    reporter.section(f"{sum(wanted.values())} tests skipped for want of {title}", yellow=True, bold=True)
    for what, count in sorted(wanted.items()):
        reporter.write_line(f"{count:5}  {what}")
    if remedy:
        reporter.write_line(f"{remedy} {' '.join(sorted({what.split()[0] for what in wanted}))}")

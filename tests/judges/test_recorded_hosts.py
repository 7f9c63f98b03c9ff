"""Systems on which no agent runs, from the original's list and of its time: their recorded facts are handed in, by
`shindan collect` of their disk and by `collect.sh`, and a run finds their flaw, or says why it cannot judge them.
"""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from judges.agent_site import Site, site
from shindan.collect.command import collect_to
from shindan.rules.cve.proven import PROVEN
from shindan.service.feeds import FeedDesk
from support import REPOSITORY, need_tool
from unit.app.served import shindan

pytestmark = [pytest.mark.slow, pytest.mark.system]

TESTS = REPOSITORY / "tests"
SCRIPT = REPOSITORY / "src/shindan/collect/collect.sh"
UNSUPPORTED = "Unsupported OS version"
NOT_SEEN = "Rules evaluation error for single instance"


@dataclass(frozen=True)
class Case:
    """A recorded host, changed in its release (old, new) where the record is of another one of the same line.

    `flaw` is what a run finds, besides that the system's support has ended; without one it is known to
    be judged by nobody. `by_sh`: collect.sh can read its disk (the recorded rpm databases are for our own reader; rpm takes them for
    torn).
    """

    host: str
    release: tuple[str, str] = ("", "")
    flaw: str = ""
    by_sh: bool = False


CASES = {
    "Amazon Linux 2015.03": Case("amazonlinux-1", ("2014.03", "2015.03"), flaw="CVE-2014-6271"),
    "Ubuntu 14.04": Case("ubuntu-14.04", flaw="CVE-2014-6271", by_sh=True),
    "RHEL 7.2": Case("rhel-7", ('VERSION_ID="7.0"', 'VERSION_ID="7.2"'), flaw="CVE-2014-6271"),
    "RHEL 6.5": Case("rhel-6", flaw="CVE-2014-6271"),
    "CentOS 7": Case("centos-7", flaw="CVE-2022-0492"),
    "CentOS 6": Case("centos-6", flaw="CVE-2019-1559"),
    "Oracle Linux 7": Case("oracle-7", flaw="CVE-2014-6271"),
    "SLES 12": Case("sles-12", flaw="CVE-2006-20001"),
    "Debian 8": Case("debian-8", flaw="CVE-2019-14287", by_sh=True),
    "Ubuntu 13.10, which nobody judges": Case("ubuntu-14.04", ("14.04", "13.10"), by_sh=True),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server with the advisories that the cases' platforms are proven by."""
    hosts = {one.host for one in CASES.values()}
    records = {(row.feed, row.record) for row in PROVEN if row.host in hosts}
    with site(tmp_path_factory.mktemp("site") / "data", SHINDAN_FEED_WAIT="0") as running:
        desk = FeedDesk(running.server.data)
        for number, (feed, record) in enumerate(sorted(records)):
            desk.import_(feed, TESTS / record, label=f"{feed}-{number}")
        yield running


def test_each_is_judged_or_it_is_said_why_not(home: Site, tmp_path: Path) -> None:
    need_tool("dash", "dash")
    need_tool("mawk", "mawk")
    ways = [(name, way) for name, case in CASES.items() for way in (("python", "sh") if case.by_sh else ("python",))]
    with ThreadPoolExecutor(2) as pool:
        ids = list(pool.map(lambda pair: _submitted(home, tmp_path, *pair), ways))
    wanted = dict(zip(ids, ways, strict=True))
    assert len(wanted) == len(ways), "each is a host of its own"
    run = home.start(home.template("recorded", "yes"))
    # One of them cannot be judged, and that is no success.
    assert home.ended(run) == "COMPLETED_WITH_ERRORS"
    found: dict[tuple[str, str], set[str]] = {}
    for one in home.findings(run):
        if not one["id"].startswith("END-OF-LIFE-"):
            found.setdefault(wanted[one["assetAttributes"]["agentId"]], set()).add(one["id"])
    assert found == {(name, way): {CASES[name].flaw} for name, way in ways if CASES[name].flaw}
    said: dict[tuple[str, str], set[str]] = {}
    for one in home.exclusions(run):
        for scope in one["scopes"]:
            if scope["key"] == "INSTANCE_ID":
                said.setdefault(wanted[scope["value"]], set()).add(one["title"])
    assert {pair for pair, titles in said.items() if UNSUPPORTED in titles} == set(ways) - set(found)
    # collect.sh says what it does not look at; that is told, too.
    assert {pair for pair in ways if pair[1] == "sh"} <= {pair for pair, titles in said.items() if NOT_SEEN in titles}


def _submitted(home: Site, folder: Path, name: str, way: str) -> str:
    """The id of a host whose facts were read from its disk in one of two ways, and handed in on standard input."""
    case, label = CASES[name], f"{way} {name}"
    root = _disk(case, folder / label)
    if way == "sh":
        read = subprocess.run(["dash", str(SCRIPT), "--root", str(root)], capture_output=True, check=True, text=True, env={"SHINDAN_AWK": "mawk"}).stdout  # fmt: skip
    else:
        stream = io.BytesIO()
        assert collect_to(str(root), None, stream) == 0
        read = stream.getvalue().decode()
    command = ["hosts", "submit", "-", "--hostname", label, "--tag", "recorded=yes", "--data", home.server.data]
    done = shindan(*command, "--format", "json", input=read)
    assert done.returncode == 0, done.stderr
    return str(json.loads(done.stdout)["id"])


def _disk(case: Case, folder: Path) -> Path:
    """A copy of the recorded disk, with the case's release: tools may write to what they read."""
    done = subprocess.run(["cp", "-a", str(TESTS / "hosts" / case.host / "root"), str(folder)], check=False)
    assert done.returncode == 0
    release = folder / "etc/os-release"
    old, new = case.release
    if old:
        text = release.read_text()
        assert old in text
        release.write_text(text.replace(old, new))
    return folder

"""An agent that is there already: installed again, asked to update by a newer Shindan, or by a thief with another key.

A newer Shindan is this one, copied, with another version of the agent: its server makes and signs the release itself,
as after any upgrade.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from judges.agent_site import AGENT, Site, daemon, eventually, log, logged, site, status, typed, with_wget
from shindan.service import agent_package
from support import REPOSITORY
from system.chroots import Chroot, chroot_over
from system.roots import debian_root
from unit.app.served import served

pytestmark = [pytest.mark.slow, pytest.mark.system]

CONFIG = "etc/shindan/agent.conf"
IDENTITY = "var/lib/shindan-agent/identity.json"
OPERATOR = "# ours\nupdate_spread = 0\nnice = 3\ntag.owner = Jane Doe\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def host(home: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chroot]:
    """Installed, with settings that an operator wrote afterwards."""
    root = debian_root("bookworm", "python3", "wget")
    with chroot_over(root, tmp_path_factory.mktemp("installed") / "host") as chroot:
        typed(chroot, with_wget(home.token()) + " --tag role=web")
        with (chroot.path / CONFIG).open("a") as stream:
            stream.write(OPERATOR)
        chroot.run("/etc/init.d/shindan-agent", "reload")
        logged(chroot, "configuration read")
        home.delivered(1)
        yield chroot


@pytest.mark.parametrize("again", ["bash install", "bash install -u true --tag role=db --token shat_gone_gone"])
def test_installing_again_keeps_settings_and_identity(home: Site, host: Chroot, again: str) -> None:
    identity, before = (host.path / IDENTITY).read_bytes(), daemon(host)
    done = typed(host, again)
    assert "Installation script completed successfully." in done.stdout, done.stderr
    assert (host.path / IDENTITY).read_bytes() == identity
    config = (host.path / CONFIG).read_text()
    assert all(line in config.splitlines() for line in OPERATOR.splitlines()), config
    assert ("tag.role = db" in config) == ("role=db" in again)
    assert (host.path / CONFIG).stat().st_mode & 0o777 == 0o600
    assert daemon(host) != before and status(host)["Agent version"] == agent_package.version()
    assert len(home.hosts()) == 1
    assert _agents(host) == [daemon(host)], "the one before has ended"


def test_nothing_is_installed_while_the_agent_collects_for_a_run(home: Site, host: Chroot) -> None:
    home.aws("ec2", "create-tags", "--resources", home.hosts()[0]["id"], "--tags", "Key=wanted,Value=yes")
    template = home.template("wanted", "yes")
    before = daemon(host)
    host.pressure(memory=90.0)
    try:
        run = home.start(template)
        logged(host, r"collecting .*run=[^\" ]")
        eventually(lambda: status(host), lambda now: "Run" in now)
        done = typed(host, "bash install", check=False)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "Installation failed: AGENT_RUNNING_ASSESSMENT"
        assert status(host)["Collecting"] == "true" and _agents(host) == [before], "it was left alone"
    finally:
        host.pressure(memory=0.0)
    assert home.ended(run) == "COMPLETED"
    assert [one["id"] for one in home.findings(run)] == ["CVE-2026-0001"]


def test_an_update_comes_from_whom_the_agent_came_and_from_nobody_else(
    home: Site, host: Chroot, tmp_path: Path
) -> None:
    (known,) = home.hosts()
    data = home.server.data
    assert home.server.stop() == 0
    with _newer(home, tmp_path / "upgrade", "0.2.0"):
        logged(host, "update placed version=0.2.0")
        logged(host, "update proven .*version=0.2.0")
        assert status(host)["Agent version"] == "0.2.0"
        assert "shindan-agent 0.2.0" in host.run(AGENT, "version").stdout
        eventually(
            lambda: home.rows("select id, agent_version from host"), lambda rows: rows == [(known["id"], "0.2.0")]
        )
    (data / "keys/agent-release.key").unlink()
    shutil.rmtree(data / "agent")
    with _newer(home, tmp_path / "theft", "0.3.0") as thief:
        assert "version=0.3.0\n" in (thief / "release").read_text()
        logged(host, "update refused .*signature is not by the pinned key.*version=0.3.0")
        eventually(lambda: status(host)["Update"], lambda said: said.startswith("refused 0.3.0: "))
        assert status(host)["Agent version"] == "0.2.0"
        told = eventually(lambda: home.host(known["id"])["agent"], lambda agent: "0.3.0" in json.dumps(agent))
        assert "not by the pinned key" in json.dumps(told)
    assert "started" in log(host) and _agents(host) == [daemon(host)]


@contextmanager
def _newer(home: Site, folder: Path, version: str) -> Iterator[Path]:
    """The server of another Shindan takes over, whose agent has this version; the folder of its release."""
    shutil.copytree(REPOSITORY / "src/shindan", folder / "shindan", ignore=shutil.ignore_patterns("__pycache__"))
    path = folder / "shindan/agent/version.py"
    path.write_text(re.sub('^VERSION = ".*"', f'VERSION = "{version}"', path.read_text(), flags=re.MULTILINE))
    listen = home.server.address.removeprefix("https://")
    data = home.server.data
    with served(data, home.server.made, listen=listen, SHINDAN_JOB_POLL="0.2", PYTHONPATH=str(folder)) as server:
        yield data / "agent" / (data / "agent/current").read_text()
        server.stop()


def _agents(host: Chroot) -> list[int]:
    """The processes of the host that are agents."""
    return [number for number in host.processes() if b"shindan-agent.pyz\0run" in Path(f"/proc/{number}/cmdline").read_bytes()]  # fmt: skip

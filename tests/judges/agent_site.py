"""A server with TLS and an authority of its own, hosts that get their agents from it, and `aws` to ask it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from shindan.store.database import FILE
from support import need_tool
from system.chroots import Chroot
from unit.app.served import PATIENCE, Served, init, served, shindan
from worlds import import_records, record

REGION = "ap-northeast-1"
CVE = f"arn:aws:inspector:{REGION}:406045910587:rulespackage/0-gHP9oWNT"
ENDED = ("COMPLETED", "COMPLETED_WITH_ERRORS", "FAILED", "CANCELED")
AGENT = "/opt/shindan/bin/shindan-agent"
LOG = "var/log/shindan-agent.log"
FLAWS = {"CVE-2026-0001": ("bash", "99:1", "high"), "CVE-2026-0002": ("flawed", "2.0-1", "medium")}
"""Id → (source package of Debian 12, fixing version, urgency)."""

Value = TypeVar("Value")


@dataclass
class Site:
    """`endpoint` is how hosts reach the server; `enter` leads to where it can be reached so."""

    server: Served
    endpoint: str
    enter: tuple[str, ...] = ()

    def aws(self, *words: str, check: bool = True) -> dict[str, Any]:
        """What the AWS CLI prints, as a person types it."""
        made = self.server.made
        environment = {
            **os.environ,
            "AWS_ACCESS_KEY_ID": made["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": made["secret_access_key"],
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": str(self.server.data / "tls" / "ca.pem"),
        }
        command = [*self.enter, str(Path(sys.executable).parent / "aws"), "--output", "json", *words]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert not check or done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {"error": done.stderr}

    def inspector(self, *words: str) -> dict[str, Any]:
        """The same of `aws inspector`."""
        return self.aws("inspector", *words)

    def token(self, *options: str) -> dict[str, Any]:
        """A token for enrolment, with the lines to type."""
        made: dict[str, Any] = self._told("agent-token", "create", *options)
        return made

    def hosts(self) -> list[dict[str, Any]]:
        """The hosts that the server knows."""
        listed: list[dict[str, Any]] = self._told("hosts", "list")
        return listed

    def host(self, host_id: str) -> dict[str, Any]:
        """All that it knows of one."""
        known: dict[str, Any] = self._told("hosts", "show", host_id)
        return known

    def template(self, key: str, value: str) -> str:
        """A template that looks at the hosts with a tag for known flaws."""
        group = self.inspector("create-resource-group", "--resource-group-tags", f"key={key},value={value}")
        target = self.inspector("create-assessment-target", "--assessment-target-name", f"{key} {value}", "--resource-group-arn", group["resourceGroupArn"])  # fmt: skip
        made = self.inspector("create-assessment-template", "--assessment-target-arn", target["assessmentTargetArn"], "--assessment-template-name", "known flaws", "--duration-in-seconds", "180", "--rules-package-arns", CVE)  # fmt: skip
        return str(made["assessmentTemplateArn"])

    def start(self, template: str) -> str:
        """A run of it."""
        return str(self.inspector("start-assessment-run", "--assessment-template-arn", template)["assessmentRunArn"])

    def ended(self, run: str) -> str:
        """The state in which a run ends; waits for it."""
        id_ = run.rpartition("/")[2]
        eventually(lambda: self.rows("select state from run where id = ?", id_), lambda rows: rows[0][0] in ENDED)
        (one,) = self.inspector("describe-assessment-runs", "--assessment-run-arns", run)["assessmentRuns"]
        return str(one["state"])

    def rows(self, question: str, *values: str) -> list[tuple[Any, ...]]:
        """Asks the server's database itself: a command asked again and again would take the time of those waited for."""
        address = f"file:{self.server.data / FILE}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=PATIENCE)) as connection:
            return list(connection.execute(question, values))

    def delivered(self, count: int) -> list[dict[str, Any]]:
        """The hosts, once so many of them are known and each has handed its facts in."""
        eventually(
            lambda: self.rows("select id, facts_at from host"),
            lambda rows: len(rows) == count and all(at is not None for _, at in rows),
        )
        return self.hosts()

    def findings(self, run: str) -> list[dict[str, Any]]:
        """Described."""
        names = self.inspector("list-findings", "--assessment-run-arns", run)["findingArns"]
        return list(self.inspector("describe-findings", "--finding-arns", *names)["findings"]) if names else []

    def exclusions(self, run: str) -> list[dict[str, Any]]:
        """Described."""
        names = self.inspector("list-exclusions", "--assessment-run-arn", run)["exclusionArns"]
        if not names:
            return []
        return list(self.inspector("describe-exclusions", "--exclusion-arns", *names)["exclusions"].values())

    def agents(self, run: str) -> dict[str, dict[str, Any]]:
        """By the host's id; none is told twice."""
        told = self.inspector("list-assessment-run-agents", "--assessment-run-arn", run)["assessmentRunAgents"]
        found = {one["agentId"]: one for one in told}
        assert len(found) == len(told), told
        return found

    def _told(self, *words: str) -> Any:
        done = shindan(*words, "--data", self.server.data, "--format", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextmanager
def site(
    folder: Path, *, name: str = "localhost", listen: str = "", enter: Sequence[str] = (), **env: str
) -> Iterator[Site]:
    """A server that knows of `FLAWS`; `env` are more of its settings."""
    need_tool("openssl", "openssl")
    made = init(folder, "--hostname", name, "--region", REGION)
    import_records(folder, [record(id_, package, fixed, urgency=word) for id_, (package, fixed, word) in FLAWS.items()])
    with served(folder, made, listen=listen, enter=enter, SHINDAN_JOB_POLL="0.2", **env) as server:
        port = server.address.rpartition(":")[2]
        yield Site(server, f"https://{name}:{port}", tuple(enter))


def typed(host: Chroot, line: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Types a line of the server's on the host; there is no sudo, and root needs none."""
    return host.run("bash", "-c", f"cd /root && {line.replace('sudo bash', 'bash')}", check=check)


def with_wget(made: dict[str, Any]) -> str:
    """The line of a token that uses wget."""
    return next(str(one) for one in made["install"] if "wget" in one)


def status(host: Chroot, check: bool = True) -> dict[str, str]:
    """What the agent says of itself; nothing where it does not run."""
    said = host.run(AGENT, "status", check=check).stdout
    return {key.strip(): value.strip() for key, _, value in (line.partition(" : ") for line in said.splitlines())}


def log(host: Chroot) -> str:
    """What the agent has told so far."""
    return (host.path / LOG).read_text(errors="replace")


def daemon(host: Chroot) -> int:
    """The process of the agent itself."""
    return int((host.path / "run/shindan-agent.pid").read_text())


def eventually(ask: Callable[[], Value], good: Callable[[Value], Any], seconds: float = 2 * PATIENCE) -> Value:
    """The first good answer; fails where none comes."""
    deadline = time.monotonic() + seconds
    while not good(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.05)
    return answer


def logged(host: Chroot, pattern: str, behind: int = 0) -> str:
    """The first line of the agent's log that has a pattern, `behind` so many characters; waits for it."""

    def found() -> str:
        return next((line for line in log(host)[behind:].splitlines() if re.search(pattern, line)), "")

    def good(line: str) -> bool:
        return bool(line)

    try:
        return eventually(found, good)
    except AssertionError:
        raise AssertionError(f"{pattern} is not in the log:\n{log(host)[-4000:]}") from None

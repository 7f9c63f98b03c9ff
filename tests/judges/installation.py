"""A whole installation for judges: a real server, AWS in moto's place, two accounts, and hosts with known flaws."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import boto3
import pytest
from botocore.config import Config

from receivers import REGION, moto
from service_world import facts
from shindan.store.database import FILE, Database
from stores import empty_database
from unit.app.served import PATIENCE, Served, init, served, shindan
from worlds import import_records, record

OTHER = "999999999999"
TAG = {"key": "inspector", "value": "True"}
FLAWS = {
    "CVE-2026-0001": ("openssl", "3.0.17-1~deb12u3", "high"),
    "CVE-2026-0002": ("openssl", "3.0.18-1~deb12u1", "medium"),
    "CVE-2026-0003": ("curl", None, "low"),
}
"""Id → (source package, fixing version, Debian's urgency)."""
HOSTS = {
    "web1": {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10", "bash": "5.2-1"},
    "web2": {"openssl": "3.0.17-1~deb12u3", "bash": "5.2-1"},
}
EXPECTED = {
    ("web1", "CVE-2026-0001"),
    ("web1", "CVE-2026-0002"),
    ("web1", "CVE-2026-0003"),
    ("web2", "CVE-2026-0002"),
}
"""(host, flaw): what a run of both finds, no more and no less."""

Value = TypeVar("Value")


@dataclass
class Installation:
    """`keys` are (id, secret) by account; `called` the operations that clients have asked for so far."""

    server: Served
    aws: str
    keys: dict[str, tuple[str, str]]
    hosts: dict[str, str]
    database_url: str
    called: set[str] = field(default_factory=set)

    @property
    def account(self) -> str:
        """The account that `init` made, and the hosts are of."""
        return str(self.server.made["account"])

    @property
    def is_sqlite(self) -> bool:
        """Whether its database is a file."""
        return self.database_url.startswith("sqlite")

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database of the running server, opened beside it."""
        database = Database(self.database_url)
        try:
            yield database
        finally:
            database.close()

    def client(self, account: str | None = None) -> Any:
        """boto3's client of the service, which notes what it is asked for."""
        id_, secret = self.keys[account or self.account]
        made = boto3.client(
            "inspector",
            endpoint_url=self.server.address,
            region_name=REGION,
            aws_access_key_id=id_,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}),  # a judge hears the first answer
        )
        made.meta.events.register("before-call.inspector", lambda model, **_: self.called.add(model.name))
        return made

    def topic(self, name: str) -> str:
        """A new topic of SNS."""
        return str(boto3.client("sns", region_name=REGION, endpoint_url=self.aws).create_topic(Name=name)["TopicArn"])


def eventually(ask: Callable[[], Value], good: Callable[[Value], bool]) -> Value:
    """The first good answer; fails where none comes."""
    deadline = time.monotonic() + PATIENCE
    while not good(answer := ask()):
        assert time.monotonic() < deadline, answer
        time.sleep(0.1)
    return answer


@contextmanager
def installation(folder: Path, backend: str = "sqlite", account: str = "", **env: str) -> Iterator[Installation]:
    """An installation on a database; `account` is the first one's number, `env` are more settings of its server."""
    data = folder / "data"
    url = empty_database() if backend == "postgresql" else ""
    with pytest.MonkeyPatch.context() as patched:
        if url:
            patched.setenv("SHINDAN_DATABASE_URL", url)
        made = init(data, "--region", REGION, *(("--account", account) if account else ()))
        import_records(data, [record(id_, name, fixed, urgency=word) for id_, (name, fixed, word) in FLAWS.items()])
        other = json.loads(_said("accounts", "create", "--number", OTHER, "--data", data, "--format", "json"))
        keys = {str(one["account"]): (one["access_key_id"], one["secret_access_key"]) for one in (made, other)}
        settings = {"SHINDAN_JOB_POLL": "0.2", **env}
        with moto(patched) as aws, served(data, made, SHINDAN_AWS_ENDPOINT=aws, **settings, **_own_keys(aws)) as server:
            hosts = _submitted(folder, data, str(made["account"]))
            yield Installation(server, aws, keys, hosts, url or f"sqlite:///{data / FILE}")


def _own_keys(aws: str) -> dict[str, str]:
    """The server's own identity in AWS: a user with no rights, which nobody minds until rights are insisted on."""
    iam = boto3.client("iam", region_name=REGION, endpoint_url=aws)
    iam.create_user(UserName="shindan")
    key = iam.create_access_key(UserName="shindan")["AccessKey"]
    return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}


def _submitted(folder: Path, data: Path, account: str) -> dict[str, str]:
    """Hands the hosts in, tagged; their ids by name."""
    found = {}
    for name, packages in HOSTS.items():
        (file := folder / f"{name}.ndjson").write_bytes(facts(packages))
        said = _said("hosts", "submit", file, "--hostname", name, "--tag", "fleet=web", "--data", data, "--account", account, "--format", "json")  # fmt: skip
        found[name] = str(json.loads(said)["id"])
    return found


def _said(*arguments: object) -> str:
    done = shindan(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout

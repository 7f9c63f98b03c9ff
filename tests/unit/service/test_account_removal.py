"""An account goes with everything that is its own, and with nothing that is another's; only the audit stays."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from run_world import RunWorld, advisories, run_world, until
from service_world import ACCOUNT, OTHER, facts
from shindan.engine.clock import milliseconds
from shindan.model.refusals import InvalidInput, NoSuchEntity, RunInProgress
from shindan.service import (
    access_keys,
    account_removal,
    accounts,
    reports,
    submissions,
    subscriptions,
    suppressions,
    users,
)
from shindan.store import account_removal as stored
from shindan.store import audit, settings_table
from shindan.store.blobs import Blobs
from shindan.store.tables import metadata
from stores import BACKENDS, databases

SHARED = {"openssl": "3.0.16-1~deb12u1"}
OWN = {"curl": "7.88.1-10"}
NOBODYS = {"account", "audit", "rule", "rule_trait", "rule_word", "setting", "job_key", "executor"}
"""Tables with rows that belong to no account, or that outlive one."""


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            yield made


def rows(living: RunWorld) -> dict[str, int]:
    """How many rows each table has, empty ones left out."""
    with living.service.database.read() as connection:
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
    return {name: count for name, count in counts.items() if count and name not in NOBODYS}


def everything(living: RunWorld) -> None:
    """One of each thing that an account can have."""
    service, caller = living.service, living.world.caller
    living.world.host("shared", packages=SHARED, tags={"a": "b"})
    living.world.host("own", packages=OWN)
    users.create(service, caller, "ada", administrator=True)
    access_keys.create(service, caller, "ada")
    suppressions.create(service, caller, [("cve", "CVE-2026-0003")], "not reachable")
    living.world.target("tagged", [("a", "b")])
    template = living.world.template(living.world.target("mine"), "weekly")
    subscriptions.subscribe(service, caller, template, "OTHER", "arn:aws:sns:us-west-2:123456789012:told")
    arn = living.start(living.world.target("first"))
    living.ended(arn)
    until(lambda: reports.get(service, caller, str(arn), "HTML", "FULL")[0] != "WORK_IN_PROGRESS")
    with service.database.write() as connection:
        for key in (f"cloud {ACCOUNT}", f"rejudged {ACCOUNT} cve", f"rejudged {ACCOUNT}1 cve"):
            settings_table.put(connection, key, {"at": milliseconds()})


def test_nothing_of_it_is_left_but_the_audit(living: RunWorld) -> None:
    service = living.service
    living.world.host("theirs", packages=SHARED, account=OTHER)
    before = rows(living)
    everything(living)
    assert set(rows(living)) > set(before)
    done = account_removal.remove(service, ACCOUNT)
    assert (done.hosts, done.runs, done.blobs) == (2, 1, 2)  # an inventory and the report
    assert rows(living) == before
    assert [one.id for one in accounts.list_(service)] == [OTHER]
    (left,) = service.blobs.digests()
    assert b"openssl" in service.blobs.get(left)
    with service.database.read() as connection:
        assert audit.entries(connection, ACCOUNT)[0].action == "RemoveAccount"
        kept = [settings_table.get(connection, f"rejudged {ACCOUNT}{more} cve") for more in ("", "1")]
        assert kept[0] is None and kept[1] is not None
    with pytest.raises(NoSuchEntity):
        account_removal.remove(service, ACCOUNT)


def test_not_the_last_one(living: RunWorld) -> None:
    account_removal.remove(living.service, OTHER)
    with pytest.raises(InvalidInput, match="the only account"):
        account_removal.remove(living.service, ACCOUNT)
    assert [one.id for one in accounts.list_(living.service)] == [ACCOUNT]


def test_not_while_a_run_is_going(living: RunWorld) -> None:
    living.jobs.stop()
    users.create(living.service, living.world.caller, "ada")
    living.world.host("web-1", packages=OWN)
    arn = living.start()
    with pytest.raises(RunInProgress) as refusal:
        account_removal.remove(living.service, ACCOUNT)
    assert refusal.value.runs == [str(arn)] and str(arn) in refusal.value.remedy
    assert [one.name for one in users.list_(living.service, living.world.caller)] == ["ada"]


def test_a_removal_that_was_killed_is_finished_by_the_next(living: RunWorld) -> None:
    everything(living)
    with living.service.database.write() as connection:  # as far as it came
        stored.shut_out(connection, ACCOUNT)
    assert account_removal.remove(living.service, ACCOUNT).runs == 1
    assert rows(living) == {}


class Meanwhile(Blobs):
    """Removes the first account between a blob and the row that is to name it."""

    living: RunWorld

    def put(self, content: bytes) -> str:
        """See `Blobs.put`."""
        digest = super().put(content)
        if len(accounts.list_(self.living.service)) > 1:
            account_removal.remove(self.living.service, ACCOUNT)
        return digest


def test_the_same_facts_handed_in_meanwhile_are_not_lost(living: RunWorld) -> None:
    living.world.host("mine", packages=SHARED)
    blobs = Meanwhile(living.work.data / "blobs")
    blobs.living = living
    service = replace(living.service, blobs=blobs)
    host = submissions.submit(service, OTHER, io.BytesIO(facts(SHARED)), about=submissions.About("theirs"))
    assert [one.id for one in accounts.list_(service)] == [OTHER]
    assert b"openssl" in service.blobs.get(host.facts or "")

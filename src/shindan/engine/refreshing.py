"""Between runs: what is known of hosts is judged again when the advisories change, and no host is woken for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from shindan.engine.announcing import DELIVER, iso
from shindan.engine.clock import milliseconds
from shindan.engine.evaluating import BATCH
from shindan.engine.happening import note_issues
from shindan.engine.judge import HostVerdict, Judging
from shindan.engine.recording import note_judged, observe
from shindan.engine.terms import Terms, given, terms_of, with_cloud
from shindan.engine.work import Work
from shindan.model.errors import ShindanError
from shindan.model.host import Host
from shindan.model.packages import PackageName
from shindan.store import accounts, hosts, issues, outbox, rules, settings_table, tally

SETTING = "rejudge"
"""The account's setting: whether its inventories are judged again between runs. On unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What judging an account's inventories again brought: hosts looked at, issues that are new, and mended ones."""

    hosts: int = 0
    opened: int = 0
    fixed: int = 0


def rejudge(work: Work, args: Mapping[str, Any]) -> None:
    """The job: judges the inventories of the accounts that want it, where the advisories have changed."""
    with work.database.read() as connection:
        every = accounts.every(connection)
    chosen = [one.id for one in every if one.settings.get(SETTING, True) and args.get("account") in (None, one.id)]
    for account in chosen:
        rejudge_account(work, account)


def rejudge_account(work: Work, account: str, *, always: bool = False) -> Rejudged:
    """Judges an account's inventories again, by every package that can; only what changed unless `always`."""
    total = Rejudged()
    for name, judge in work.judges.items():
        key = f"rejudged {account} {name}"
        with work.database.read() as connection:
            wanted = terms_of(connection, account)
            state = f"{judge.state()} {wanted.state}".strip() if name != "cve" else judge.state()
            done = settings_table.get(connection, key)
            known = hosts.selected(connection, account, None)
        known = [host for host in known if host.facts]
        now = {"state": state, "facts": {host.id: host.facts for host in known}}
        if done is not None and done["state"] == state and not always:
            # The same advisories: only inventories that came since can say something else.
            known = [host for host in known if done["facts"].get(host.id) != host.facts]
        if known:  # what a package knows is loaded for hosts alone
            wanted = with_cloud(work, account, wanted) if name == "network" else wanted
            with judge.begin() as judging:
                rest = iter(known)
                while batch := list(islice(rest, BATCH)):
                    total = _sum(total, _batch(work, account, name, judging, batch, wanted))
        with work.database.write() as connection:
            settings_table.put(connection, key, now)
            issues.mark(connection, account, milliseconds())
    _tell(work, account, total)
    return total


def _tell(work: Work, account: str, total: Rejudged) -> None:
    """Tells whoever subscribed to `OTHER`, the API's event for what it has no word for."""
    if not (total.opened or total.fixed):
        return
    at = milliseconds()
    said = {"event": "OTHER", "account": account, "opened": total.opened, "fixed": total.fixed, "time": iso(at)}
    with work.database.write() as connection:
        topics = outbox.topics_of(connection, account, "OTHER")
        outbox.add(connection, account, None, "OTHER", topics, [said], at)
        if topics:
            work.jobs.enqueue(DELIVER, {}, key=DELIVER, conn=connection)


def _batch(
    work: Work, account: str, name: PackageName, judging: Judging, batch: Sequence[Host], wanted: Terms
) -> Rejudged:
    facts: dict[str, bytes] = {}
    for host in batch:
        try:
            facts[host.id] = work.blobs.get(host.facts or "")
        except ShindanError:
            continue  # its next inventory takes its place
    said: dict[str, HostVerdict] = _said(work, judging, facts, wanted)
    texts = {flaw.rule for verdict in said.values() for flaw in verdict.flaws}
    with work.database.write() as connection:
        at = milliseconds()
        before = issues.known(connection, list(said), name)
        moves = observe(connection, account, name, said, rules.numbers(connection, texts), at)
        after = issues.known(connection, list(said), name)
        digests = {host.id: host.facts or "" for host in batch}
        note_judged(connection, account, "", ((id_, name, digests[id_], one) for id_, one in said.items()), at)
        note_issues(connection, work.jobs, account, moves)
        tally.apply(connection, moves, at)  # the last of it: others may wait for this
    return Rejudged(len(said), len(after - before), len(before - after))


def _said(work: Work, judging: Judging, facts: Mapping[str, bytes], wanted: Terms) -> dict[str, HostVerdict]:
    with work.database.read() as connection:
        parameters = wanted.of_hosts(connection, list(facts))
    return dict(zip(facts, judging.judge(list(facts.values()), given(parameters, facts)), strict=True))


def _sum(one: Rejudged, other: Rejudged) -> Rejudged:
    return Rejudged(one.hosts + other.hosts, one.opened + other.opened, one.fixed + other.fixed)

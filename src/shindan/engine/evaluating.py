"""The evaluation of a run: its hosts in batches, each package behind its own fence, and then the end.

A batch is judged outside any transaction and written in one; a killed worker's successor goes on with the hosts that
are not marked as evaluated.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from sqlalchemy import Connection

from shindan.engine import fetching, outside, terms
from shindan.engine.announcing import announce, findings_count
from shindan.engine.clock import milliseconds
from shindan.engine.judge import HostVerdict, Judging
from shindan.engine.moving import move
from shindan.engine.outside import OUTSIDE, Unheard
from shindan.engine.recording import Judged, Recorder
from shindan.engine.telemetry import Row, added, counts
from shindan.engine.terms import Terms
from shindan.engine.uncollected import uncollected
from shindan.engine.wants import WANTS
from shindan.engine.work import Work, packages_of
from shindan.facts.fact import Fact
from shindan.facts.sampled import SAMPLED
from shindan.facts.wire import dumps
from shindan.model import scap
from shindan.model.errors import ShindanError
from shindan.model.exclusion import Exclusion
from shindan.model.packages import SCAP, PackageName
from shindan.model.run import Run, RunHost, RunState
from shindan.model.stored_finding import NOTHING_FOUND, PACKAGE_BY_NUMBER, PACKAGE_NUMBERS, SHOWN_SEVERITIES
from shindan.rules.base import Parameters
from shindan.store import exclusions, findings, hosts, issues, rules, run_hosts, runs
from shindan.store.findings import NewFinding
from shindan.store.rules import Rule

BATCH = 40
"""Hosts in one transaction: long enough to be cheap, short enough for others to write in between."""

_log = logging.getLogger("shindan.engine")
_INFORMATIONAL = SHOWN_SEVERITIES.index("Informational")
_NOTHING = (NOTHING_FOUND, "None of the rules of this package found anything to report.", "Nothing to do.")


def queue(work: Work, connection: Connection, run: Run) -> float:
    """Queues the evaluation, and has missing advisories fetched meanwhile."""
    move(connection, work.jobs, work.region, run, "START_EVALUATING_RULES_PENDING")
    if work.timing.feed_wait and _missing(work, connection, run):
        fetching.ask(work.jobs, connection)
    return 0.0


def wait_for_feeds(work: Work, connection: Connection, run: Run) -> float:
    """Goes on when some feed speaks for every release of the run, or when nothing more is to be waited for.

    The end of a fetch wakes the run; advisories that came from beside the server are seen by `reconcile`.
    """
    left = fetching.patience(work, connection, _missing(work, connection, run), run.state_changed_at)
    if left:
        return left
    move(connection, work.jobs, work.region, run, "EVALUATING_RULES")
    return 0.0


def evaluate(work: Work, run: Run) -> None:
    """Judges all hosts of a run that were not judged yet, and ends it."""
    with ExitStack() as stack:
        judges = {name: work.judges[name] for name in packages_of(run) if name in work.judges}
        at_work = {name: stack.enter_context(judge.begin()) for name, judge in judges.items()}
        recorder, wanted = Recorder(work, run), _terms(work, run)
        unheard = _unheard(work, run, wanted) if OUTSIDE in judges else Unheard()
        while batch := _next(work, run):
            with uncollected():
                given = _of_hosts(work, run, wanted, [host.host for host in batch])
                if not _recorded(work, run, recorder, _judged(work, run.account, batch, at_work, given)):
                    return
        for start in range(0, len(unheard.seen), BATCH):
            some = unheard.seen[start : start + BATCH]
            judged = _from_outside(at_work[OUTSIDE], some, _of_hosts(work, run, wanted, some))
            if not _recorded(work, run, recorder, judged):
                return
    with work.database.write() as connection:
        now = runs.lock(connection, run.id)
        if now is not None and now.state == "EVALUATING_RULES":
            _end(work, connection, now, set(judges), unheard)


def _next(work: Work, run: Run) -> list[RunHost]:
    with work.database.read() as connection:
        return run_hosts.to_evaluate(connection, run.id, BATCH)


def _recorded(work: Work, run: Run, recorder: Recorder, judged: Sequence[Judged]) -> bool:
    """Writes what was said of hosts that nobody has evaluated meanwhile; false where the run was deleted."""
    with work.database.write() as connection:
        if runs.lock(connection, run.id) is None:
            return False
        open_ = run_hosts.unevaluated(connection, run.id, [one.host for one in judged])
        recorder.record(connection, [one for one in judged if one.host in open_])
    return True


def _unheard(work: Work, run: Run, wanted: Terms) -> Unheard:
    with work.database.read() as connection:
        hosts_ = [host.host for host in run_hosts.unheard(connection, run.id)]
        return outside.unheard(connection, wanted, hosts_, packages_of(run), packages_of(run)[OUTSIDE])


def _terms(work: Work, run: Run) -> Terms:
    """What is wanted otherwise of the run's hosts, as it was when their evaluation began."""
    with work.database.write() as connection:
        found = terms.of_run(connection, run.id, run.account)
        if runs.lock(connection, run.id) is not None:
            terms.keep(connection, run.id, found)
    return terms.with_cloud(work, run.account, found) if "network" in packages_of(run) else found


def _of_hosts(work: Work, run: Run, wanted: Terms, ids: Sequence[str]) -> dict[str, Parameters]:
    with work.database.read() as connection:
        found = wanted.of_hosts(connection, ids)
    if SCAP.name not in packages_of(run):
        return found
    # Rules are loaded by whoever judges by them.
    from shindan.rules.tailored import asked_for

    content = scap.named(run.attributes)._asdict()
    return {host: asked_for(content, one) for host, one in found.items()}


def _judged(
    work: Work,
    account: str,
    batch: Sequence[RunHost],
    judges: Mapping[PackageName, Judging],
    wanted: Mapping[str, Parameters],
) -> list[Judged]:
    facts: dict[str, bytes] = {}
    sampled = {host.host: _samples(work, host) for host in batch}
    unread: dict[str, HostVerdict] = {}
    verdicts: dict[str, dict[PackageName, HostVerdict]] = {host.host: {} for host in batch}
    for host in batch:
        try:
            facts[host.host] = work.blobs.get(host.facts or "")
        except ShindanError as error:
            unread[host.host] = _failed(error)
    said: dict[PackageName, dict[str, HostVerdict]] = {name: {} for name in judges}
    for names, some in _portions(judges, list(facts)):
        plain = {one: facts[one] for one in some}
        more = _with(plain, sampled) if any(WANTS[name].sampled for name in names) else plain
        for name in names:
            said[name] |= _fenced(judges[name], more if WANTS[name].sampled else plain, wanted)
    for name, found in said.items():
        for host_id, verdict in {**fetching.with_reasons(work, account, name, found), **unread}.items():
            verdicts[host_id][name] = verdict
    return [
        Judged(one.host, verdicts[one.host], _sent([facts.get(one.host, b""), *sampled[one.host]]), one.facts or "")
        for one in batch
    ]


def _from_outside(judging: Judging, ids: Sequence[str], wanted: Mapping[str, Parameters]) -> list[Judged]:
    """What is said of hosts that delivered nothing: there are no facts, and no telemetry."""
    said = _fenced(judging, dict.fromkeys(ids, b""), wanted)
    return [Judged(id_, {OUTSIDE: said[id_]}, ()) for id_ in ids]


def _portions(
    judges: Mapping[PackageName, Judging], hosts: Sequence[str]
) -> Iterator[tuple[list[PackageName], Sequence[str]]]:
    """Packages that judge hosts better together have all at once; the others one host after the other, so that what
    was read of a host serves them all.
    """
    for name, judging in judges.items():
        if judging.together:
            yield [name], hosts
    one_by_one = [name for name, judging in judges.items() if not judging.together]
    yield from ((one_by_one, [host]) for host in hosts if one_by_one)


def _samples(work: Work, host: RunHost) -> list[bytes]:
    """What was sampled on a host for the run; a gap stands for what cannot be read."""
    found = []
    for digest in host.samples:
        try:
            found.append(work.blobs.get(digest))
        except ShindanError as error:
            _log.warning("samples of host %s cannot be read: %s", host.host, digest)
            data = {"reason": f"a part of the window cannot be read: {error}"[:500], "kinds": sorted(SAMPLED)}
            found.append(dumps(Fact("gap", "samples", data)).encode() + b"\n")
    return found


def _with(facts: Mapping[str, bytes], sampled: Mapping[str, Sequence[bytes]]) -> dict[str, bytes]:
    """The inventories of hosts with what was sampled behind each."""
    return {host: b"\n".join([one, *sampled[host]]) for host, one in facts.items()}


def _sent(parts: Sequence[bytes]) -> list[Row]:
    """What a host delivered, as its telemetry counts it: its inventory and what was sampled."""
    return added(row for part in parts for row in counts(part))


def _fenced(judging: Judging, facts: Mapping[str, bytes], wanted: Mapping[str, Parameters]) -> dict[str, HostVerdict]:
    """The verdicts of one package; where it fails, host by host, so that one host's trouble is its own."""
    try:
        return dict(zip(facts, judging.judge(list(facts.values()), terms.given(wanted, facts)), strict=True))
    except Exception as error:  # noqa: BLE001 - the fence: whatever a package does is its own trouble
        if len(facts) == 1:
            _log.exception("evaluation failed: host %s", *facts)
            return {host: _failed(error) for host in facts}
    return {host: _fenced(judging, {host: one}, wanted)[host] for host, one in facts.items()}


def _failed(error: Exception) -> HostVerdict:
    return HostVerdict(
        exclusions=[("EVALUATION_ERROR_INSTANCE", f"{type(error).__name__}: {error}"[:500])], whole=False
    )


def _end(work: Work, connection: Connection, run: Run, judged: set[PackageName], unheard: Unheard) -> None:
    """Notes what no package could judge and what found nothing, counts, and ends the run."""
    names = packages_of(run)
    members = run_hosts.of_run(connection, run.id)
    exclusions.add(connection, run.id, [*_unavailable(names, judged, members), *unheard.left_out])
    if any(member.delivered_at is not None for member in members):
        _note_nothing(connection, run, sorted(judged))
    elif any(member.evaluated for member in members):
        _note_nothing(connection, run, [OUTSIDE])
    tally = findings.counts(connection, run.id)
    shown = {
        word: sum(n for (_, s), n in tally.items() if s == position) for position, word in enumerate(SHOWN_SEVERITIES)
    }
    by_package = {names[name]: sum(n for (p, _), n in tally.items() if PACKAGE_BY_NUMBER[p] == name) for name in names}
    state: RunState = "COMPLETED_WITH_ERRORS" if exclusions.any_error(connection, run.id) else "COMPLETED"
    at = move(connection, work.jobs, work.region, run, state, counts=shown, package_counts=by_package)
    issues.mark(connection, run.account, at)
    told = findings_count(by_package)
    announce(connection, work.jobs, work.region, run, "ASSESSMENT_RUN_COMPLETED", at, [told])


def _unavailable(
    names: Mapping[PackageName, str], judged: set[PackageName], members: Sequence[RunHost]
) -> Iterator[Exclusion]:
    for name, arn in names.items():
        if name not in judged:
            for member in members:
                yield Exclusion("NOT_AVAILABLE_YET", (("INSTANCE_ID", member.host), ("RULES_PACKAGE_ARN", arn)))


def _note_nothing(connection: Connection, run: Run, judged: Sequence[PackageName]) -> None:
    """One finding for each package that judged hosts and found nothing on any."""
    tally = findings.counts(connection, run.id)
    silent = [name for name in judged if not any(p == PACKAGE_NUMBERS[name] for p, _ in tally)]
    known = rules.numbers(connection, [Rule(name, "", *_NOTHING) for name in silent])
    new = [NewFinding("", PACKAGE_NUMBERS[rule.package], number, _INFORMATIONAL, "") for rule, number in known.items()]  # type: ignore[index]
    findings.add(connection, run.account, run.id, new, (), milliseconds())


def _missing(work: Work, connection: Connection, run: Run) -> fetching.Missing:
    members = [member.host for member in run_hosts.of_run(connection, run.id) if member.delivered_at is not None]
    platforms = {host.platform for host in hosts.named(connection, run.account, members) if host.platform}
    return fetching.missing(work, packages_of(run), platforms)

"""Findings of runs that ended: listed, described, and given attributes of the caller's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass

from sqlalchemy import Connection

from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn
from shindan.model.assessment import Pairs
from shindan.model.packages import package_arn
from shindan.model.refusals import InvalidInput
from shindan.model.run import Run
from shindan.model.stored_finding import (
    PACKAGE_BY_NUMBER,
    PACKAGE_NUMBERS,
    SHOWN_SEVERITIES,
    Asset,
    StoredFinding,
    fingerprint_of,
    id_of,
    number_of,
)
from shindan.service import checks, packages, paging
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.described import Described, FailureCode, described, numbered
from shindan.service.patterns import Range, number_range
from shindan.service.runs import all_named
from shindan.service.service import Service
from shindan.store import finding_pages, rules, run_hosts, runs
from shindan.store import findings as stored
from shindan.store.findings import FoundRow
from shindan.store.rules import Rule

MOST_USER_ATTRIBUTES = 10
Change = Callable[[Pairs], Pairs]
Reads = Callable[[Connection, str, Sequence[int]], dict[int, FoundRow]]
_LIMITS = {"hosts": (99, "AGENT_IDS"), "scaling_groups": (20, "AUTO_SCALING_GROUPS"), "rules": (50, "RULE_NAMES")}


@dataclass(frozen=True, slots=True)
class FindingFilter:
    """What findings are wanted, as the API says it (specification, section 2.6): alternatives inside a list.

    `rules` are ids (a CVE id), `packages` names of any region, `created` milliseconds. All attributes must be there.
    """

    hosts: tuple[str, ...] = ()
    scaling_groups: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    attributes: Pairs = ()
    user_attributes: Pairs = ()
    created: Range | None = None


def list_(
    service: Service,
    caller: Caller,
    *,
    runs: Sequence[str] = (),
    filter: FindingFilter | None = None,
    token: str | None = None,
    max_results: int | None = None,
) -> paging.Page[str]:
    """Names of findings, oldest first, of runs that ended; no `runs`: of all.

    Raises InvalidInput for a malformed filter, NoSuchEntity for an unknown run.
    """
    length = paging.size(max_results)
    numbered(runs, "run", least=0, most=50)
    asked = filter or FindingFilter()
    wanted = _checked(asked)
    pager = paging.Pager(service.keys["paging"], paging.query("findings", caller.account, runs, astuple(asked)))
    after = pager.after(token)
    with service.database.read() as connection:
        chosen = all_named(connection, caller, runs)
        ended = list(dict.fromkeys(run.id for run in chosen if run.ended))
        if (chosen and not ended) or not (scaled := _in_groups(connection, caller, asked, wanted)):
            return paging.Page(())
        hidden = () if chosen else _in_progress(connection, caller)
        found = finding_pages.listed(
            connection, caller.account, scaled, runs=ended, hidden=hidden, after=after, limit=length + 1
        )
        known = _runs(connection, caller, {run_id for _, run_id in found})
    part = paging.page(found, length, pager, lambda item: item[0])
    above = {id_: str(caller.arn("run", run.target, run.template, run.id)) for id_, run in known.items()}
    names = (f"{above[run_id]}/finding/{id_of(number)}" for number, run_id in part.items)
    return paging.Page(tuple(names), part.next_token)


def describe(service: Service, caller: Caller, arns: Sequence[str]) -> Described[StoredFinding]:
    """Findings by name. Raises InvalidInput for too few or too many names."""

    def load(wanted: Sequence[Arn]) -> Mapping[Arn, StoredFinding]:
        with service.database.read() as connection:
            return _stored(connection, service, caller, stored.by_number, wanted)[1]

    return described(caller, arns, "finding", load)


def add_attributes(
    service: Service, caller: Caller, arns: Sequence[str], pairs: Sequence[tuple[str, str | None]]
) -> Mapping[str, FailureCode]:
    """Sets attributes of the caller's own on findings; names of those where it failed, with the code of why.

    Raises InvalidInput for what is out of bounds.
    """
    new = checks.pairs(pairs, checks.USER_ATTRIBUTES)

    def change(old: Pairs) -> Pairs:
        return tuple({**dict(old), **dict(new)}.items())

    return _changed(service, caller, "AddAttributesToFindings", arns, change)


def remove_attributes(
    service: Service, caller: Caller, arns: Sequence[str], keys: Sequence[str]
) -> Mapping[str, FailureCode]:
    """Removes attributes of the caller's own by key; keys that are not there are no error. As `add_attributes`."""
    if len(keys) > MOST_USER_ATTRIBUTES:
        raise InvalidInput("INVALID_NUMBER_OF_USER_ATTRIBUTES", f"0 to 10 keys can be given, not {len(keys)}")
    gone = {
        checks.text(key, "INVALID_USER_ATTRIBUTE_KEY", "the key of an attribute", checks.LONGEST_KEY) for key in keys
    }

    def change(old: Pairs) -> Pairs:
        return tuple((key, value) for key, value in old if key not in gone)

    return _changed(service, caller, "RemoveAttributesFromFindings", arns, change)


def _changed(
    service: Service, caller: Caller, action: str, arns: Sequence[str], change: Change
) -> Mapping[str, FailureCode]:
    with audited(service, caller, action) as noted, service.database.write() as connection:
        full: dict[str, FailureCode] = {}

        def load(wanted: Sequence[Arn]) -> Mapping[Arn, StoredFinding]:
            rows, found = _stored(connection, service, caller, stored.lock, wanted)
            for arn in found:
                pairs = change(rows[arn].user_attributes)
                if len(pairs) > MOST_USER_ATTRIBUTES:
                    full[str(arn)] = "LIMIT_EXCEEDED"
                elif pairs != rows[arn].user_attributes:
                    stored.set_user_attributes(connection, caller.account, rows[arn], pairs, milliseconds())
            return found

        failed = described(caller, arns, "finding", load).failed
        noted.done(connection, findings=[arn[:300] for arn in arns][:10])
    return {**failed, **full}


def _stored(
    connection: Connection, service: Service, caller: Caller, read: Reads, wanted: Sequence[Arn]
) -> tuple[dict[Arn, FoundRow], dict[Arn, StoredFinding]]:
    """Rows and findings of those names that exist and may be seen."""
    numbers = {arn: number_of(arn.id) for arn in wanted}
    rows = read(connection, caller.account, [number for number in numbers.values() if number < 2**62])
    known = {run.id: run for run in _runs(connection, caller, {row.run for row in rows.values()}).values()}
    texts = rules.by_number(connection, {row.rule for row in rows.values()})
    assets = run_hosts.assets(connection, {(row.run, row.host) for row in rows.values()})
    seen: dict[Arn, FoundRow] = {}
    found: dict[Arn, StoredFinding] = {}
    for arn in wanted:
        row = rows.get(numbers[arn])
        run = known.get(row.run) if row else None
        if row is None or run is None or not run.ended or arn.ids[:-1] != (run.target, run.template, run.id):
            continue
        seen[arn] = row
        asset = assets.get((row.run, row.host), Asset(row.host))
        found[arn] = _record(service, arn, row, texts[row.rule], asset)
    return seen, found


def _record(service: Service, arn: Arn, row: FoundRow, rule: Rule, asset: Asset) -> StoredFinding:
    name = PACKAGE_BY_NUMBER[row.package]
    own = [("INSTANCE_ID", row.host)] if row.host else []
    subject = [("package_name", row.subject)] if row.subject and name == "cve" else []
    # In the order of the original: instance, CVE, package, scores.
    shared = [pair for pair in rule.attributes if pair[0] == "CVE_ID"]
    rest = [pair for pair in rule.attributes if pair[0] != "CVE_ID"]

    def text(template: str) -> str:
        return template.replace("{agent}", row.host).replace("{subject}", row.subject)

    return StoredFinding(
        arn=str(arn),
        run=str(arn.parent),
        rules_package=str(package_arn(service.region, name)),
        asset=asset,
        id=rule.id,
        title=text(rule.title) + _way(row.attributes),
        description=text(rule.description),
        recommendation=text(rule.recommendation),
        severity=SHOWN_SEVERITIES[row.severity],
        attributes=(*own, *shared, *subject, *rest, *row.attributes),
        user_attributes=row.user_attributes,
        created_at=row.created_at,
        updated_at=row.updated_at,
        fingerprint=fingerprint_of(row.host, name, rule.id, dict(row.attributes).get("about") or "")
        if row.host
        else "",
    )


def _way(attributes: Pairs) -> str:
    """The end of the title of an exposure (specification, 5.6.3): not in the text, which instances have in common."""
    told = dict(attributes)
    if told.get("RULE_TYPE") != "NetworkExposure" or not told.get("ENI"):
        return ""
    group = told.get("SECURITY_GROUP")
    return f" through ENI {told['ENI']}" + (f" and security group {group}" if group else "")


def _checked(asked: FindingFilter) -> finding_pages.FindingFilter:
    for name, (most, word) in _LIMITS.items():
        if len(getattr(asked, name)) > most:
            raise InvalidInput(f"INVALID_NUMBER_OF_{word}", f"0 to {most} of these can be given")
    if len(asked.severities) > 50:
        raise InvalidInput("INVALID_NUMBER_OF_SEVERITIES", "0 to 50 severities can be given")
    for severity in asked.severities:
        if severity not in SHOWN_SEVERITIES:
            raise InvalidInput("INVALID_SEVERITY", f"there is no severity {severity[:80]!r}")
    code = "INVALID_NUMBER_OF_ATTRIBUTES"
    if len(asked.attributes) > 50 or len(asked.user_attributes) > 50:
        raise InvalidInput(code, "0 to 50 attributes can be given")
    given = packages.named(asked.packages, most=50)
    return finding_pages.FindingFilter(
        hosts=tuple(dict.fromkeys(asked.hosts)),
        rules=tuple(dict.fromkeys(asked.rules)),
        severities=tuple(sorted({SHOWN_SEVERITIES.index(word) for word in asked.severities})),
        # A package that was never handed out has no findings.
        packages=tuple(sorted({PACKAGE_NUMBERS[one.name] if one.name else -1 for one in given})),
        attributes=asked.attributes,
        user_attributes=asked.user_attributes,
        created=number_range(asked.created, "INVALID_ATTRIBUTE"),
    )


def _in_groups(
    connection: Connection, caller: Caller, asked: FindingFilter, wanted: finding_pages.FindingFilter
) -> finding_pages.FindingFilter | None:
    """The filter by hosts alone; None where no host is in the scaling groups that are wanted."""
    if not asked.scaling_groups:
        return wanted
    members = set(run_hosts.in_scaling_groups(connection, caller.account, asked.scaling_groups))
    chosen = members & set(wanted.hosts) if wanted.hosts else members
    if not chosen:
        return None
    return finding_pages.FindingFilter(
        tuple(sorted(chosen)), wanted.rules, wanted.severities, wanted.packages, wanted.attributes,
        wanted.user_attributes, wanted.created,
    )  # fmt: skip


def _in_progress(connection: Connection, caller: Caller) -> list[str]:
    return runs.in_progress(connection, caller.account)


def _runs(connection: Connection, caller: Caller, ids: set[str]) -> dict[str, Run]:
    return runs.named(connection, caller.account, ids) if ids else {}

"""A document applied: what it makes, changes, replaces and removes, all or nothing, and that it then changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from scheduled import Scheduled, scheduled
from shindan.model.arn import Kind
from shindan.model.refusals import AccessDenied
from shindan.service import schedules, suppressions, targets, templates
from shindan.service.caller import Caller
from shindan.service.fleet.applying import Change, apply
from shindan.service.fleet.document import Fleet
from shindan.service.fleet.exporting import export
from shindan.service.fleet.kind import FleetError
from shindan.service.fleet.yaml_file import FleetFileError, read, written
from shindan.store import audit
from shindan.store.tables import metadata, outbox
from stores import BACKENDS
from support import REPOSITORY

TEXT = """
fleet: web
targets:
  - name: web
    tags: {env: [prod, staging], inspector: "True", any: }
  - name: everything
templates:
  - name: weekly
    target: web
    packages: [cve, cis]
    duration: 15m
    attributes: {team: blue}
    tags: {cost: "42"}
    subscriptions:
      - topic: arn:aws:sns:us-west-2:123456789012:findings
        events: [FINDING_REPORTED, ASSESSMENT_RUN_COMPLETED]
  - {name: weekly, target: everything}
schedules:
  - name: nightly
    template: weekly
    target: web
    cron: 0 3 * * *
    zone: Europe/Berlin
    blackouts: [mon-fri 08:00-18:00]
  - {name: fresh, template: weekly, target: everything, first_contact: 15m, paused: true}
suppressions:
  - scope: {cve: [CVE-2026-1], tag: env=test}
    reason: not reachable
    owner: ada
    until: 2027-01-31
"""


def fleet(text: str = TEXT) -> Fleet:
    return read(text, "fleet.yaml")[0].fleet


@pytest.fixture(params=BACKENDS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    yield from scheduled(request.param, tmp_path, monkeypatch)


def applied(here: Scheduled, document: Fleet, **how: bool) -> list[str]:
    found = apply(here.world.service, here.world.caller, document, **how)
    return [f"{one.action} {one.kind} {one.name}" for one in found]


def rows(here: Scheduled) -> int:
    with here.world.database.read() as connection:
        return sum(
            connection.execute(select(func.count()).select_from(table)).scalar_one() for table in metadata.sorted_tables
        )


def test_what_a_document_makes_and_that_it_makes_it_once(here: Scheduled) -> None:
    made = applied(here, fleet())
    assert made == [
        "create target web", "create target everything", "create template web/weekly", "create template everything/weekly",
        "create schedule nightly", "create schedule fresh", "create suppression cve=CVE-2026-1 tag=env=test",
    ]  # fmt: skip
    before = rows(here)
    assert (applied(here, fleet()), rows(here)) == ([], before)
    assert applied(here, export(here.world.service, here.world.caller), prune=True) == []
    service, caller = here.world.service, here.world.caller
    (found,) = suppressions.list_(service, caller)
    assert (found.owner, found.expires_at) == ("ada", 1_801_440_000_000)
    nightly, fresh = (
        schedules.get(service, caller, "nightly").schedule,
        schedules.get(service, caller, "fresh").schedule,
    )
    assert (nightly.due_at, fresh.paused) == (1_795_572_000_000, True)
    with here.world.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(outbox)).scalar() == 2
        entries = [one.action for one in audit.entries(connection, caller.account)]
    assert {"ApplyFleet", "CreateAssessmentTarget", "CreateSchedule", "SubscribeToEvent"} <= set(entries)


def test_a_dry_run_tells_the_same_and_leaves_nothing(here: Scheduled) -> None:
    before = rows(here)
    told = apply(here.world.service, here.world.caller, fleet(), dry_run=True)
    assert rows(here) == before
    assert apply(here.world.service, here.world.caller, fleet()) == told


def test_what_is_changed_in_place(here: Scheduled) -> None:
    applied(here, fleet())
    other = (
        TEXT.replace("env: [prod, staging]", "env: prod").replace("cost: \"42\"", "cost: none")
        .replace("0 3 * * *", "0 4 * * *").replace("paused: true", "paused: false").replace("not reachable", "behind a wall")
        .replace("[FINDING_REPORTED, ASSESSMENT_RUN_COMPLETED]", "[FINDING_REPORTED, OTHER]").replace("    owner: ada\n", "")
    )  # fmt: skip
    assert applied(here, fleet(other)) == [
        "update target web", "update template web/weekly", "update schedule nightly", "update schedule fresh",
        "update suppression cve=CVE-2026-1 tag=env=test",
    ]  # fmt: skip
    assert applied(here, fleet(other)) == []
    (found,) = suppressions.list_(here.world.service, here.world.caller)
    assert (found.reason, found.owner) == ("behind a wall", "ada")
    assert schedules.get(here.world.service, here.world.caller, "fresh").schedule.paused is False


def test_a_template_is_replaced_only_by_who_means_it(here: Scheduled) -> None:
    applied(here, fleet())
    other = fleet(TEXT.replace("duration: 15m", "duration: 30m"))
    before = rows(here)
    with pytest.raises(
        FleetError,
        match=r"templates\[0\]: duration of a template cannot be changed .* 0 runs and what they found and the schedules nightly",
    ) as refused:
        applied(here, other)
    assert "--replace" in refused.value.remedy and rows(here) == before + 1  # the refusal is in the audit
    told = apply(here.world.service, here.world.caller, other, dry_run=True)
    assert told[0] == Change("template", "web/weekly", "replace", {"duration": (900, 1800)}, told[0].loss)
    assert applied(here, other, replacing=True) == ["replace template web/weekly", "create schedule nightly"]
    assert applied(here, other, replacing=True) == []


def test_what_a_file_made_is_removed_and_nothing_else(here: Scheduled) -> None:
    world = here.world
    byhand = world.template(world.target("hand"), "hand")
    applied(here, fleet())
    applied(here, fleet("fleet: other\ntargets: [{name: others}]"))
    less = fleet("fleet: web\ntargets: [{name: everything}]\ntemplates: [{name: weekly, target: everything}]")
    assert applied(here, less) == []
    assert applied(here, less, prune=True) == [
        "delete suppression cve=CVE-2026-1 tag=env=test", "delete schedule fresh", "delete schedule nightly",
        "delete template web/weekly", "delete target web",
    ]  # fmt: skip
    names = {entry.name for entry in export(world.service, world.caller).targets}
    assert names == {"everything", "hand", "others"}
    assert byhand in templates.list_(world.service, world.caller).items


def test_who_made_templates_by_hand_is_not_robbed_of_them(here: Scheduled) -> None:
    applied(here, fleet("targets: [{name: web}]"))
    (arn,) = targets.list_(here.world.service, here.world.caller).items
    here.world.template(arn, "by hand")
    with pytest.raises(FleetError, match="target web: it has templates that this file did not make"):
        applied(here, fleet("fleet: default"), prune=True)


WRONG = {
    "targets: [{name: a}, {name: a}]": r"targets\[1\]: the target 'a' is named twice",
    "targets: [{name: a, tags: {}}]": r"targets\[0\]: an empty set of tags",
    "targets: [{name: ''}]": r"targets\[0\]: the name of a target has 1 to 140",
    "templates: [{name: a, target: b}]": r"templates\[0\]: there is no target 'b'",
    "targets: [{name: b}]\ntemplates: [{name: a, target: b, duration: soon}]": r"templates\[0\].duration: 'soon'",
    "targets: [{name: b}]\ntemplates: [{name: a, target: b, duration: 1m}]": r"templates\[0\]: a run collects for",
    "targets: [{name: b}]\ntemplates: [{name: a, target: b, packages: [cvss]}]": r"templates\[0\].packages: 'cvss' is none",
    "targets: [{name: b}]\ntemplates: [{name: a, target: b, subscriptions: [{topic: x, events: [OTHER]}]}]": r"templates\[0\]: 'x' is neither",
    "schedules: [{name: a, template: b, every: 1d}]": r"schedules\[0\].template: there is no template 'b'",
    "targets: [{name: a}, {name: b}]\ntemplates: [{name: t, target: a}, {name: t, target: b}]\nschedules: [{name: s, template: t, every: 1d}]": r"schedules\[0\].template: several templates",
    "targets: [{name: a}]\ntemplates: [{name: t, target: a}]\nschedules: [{name: s, template: t}]": r"schedules\[0\]: a schedule has one of",
    "targets: [{name: a}]\ntemplates: [{name: t, target: a}]\nschedules: [{name: s, template: t, cron: x}]": r"schedules\[0\]: a cron expression",
    "suppressions: [{scope: {colour: red}, reason: x}]": r"suppressions\[0\]: a suppression is about one of",
    "suppressions: [{scope: {}, reason: x}]": r"suppressions\[0\]: a suppression is about something",
    "suppressions: [{scope: {cve: CVE-1}, reason: x, until: soon}]": r"suppressions\[0\].until: 'soon' is no day",
    "suppressions: [{scope: {cve: CVE-1}, reason: x, until: '2027-01-31T10:00:00'}]": r"suppressions\[0\].until: .* no time zone",
}  # fmt: skip


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_what_cannot_be_is_told_with_its_place_and_nothing_is_done(here: Scheduled, text: str) -> None:
    before = rows(here)
    with pytest.raises(FleetError, match=WRONG[text]):
        applied(here, fleet(text))
    assert rows(here) <= before + 1


def test_rights_are_those_of_each_change(here: Scheduled) -> None:
    actions = ["shindan:ApplyFleet", "inspector:CreateAssessmentTarget"]
    policy = {"Statement": {"Effect": "Allow", "Action": actions, "Resource": "*"}}
    ada = Caller(here.world.caller.account, here.world.caller.region, "ada", policies=(policy,))
    assert len(apply(here.world.service, ada, fleet("targets: [{name: web}]"))) == 1
    for text, action in (
        ("targets: [{name: web}]\ntemplates: [{name: t, target: web}]", "inspector:CreateAssessmentTemplate"),
        ("targets: [{name: web, tags: {a: b}}]", "inspector:UpdateAssessmentTarget"),
        ("suppressions: [{scope: {cve: CVE-1}, reason: x}]", "shindan:CreateSuppression"),
    ):
        with pytest.raises(AccessDenied, match=action):
            apply(here.world.service, ada, fleet(text))
    with pytest.raises(AccessDenied, match="GetFleet"):
        export(here.world.service, ada)
    assert export(here.world.service, here.world.other).targets == ()


@pytest.mark.parametrize(
    "action",
    [
        "inspector:CreateResourceGroup",
        "inspector:CreateAssessmentTarget",
        "inspector:CreateAssessmentTemplate",
        "inspector:SetTagsForResource",
        "inspector:SubscribeToEvent",
        "inspector:StartAssessmentRun",
        "shindan:CreateSchedule",
        "shindan:CreateSuppression",
    ],
)
def test_a_document_does_nothing_that_its_holder_may_not_do_one_by_one(here: Scheduled, action: str) -> None:
    before = rows(here)
    with pytest.raises(AccessDenied, match=action):
        apply(here.world.service, _all_but(here, action), fleet())
    assert rows(here) == before + 1, "nothing but the entry that says so"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("inspector:DeleteAssessmentTarget", "target"),
        ("inspector:DeleteAssessmentTemplate", "template"),
        ("inspector:UnsubscribeFromEvent", "template"),
    ],
)
def test_what_is_denied_of_one_thing_is_denied_to_a_document(here: Scheduled, action: str, kind: Kind) -> None:
    applied(here, fleet())
    everything = here.world.caller.arn("target", "*") if kind == "target" else here.world.caller.arn(kind, "*", "*")
    ada = _all_but(here, action, str(everything))
    wanted = fleet("fleet: web") if "Delete" in action else fleet(TEXT.replace("FINDING_REPORTED, ", ""))
    with pytest.raises(AccessDenied, match=action):
        apply(here.world.service, ada, wanted, prune=True)
    assert applied(here, fleet()) == []


def _all_but(here: Scheduled, action: str, resource: str = "*") -> Caller:
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": action, "Resource": resource},
    ]
    return Caller(here.world.caller.account, here.world.caller.region, "ada", policies=({"Statement": statements},))


def test_a_suppression_that_is_over_asks_for_nothing(here: Scheduled) -> None:
    assert applied(here, fleet("suppressions: [{scope: {cve: CVE-1}, reason: x, until: 2026-01-31}]")) == []


def test_two_suppressions_of_one_scope_are_two(here: Scheduled) -> None:
    text = "suppressions: [{scope: {cve: CVE-1}, reason: x}, {scope: {cve: CVE-1}, reason: y}]"
    assert len(applied(here, fleet(text))) == 2
    assert applied(here, fleet(text)) == []
    assert applied(here, export(here.world.service, here.world.caller)) == []


TAILORED = """
tailoring:
  - {rule: ssh-root-login, off: true, tags: {env: test, any: }, reason: consoles are out of reach, until: 2027-01-31}
  - {rule: ssh-root-login, severity: Low, reason: elsewhere it matters little, owner: ada}
  - {rule: ssh-root-login, off: true, reason: long ago, until: 2020-01-31}
zones: |
  # ours
  [networks]
  "10.20.0.0/16" = "peered"
"""


def test_tailoring_and_zones(here: Scheduled) -> None:
    about = "tailoring ssh-root-login"
    assert applied(here, fleet(TAILORED)) == [
        f"create {about} any= env=test",
        f"create {about}",
        "create zones of networks",
    ]
    there = export(here.world.service, here.world.caller)
    assert read(written(there), "f")[0].fleet == there and there.zones.startswith("# ours\n[networks]")
    for same in (fleet(TAILORED), there):
        assert applied(here, same, prune=True) == []
    other = fleet(TAILORED.replace("Low", "Medium").replace("peered", "vpn"))
    assert applied(here, other) == [f"update {about}", "update zones of networks"]
    assert applied(here, other) == []
    assert len(applied(here, Fleet(), prune=True)) == 3
    assert export(here.world.service, here.world.caller) == Fleet()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tailoring: [{rule: no-such-rule, off: true, reason: x}]", r"tailoring\[0\]: .*no-such-rule"),
        ("tailoring: [{rule: ssh-root-login, off: true, reason: x}, {rule: ssh-root-login, severity: Low, reason: y}]", r"tailoring\[1\]: .* stands there twice"),
        ("zones: nonsense", "zones: "),
    ],
)  # fmt: skip
def test_tailoring_and_zones_that_are_none(sqlite: Scheduled, text: str, why: str) -> None:
    with pytest.raises(FleetError, match=why):
        applied(sqlite, fleet(text))


CHANNEL = "channels: [{name: ops, address: {env: OPS_HOOK}, least: High, every: 30m}]"


def test_channels_keep_their_secrets(here: Scheduled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPS_HOOK", "https://example.org/a/secret-1")
    told = apply(here.world.service, here.world.caller, fleet(CHANNEL))
    assert [(one.action, one.kind, one.name) for one in told] == [("create", "channel", "ops")]
    assert applied(here, fleet(CHANNEL)) == []
    there = export(here.world.service, here.world.caller)
    text = written(there)
    assert "secret" not in text and "example.org" not in text and read(text, "f")[0].fleet == there
    assert applied(here, there, prune=True) == []
    (tmp_path / "hook").write_text("https://example.org/a/secret-2\n")
    other = fleet(CHANNEL.replace("{env: OPS_HOOK}", f"{{file: {tmp_path}/hook}}").replace("High", "Medium"))
    changed = apply(here.world.service, here.world.caller, other)
    assert changed[0].fields == {"address": ("(not shown)", "(not shown)"), "least": ("High", "Medium")}
    assert "secret-" not in str(told) + str(changed)
    assert applied(here, other) == []
    with here.world.database.read() as connection:
        assert all("secret-" not in str(one.detail) for one in audit.entries(connection, here.world.caller.account))
    assert applied(here, Fleet(), prune=True) == ["delete channel ops"]
    with pytest.raises(FleetError, match=r"channels\[0\]: a channel needs an address"):
        applied(here, there)


@pytest.mark.parametrize(
    "address", ["{env: NOT_SET_HERE}", "{file: /nowhere}", "{vault: x}", "{env: A, file: B}", "{}"]
)
def test_references_that_lead_nowhere_are_told(address: str) -> None:
    with pytest.raises(FleetFileError, match=r"f:3: channels\[0\].address: "):
        read(f"channels:\n  - name: ops\n    address: {address}\n", "f")


# ── any document ──

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
VALUES = st.none() | NAMES | st.lists(st.none() | NAMES, min_size=2, max_size=3, unique=True).map(tuple)
TAGS = st.dictionaries(NAMES, VALUES, min_size=1, max_size=3)
CHANNELS = ("ops", "\u901a\u77e5 \U0001f514")
TOPICS = st.sampled_from(["arn:aws:sns:us-west-2:123456789012:a", "https://example.org/x"])
EVENTS = st.lists(st.sampled_from(["OTHER", "FINDING_REPORTED"]), min_size=1, max_size=2, unique=True)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, object]:
    target_names = draw(st.lists(NAMES, max_size=3, unique=True))
    found: dict[str, object] = {
        "targets": [{"name": name, **draw(st.fixed_dictionaries({}, optional={"tags": TAGS}))} for name in target_names]
    }
    places = st.tuples(st.sampled_from(target_names), NAMES) if target_names else st.nothing()
    wanted = draw(st.lists(places, max_size=3, unique=True)) if target_names else []
    optional = {
        "packages": st.lists(st.sampled_from(["cve", "cis", "network"]), min_size=1, max_size=3, unique=True).map(
            tuple
        ),
        "duration": st.sampled_from(["3m", "1h", "24h", "181"]),
        "attributes": st.dictionaries(NAMES, st.none() | NAMES, max_size=2),
        "tags": st.dictionaries(NAMES, st.none() | NAMES, max_size=2),
        "subscriptions": st.lists(st.fixed_dictionaries({"topic": TOPICS, "events": EVENTS}), max_size=1),
    }
    found["templates"] = [
        {"name": name, "target": target, **draw(st.fixed_dictionaries({}, optional=optional))}
        for target, name in wanted
    ]
    rhythms = st.sampled_from(
        [{"cron": "0 3 * * MON"}, {"every": "2d", "begins": "2026-12-01T03:00"}, {"first_contact": "15m"}]
    )
    more = {
        "zone": st.sampled_from(["Asia/Tokyo", "UTC"]), "jitter": st.sampled_from(["10m", "0s"]), "paused": st.booleans(),
        "blackouts": st.just(("mon-fri 08:00-18:00", "2026-12-24")), "missed": st.sampled_from(["once", "skip"]),
        "in_blackout": st.sampled_from(["wait", "skip"]),
        "report": st.fixed_dictionaries({"channel": st.sampled_from(CHANNELS)}, optional={"format": st.just("HTML"), "language": st.just("ja")}),
    }  # fmt: skip
    names = draw(st.lists(NAMES, max_size=2, unique=True)) if wanted else []
    found["schedules"] = [
        {
            "name": name,
            "target": place[0],
            "template": place[1],
            **draw(rhythms),
            **draw(st.fixed_dictionaries({}, optional=more)),
        }
        for name in names
        for place in [draw(st.sampled_from(wanted))]
    ]
    scopes = st.dictionaries(
        st.sampled_from(["cve", "host", "tag", "rule", "component"]), NAMES, min_size=1, max_size=2
    )
    until = {"owner": NAMES, "until": st.sampled_from(["2027-01-31", "2027-01-31T12:30:00.125Z"])}
    entries = st.fixed_dictionaries({"scope": scopes, "reason": NAMES}, optional=until)
    found["suppressions"] = draw(st.lists(entries, max_size=2))
    return found


@pytest.fixture
def sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    yield from scheduled("sqlite", tmp_path, monkeypatch)


@pytest.fixture
def channeled(sqlite: Scheduled) -> Scheduled:
    """One with channels that no document made."""
    for name in CHANNELS:
        sqlite.channel(name)
    return sqlite


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents())
def test_any_document_is_the_same_after_its_way_through_an_account_and_a_file(
    channeled: Scheduled, wanted: dict[str, object]
) -> None:
    import msgspec

    service, caller = channeled.world.service, channeled.world.caller
    document = msgspec.convert(wanted, Fleet)
    apply(service, caller, Fleet(), prune=True)
    nothing = export(service, caller)
    assert [one.name for one in nothing.channels] == list(CHANNELS)
    assert msgspec.structs.replace(nothing, channels=()) == Fleet()
    made = apply(service, caller, document)
    assert apply(service, caller, document) == []
    there = export(service, caller)
    assert len(made) == len(there.targets) + len(there.templates) + len(there.schedules) + len(there.suppressions)
    assert read(written(there), "f")[0].fleet == there
    assert apply(service, caller, there, prune=True) == []
    apply(service, caller, Fleet(), prune=True)
    apply(service, caller, there)
    assert export(service, caller) == there


def test_the_example_of_the_documentation_is_one(sqlite: Scheduled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPS_MAIL", "https://example.org/hook/secret-part")
    page = (REPOSITORY / "docs/configuration.md").read_text()
    document = fleet(page.split("```yaml\n")[1].split("```")[0])
    assert len(applied(sqlite, document)) == 7
    assert applied(sqlite, document) == []
    parts = (document.targets[0], document.templates[0], document.schedules[0], document.suppressions[0])
    unnamed = {name for part in parts for name in part.__struct_fields__ if getattr(part, name) in (None, "", "UTC")}
    assert unnamed == {"target", "every", "first_contact", "begins"}  # its comments name them

"""Schedules: what they begin and when, what they skip and why, and who may set them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from scheduled import NIGHTLY, Scheduled, scheduled
from service_world import pages
from shindan.model.errors import ShindanError
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.model.schedule import Plan, ReportWish
from shindan.service import channels, retention, runs, schedule_starts, schedules, targets, templates
from shindan.service.caller import Caller
from shindan.service.channel_text import ChannelText
from shindan.service.retention import Keep
from shindan.service.schedule_reports import Attachment
from shindan.service.service import Service
from shindan.store import audit, reports
from shindan.store.reports import Which
from shindan.store.tables import schedule, schedule_event, schedule_host, schedule_report
from stores import BACKENDS

SNS = "arn:aws:sns:us-west-2:123456789012:ops"
NEW_HOSTS = Plan("first-contact", period=900)


@pytest.fixture(params=BACKENDS)
def here(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduled]:
    yield from scheduled(request.param, tmp_path, monkeypatch)


def test_a_run_begins_when_its_time_has_come_and_once(here: Scheduled) -> None:
    made = here.schedule()
    here.times.to("2026-11-25T02:59:59+01:00")
    here.look()
    assert here.runs() == []
    here.times.to("2026-11-25T03:00:05+01:00")
    for _ in range(3):
        here.look()
    (event,) = here.events()
    assert (event.outcome, event.reason, event.nominal_at) == ("started", "", made.nominal_at)
    here.end_runs()
    here.times.to("2026-11-26T03:00:05+01:00")
    here.look()
    assert len(here.runs()) == 2
    with here.world.database.read() as connection:
        newest = audit.entries(connection, here.world.caller.account, limit=1)[0]
    assert (newest.action, newest.outcome, newest.detail["schedule"]) == ("StartAssessmentRun", "done", "nightly")
    assert newest.caller.endswith(":user/schedule nightly")


def test_two_workers_that_look_at_once_begin_one_run(here: Scheduled) -> None:
    made = here.schedule()
    here.times.to("2026-11-25T03:00:05+01:00")
    at_once = Barrier(4)

    def begin() -> None:
        at_once.wait()
        schedule_starts.begin(here.world.service, made.account, made.id)

    threads = [Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(here.runs()), here.told()) == (1, [("started", "")])


def test_a_run_that_goes_on_has_the_next_one_skipped(here: Scheduled) -> None:
    here.schedule(Plan("cron", "0 * * * *"))
    for hour in (13, 14):
        here.times.to(f"2026-11-24T{hour}:00:05")
        here.look()
    here.end_runs()
    here.times.to("2026-11-24T15:00:05")
    here.look()
    assert here.told() == [("started", ""), ("skipped", "OVERLAP"), ("started", "")]
    assert "has not ended" in here.events()[1].detail and ":target/" in here.events()[1].detail


def test_hosts_that_are_in_another_run_have_it_skipped(here: Scheduled) -> None:
    host = here.world.host("web-1")
    here.schedule()
    other = here.world.template(here.world.target("other"), "other")
    arn = runs.start(here.world.service, here.world.caller, other)
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look()
    assert here.told() == [("skipped", "BUSY")]
    assert f"{host.id} in {arn}" in here.events()[0].detail


@pytest.mark.parametrize(
    ("missed", "down_until", "told", "detail"),
    [
        ("once", "2026-11-28T10:00:05+01:00", [("started", "CAUGHT_UP")], "4 runs were missed"),
        ("skip", "2026-11-28T10:00:05+01:00", [("skipped", "MISSED")], "4 runs were missed"),
        ("skip", "2026-11-28T03:05:00+01:00", [("started", "")], ""),
        ("skip", "2026-11-25T10:00:05+01:00", [("skipped", "MISSED")], "a run was missed"),
    ],
    ids=["caught up once", "skipped", "late by less than it counts", "one"],
)
def test_what_the_server_slept_through(
    here: Scheduled, missed: str, down_until: str, told: object, detail: str
) -> None:
    here.schedule(replace(NIGHTLY, missed=missed))
    here.times.to(down_until)
    for _ in range(2):
        here.look()
    assert here.told() == told and here.events()[0].detail.startswith(detail)
    here.end_runs()
    here.times.to("2026-11-29T03:00:05+01:00")
    here.look()
    assert here.told()[-1][0] == "started" or here.told()[-1] == ("skipped", "MISSED")


def test_ten_years_of_minutes_are_not_counted_one_by_one(here: Scheduled) -> None:
    here.schedule(Plan("cron", "* * * * *"))
    here.times.to("2036-11-24T12:00:30")
    here.look()
    (event,) = here.events()
    assert (event.outcome, event.reason) == ("started", "")
    found = schedules.get(here.world.service, here.world.caller, "nightly").schedule
    assert found.nominal_at is not None and found.nominal_at > here.times.at.timestamp() * 1000


def test_a_blackout_is_waited_for_and_swallows_what_comes_meanwhile(here: Scheduled) -> None:
    here.schedule(Plan("cron", "0 * * * *", zone="Europe/Berlin", blackouts=("mon-fri 13:30-18:00",)))
    for moment in ("14:00:05", "15:00:05", "17:59:59"):
        here.times.to(f"2026-11-24T{moment}+01:00")
        here.look()
    assert (here.told(), here.runs()) == ([("waiting", "BLACKOUT")], [])
    here.times.to("2026-11-24T18:00:05+01:00")
    here.look()
    assert here.told() == [("waiting", "BLACKOUT"), ("started", "")]
    here.end_runs()
    here.times.to("2026-11-24T18:01:05+01:00")
    here.look()
    here.times.to("2026-11-24T19:00:05+01:00")
    here.look()
    assert len(here.runs()) == 2


def test_a_blackout_may_have_it_skipped(here: Scheduled) -> None:
    plan = Plan("cron", "0 * * * *", zone="Europe/Berlin", blackouts=("daily 13:30-14:30",), in_blackout="skip")
    here.schedule(plan)
    for hour in (14, 15):
        here.times.to(f"2026-11-24T{hour}:00:05+01:00")
        here.look()
    assert here.told() == [("skipped", "BLACKOUT"), ("started", "")]


def test_what_is_told_ahead_is_what_happens(here: Scheduled) -> None:
    plan = Plan("every", period=5 * 3600, jitter=1800, blackouts=("daily 06:00-08:00",), zone="Asia/Tokyo")
    here.schedule(plan)
    service, caller = here.world.service, here.world.caller
    ahead = [one.begins_at for one in schedules.upcoming(service, caller, "nightly", 20)]
    for number, begins in enumerate(ahead):
        assert begins is not None
        here.times.set(datetime.fromtimestamp(begins / 1000, UTC) - timedelta(seconds=1))
        here.look()
        assert len(here.runs()) == number
        here.times.go(seconds=1)
        here.look()
        assert len(here.runs()) == number + 1
        here.end_runs()


def test_new_hosts_have_one_run_when_they_have_settled(here: Scheduled) -> None:
    world = here.world
    world.host("old", tags={"role": "web"})
    target = world.target("web", [("role", "web")])
    here.schedule(NEW_HOSTS, "new", world.template(target))
    here.look()
    here.times.go(minutes=1)
    first = world.host("web-1", tags={"role": "web"})
    world.host("db-1", tags={"role": "db"})
    here.look()
    here.times.go(minutes=10)
    second = world.host("web-2")
    here.look()
    here.world.host("web-2", host_id=second.id, tags={"role": "web"})  # its tags come while it settles
    here.times.go(minutes=4)
    here.look()
    assert here.runs() == []
    here.times.go(minutes=2)
    for _ in range(3):
        here.look()
    (event,) = here.events("new")
    assert (event.outcome, here.hosts_of(event.run)) == ("started", sorted([first.id, second.id]))
    here.end_runs()
    here.times.go(days=2)
    here.look()
    assert len(here.runs()) == 1
    assert schedules.upcoming(world.service, world.caller, "new") == []


def test_new_hosts_that_are_busy_are_waited_for(here: Scheduled) -> None:
    here.schedule(NEW_HOSTS, "new")
    host = here.world.host("web-1")
    here.look()
    other = here.world.template(here.world.target("other"), "other")
    runs.start(here.world.service, here.world.caller, other)
    for _ in range(4):
        here.times.go(minutes=10)
        here.look()
    assert here.told("new") == [("waiting", "BUSY")]
    here.end_runs()
    here.times.go(minutes=10)
    here.look()
    assert here.told("new") == [("waiting", "BUSY"), ("started", "")]
    assert here.hosts_of(here.events("new")[1].run) == [host.id]


def test_hosts_that_only_the_cloud_knows_are_not_heard_of_yet(here: Scheduled) -> None:
    from shindan.model.host import Host
    from shindan.store import hosts

    here.schedule(replace(NEW_HOSTS, period=0), "new")
    with here.world.database.write() as connection:
        hosts.add(connection, Host("i-0abc", here.world.caller.account, "cloud", 1))
    here.look()
    assert here.runs() == []
    with here.world.database.write() as connection:
        hosts.change(connection, "i-0abc", last_seen=1)
    here.look()
    assert here.hosts_of(here.events("new")[0].run) == ["i-0abc"]


def test_who_is_paused_begins_nothing_and_goes_on_from_then(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    here.schedule()
    here.schedule(NEW_HOSTS, "new")
    for name in ("nightly", "new"):
        schedules.pause(service, caller, name)
    here.world.host("web-1")
    here.times.go(days=3)
    here.look()
    assert schedules.upcoming(service, caller, "nightly") == []
    for name in ("nightly", "new"):
        schedules.resume(service, caller, name)
    here.times.go(hours=1)
    here.look()
    assert here.runs() == []
    here.times.to("2026-11-28T03:00:05+01:00")
    here.look()
    assert len(here.runs()) == 1 and here.told() == [("started", "")]


def test_a_changed_plan_holds_from_now(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    made = here.schedule()
    changed = schedules.update(service, caller, made.id, name="hourly", plan=Plan("cron", "0 * * * *"))
    assert (changed.name, changed.due_at, changed.id) == (
        "hourly",
        round(here.times.at.timestamp() * 1000) + 3_600_000,
        made.id,
    )
    with pytest.raises(NoSuchEntity):
        schedules.get(service, caller, "nightly")
    here.schedule(name="other")
    with pytest.raises(InvalidInput, match="already"):
        schedules.update(service, caller, "other", name="hourly")
    with pytest.raises(InvalidInput, match="already"):
        here.schedule(name="hourly")


def test_reports_go_to_a_channel_that_is_there(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    told = replace(NIGHTLY, report=ReportWish("ops"))
    with pytest.raises(NoSuchEntity, match="no channel 'ops'") as refused:
        here.schedule(told, "told")
    assert (refused.value.code, refused.value.at) == ("CHANNEL_DOES_NOT_EXIST", "report")
    made = here.schedule()
    with pytest.raises(NoSuchEntity, match="no channel 'ops'"):
        schedules.update(service, caller, made.id, plan=told)
    assert schedules.get(service, caller, made.id).schedule == made
    channels.create(service, here.world.other, ChannelText(name="ops", address=SNS))
    with pytest.raises(NoSuchEntity):  # another account's
        schedules.update(service, caller, made.id, plan=told)
    here.channel()
    changed = schedules.update(service, caller, made.id, plan=told)
    assert changed.plan.report == ReportWish("ops")
    channels.delete(service, caller, "ops")
    assert schedules.update(service, caller, made.id, name="other").plan == changed.plan, (
        "only what is given is looked at"
    )


def test_reports_follow_a_channel_to_its_new_name(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    for name in ("ops", "others"):
        here.channel(name)
    here.schedule(replace(NIGHTLY, report=ReportWish("ops", "HTML", "FULL", "ja")))
    here.schedule(replace(NIGHTLY, report=ReportWish("others")), "other")
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look()
    channels.update(service, caller, "ops", ChannelText(name="security"))
    followed, stayed = (schedules.get(service, caller, name).schedule.plan for name in ("nightly", "other"))
    assert followed.report == ReportWish("security", "HTML", "FULL", "ja") and stayed.report == ReportWish("others")
    with here.world.database.read() as connection:
        waiting = {row.wish["channel"] for row in connection.execute(select(schedule_report))}
    assert waiting == {"security", "others"}, "those that wait for their runs, too"


def test_what_another_plan_would_do_is_told_before(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    made = here.schedule()
    plan = Plan("every", period=5 * 3600, jitter=1800)
    here.times.go(hours=7)
    ahead = schedules.preview_change(service, caller, "nightly", plan, 3)
    assert schedules.get(service, caller, "nightly").schedule == made
    schedules.update(service, caller, "nightly", plan=plan)
    assert schedules.upcoming(service, caller, "nightly", 3) == ahead


def test_a_templates_end_is_its_schedules_end(here: Scheduled) -> None:
    service, caller = here.world.service, here.world.caller
    target = here.world.target()
    here.schedule(template=here.world.template(target, "a"))
    here.schedule(NEW_HOSTS, "new", template=here.world.template(target, "b"))
    here.world.host("web-1")
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look()
    here.end_runs()
    templates.delete(service, caller, str(schedules.get(service, caller, "nightly").template))
    assert [view.schedule.name for view in schedules.list_(service, caller)] == ["new"]
    targets.delete(service, caller, target)
    with here.world.database.read() as connection:
        for table in (schedule, schedule_event, schedule_host):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_accounts_see_and_touch_only_their_own(here: Scheduled) -> None:
    service, other = here.world.service, here.world.other
    made = here.schedule()
    assert schedules.list_(service, other) == []
    for text in ("nightly", made.id):
        for verb in (
            schedules.get,
            schedules.history,
            schedules.upcoming,
            schedules.pause,
            schedules.resume,
            schedules.delete,
        ):
            with pytest.raises(NoSuchEntity):
                verb(service, other, text)
    template = str(schedules.get(service, here.world.caller, "nightly").template)
    with pytest.raises(AccessDenied):
        schedules.create(service, other, template, "mine", NIGHTLY)


STARTER = {"Effect": "Allow", "Action": ["shindan:*Schedule*", "inspector:StartAssessmentRun"], "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "denied"),
    [
        ([STARTER], ""),
        ([{**STARTER, "Action": ["shindan:CreateSchedule"]}], "inspector:StartAssessmentRun"),
        ([{**STARTER, "Action": ["inspector:*", "shindan:ListSchedules"]}], "shindan:CreateSchedule"),
        (
            [STARTER, {"Effect": "Deny", "Action": "inspector:StartAssessmentRun", "Resource": "*"}],
            "inspector:StartAssessmentRun",
        ),
    ],
    ids=["may both", "may not start runs", "may not make schedules", "explicitly denied"],
)
def test_who_may_not_start_runs_may_not_have_them_started(
    here: Scheduled, statements: list[object], denied: str
) -> None:
    template = here.world.template(here.world.target())
    ada = Caller(here.world.caller.account, here.world.caller.region, "ada", policies=({"Statement": statements},))
    if not denied:
        assert schedules.create(here.world.service, ada, template, "mine", NIGHTLY).created_by == "ada"
        with pytest.raises(AccessDenied, match="GetAssessmentReport"):
            schedules.create(here.world.service, ada, template, "told", replace(NIGHTLY, report=ReportWish("mail")))
        return
    with pytest.raises(AccessDenied, match=denied):
        schedules.create(here.world.service, ada, template, "mine", NIGHTLY)
    with here.world.database.read() as connection:
        newest = audit.entries(connection, ada.account, limit=1)[0]
    assert (newest.action, newest.outcome) == ("CreateSchedule", "ACCESS_DENIED")


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        (replace(NIGHTLY, cron="nonsense"), "cron"),
        (replace(NIGHTLY, cron="0 0 31 2 *"), "cron"),
        (replace(NIGHTLY, zone="Mars"), "zone"),
        (replace(NIGHTLY, rhythm="sometimes"), ""),  # type: ignore[arg-type]
        (replace(NIGHTLY, in_blackout="dance"), ""),
        (replace(NIGHTLY, jitter=-1), "jitter"),
        (replace(NIGHTLY, blackouts=("sun",) * 51), "blackouts"),
        (replace(NIGHTLY, blackouts=("daily 02:00-04:00",), in_blackout="skip"), "blackouts"),
        (replace(NIGHTLY, blackouts=("daily",)), "blackouts"),
        (replace(NIGHTLY, report=ReportWish("mail", format="DOC")), "report"),
        (replace(NIGHTLY, report=ReportWish("")), "report"),
        (Plan("every", period=0), "every"),
        (Plan("every", period=86_400, begins="tomorrow"), "begins"),
        (Plan("first-contact", period=-1), "first_contact"),
    ],
)
def test_a_plan_that_is_none_is_refused(here: Scheduled, wrong: Plan, at: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        here.schedule(wrong)
    assert refused.value.at == at
    with pytest.raises(InvalidInput):
        schedules.preview(here.world.caller, wrong)


def test_history_comes_in_pages_and_is_let_go_of(here: Scheduled) -> None:
    here.schedule(Plan("cron", "0 * * * *"))
    for _ in range(5):
        here.times.go(hours=1, seconds=5)
        here.look()
    found = pages(schedules.history, here.world.service, here.world.caller, "nightly", max_results=2)
    assert [len(page) for page in found] == [2, 2, 1]
    numbers = [event.number for page in found for event in page]
    assert numbers == sorted(numbers, reverse=True)
    here.times.go(days=500)
    retention.prune(here.world.service, Keep())
    assert here.events() == []


# ── reports ──


def test_the_report_of_a_run_is_sent_when_it_has_ended(here: Scheduled) -> None:
    sent: list[tuple[str, Attachment]] = []

    def sender(_: Service, caller: Caller, channel: str, report: Attachment) -> None:
        if len(sent) < 1:
            sent.append(("", report))
            raise ShindanError("the mail server is away")
        sent.append((channel, report))

    here.channel()
    here.schedule(replace(NIGHTLY, report=ReportWish("ops", "HTML")))
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look(sender)
    here.times.go(minutes=1)
    here.look(sender)  # it goes on
    here.end_runs()
    here.look(sender)  # the report is ordered
    (run_id,) = [event.run for event in here.events()]
    assert sent == []
    which = Which(run_id, "FINDING", "HTML")
    with here.world.database.write() as connection:
        at = round(here.times.at.timestamp() * 1000)
        reports.complete(connection, which, here.world.service.blobs.put(b"<html>"), at, at)
    for _ in range(12):
        here.times.go(minutes=1)
        here.look(sender)
    assert [channel for channel, _ in sent] == ["", "ops"]
    report = sent[1][1]
    assert (report.content, report.media_type, report.name[:4], report.name[-5:]) == (
        b"<html>",
        "text/html",
        "Run-",
        ".html",
    )
    assert here.told()[-1] == ("report-sent", "REPORT")


def test_a_run_without_a_report_is_told(here: Scheduled) -> None:
    here.channel()
    here.schedule(replace(NIGHTLY, report=ReportWish("ops")))
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look()
    here.end_runs("CANCELED")
    here.look()
    assert here.told()[-1] == ("report-failed", "REPORT") and "CANCELED" in here.events()[-1].detail


def test_no_packages_are_told_as_what_they_are(here: Scheduled) -> None:
    here.schedule(template=here.world.template(here.world.target(), packages=()))
    here.times.to("2026-11-25T03:00:05+01:00")
    here.look()
    assert here.told() == [("refused", "REFUSED")] and "no rules packages" in here.events()[0].detail

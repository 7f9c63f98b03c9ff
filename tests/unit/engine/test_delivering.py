"""The outbox: at least once, in order for each run and topic, and never more than one message twice for one kill."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from receivers import Receiver, outside, receiver
from run_world import RunWorld, advisories, run_world, until
from service_world import ACCOUNT, CVE
from shindan.engine import delivery_turn, trying
from shindan.engine.clock import milliseconds
from shindan.engine.delivering import deliver, deliver_to
from shindan.engine.handlers import handlers
from shindan.engine.trying import pause_before
from shindan.engine.work import Work
from shindan.model.arn import parse
from shindan.model.event import Message, Sent
from shindan.notify import Notifier
from shindan.notify.base import Together
from shindan.service import runs, subscriptions
from shindan.store import deliveries, outbox, tables
from stores import BACKENDS, databases

TOPIC, OTHER = "test:one", "test:two"
SUCCESS = Sent("SUCCESS")


class Recording:
    """A channel that keeps what it is sent; `say` decides how sending goes."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, Message]] = []
        self.say: Callable[[str, Message], Sent] = lambda address, message: SUCCESS

    def takes(self, address: str) -> bool:
        return address.startswith("test:")

    def send(self, address: str, message: Message) -> Sent:
        self.sent.append((address, message))
        return self.say(address, message)

    def introduce(self, address: str, message: Message) -> Sent:
        return self.send(address, message)

    def numbers(self, address: str, group: str | None = None) -> list[int]:
        return [m.payload["n"] for to, m in self.sent if to == address and group in (None, m.group)]


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    """A world whose jobs wait until somebody starts them."""
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data", working=False) as made:
            yield made


@pytest.fixture
def channel() -> Recording:
    return Recording()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses of milliseconds."""
    monkeypatch.setattr(trying, "_FIRST_PAUSE", 0.02)
    monkeypatch.setattr(trying, "_LONGEST_PAUSE", 0.1)


def put(living: RunWorld, run: str | None, topics: list[str], numbers: range) -> None:
    with living.work.database.write() as connection:
        payloads = [{"event": "FINDING_REPORTED", "n": n} for n in numbers]
        outbox.add(connection, ACCOUNT, run, "FINDING_REPORTED", topics, payloads, milliseconds())


def waiting(living: RunWorld) -> list[Any]:
    with living.work.database.read() as connection:
        mine = select(tables.outbox).where(tables.outbox.c.done_at.is_(None))
        return list(connection.execute(mine.order_by(tables.outbox.c.number)))


def work_with(living: RunWorld, *channels: Any) -> Work:
    return replace(living.work, notifier=Notifier(channels))


def notes(living: RunWorld, run: str) -> list[tuple[str, str]]:
    with living.work.database.read() as connection:
        note = tables.run_notification
        rows = connection.execute(select(note).where(note.c.run == run).order_by(note.c.number))
        return [(row.topic, row.status) for row in rows]


def a_run(living: RunWorld) -> str:
    living.world.host(f"h{milliseconds()}")
    return living.world.run(parse(living.world.template(living.world.target(f"t{milliseconds()}")))).id


def test_in_order_to_everybody(living: RunWorld, channel: Recording) -> None:
    run = a_run(living)
    put(living, run, [TOPIC, OTHER], range(30))
    put(living, None, [TOPIC], range(100, 103))
    living.jobs.start(handlers(work_with(living, channel)))
    living.jobs.enqueue("deliver", {}, key="deliver")
    until(lambda: not waiting(living))
    assert channel.numbers(TOPIC, run) == channel.numbers(OTHER, run) == list(range(30))
    assert channel.numbers(TOPIC, "") == [100, 101, 102]
    assert len(notes(living, run)) == 50, "as many as the API shows are kept"
    assert {status for _, status in notes(living, run)} == {"SUCCESS"}
    assert len({message.id for _, message in channel.sent}) == 63


def test_what_fails_is_tried_again_before_what_is_behind_it(living: RunWorld, channel: Recording, quick: None) -> None:
    run = a_run(living)
    put(living, run, [TOPIC], range(4))
    failing = {1: 3, 2: 1}

    def say(_: str, message: Message) -> Sent:
        left = failing.get(message.payload["n"], 0)
        failing[message.payload["n"]] = left - 1
        return Sent("INTERNAL_ERROR", "down") if left > 0 else SUCCESS

    channel.say = say
    living.jobs.start(handlers(work_with(living, channel)))
    living.jobs.enqueue("deliver", {}, key="deliver")
    until(lambda: not waiting(living))
    assert channel.numbers(TOPIC) == [0, 1, 1, 1, 1, 2, 2, 3]
    assert notes(living, run) == [(TOPIC, "SUCCESS")] * 4
    ids = [message.id for _, message in channel.sent if message.payload["n"] == 1]
    assert len(set(ids)) == 1, "a repetition can be told by its id"


def test_a_receiver_that_is_gone_holds_up_nobody_and_ends(living: RunWorld, channel: Recording) -> None:
    run, other = a_run(living), a_run(living)
    put(living, run, [TOPIC, OTHER], range(3))
    channel.say = lambda address, _: Sent("ACCESS_DENIED", "no", lasting=True) if address == TOPIC else SUCCESS
    work = work_with(living, channel)
    for topic in (TOPIC, OTHER):
        deliver_to(work, {"topic": topic})
    assert channel.numbers(TOPIC) == [0] and channel.numbers(OTHER) == [0, 1, 2]
    assert notes(living, run) == [(TOPIC, "ACCESS_DENIED")] * 3 + [(OTHER, "SUCCESS")] * 3
    assert waiting(living) == []
    put(living, other, [TOPIC], range(1))  # another run is tried anew
    deliver_to(work, {"topic": TOPIC})
    assert channel.numbers(TOPIC, other) == [0]


@pytest.mark.parametrize("status", ["INTERNAL_ERROR", "TOPIC_DOES_NOT_EXIST"])
def test_there_is_an_end_to_trying(
    living: RunWorld, channel: Recording, monkeypatch: pytest.MonkeyPatch, status: Any
) -> None:
    monkeypatch.setattr(trying, "_FIRST_PAUSE", 0.0)
    put(living, None, [TOPIC], range(2))
    channel.say = lambda *_: Sent(status, "down")
    work = work_with(living, channel)
    for _ in range(trying.TRIES[status] - 1):
        deliver_to(work, {"topic": TOPIC})
    assert len(waiting(living)) == 2
    deliver_to(work, {"topic": TOPIC})
    assert waiting(living) == [] and channel.numbers(TOPIC) == [0] * trying.TRIES[status]


class Killed(BaseException):
    """What no handler catches."""


def test_a_kill_repeats_the_message_on_its_way_and_no_other(
    living: RunWorld, channel: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "TAKEN", 50)
    put(living, None, [TOPIC], range(6))

    def say(_: str, message: Message) -> Sent:
        if message.payload["n"] == 3 and len(channel.sent) == 4:
            raise Killed  # sent, and not noted
        return SUCCESS

    channel.say = say
    work = work_with(living, channel)
    with pytest.raises(Killed):
        deliver_to(work, {"topic": TOPIC})
    assert [row.payload["n"] for row in waiting(living)] == [3, 4, 5]

    def repeated() -> bool:
        deliver_to(work, {"topic": TOPIC})
        return not waiting(living)

    until(repeated)
    assert channel.numbers(TOPIC) == [0, 1, 2, 3, 3, 4, 5]


def test_many_at_once_send_each_message_once_and_in_order(living: RunWorld, channel: Recording) -> None:
    put(living, None, [TOPIC], range(40))
    work = work_with(living, channel)
    threads = [threading.Thread(target=deliver_to, args=(work, {"topic": TOPIC})) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    deliver_to(work, {"topic": TOPIC})  # whoever came second may have left while the first had one in hand
    assert waiting(living) == []
    assert channel.numbers(TOPIC) == list(range(40))


def test_a_channel_that_breaks_is_one_messages_trouble(living: RunWorld, channel: Recording) -> None:
    put(living, None, [TOPIC], range(1))

    def say(*_: object) -> Sent:
        raise RuntimeError("a fault")

    channel.say = say
    deliver_to(work_with(living, channel), {"topic": TOPIC})
    (row,) = waiting(living)
    assert (row.status, row.attempts) == ("INTERNAL_ERROR", 1) and row.due_at > milliseconds()


def test_a_run_that_was_deleted_is_told_of_and_not_noted(living: RunWorld, channel: Recording) -> None:
    run = a_run(living)
    put(living, run, [TOPIC], range(2))
    with living.work.database.write() as connection:
        connection.execute(tables.run.delete().where(tables.run.c.id == run))
    deliver_to(work_with(living, channel), {"topic": TOPIC})
    assert channel.numbers(TOPIC) == [0, 1] and waiting(living) == []


def test_what_waits_is_looked_for_again_when_it_is_due(living: RunWorld, channel: Recording) -> None:
    put(living, None, [TOPIC, OTHER], range(1))
    with living.work.database.write() as connection:
        soon = milliseconds() + 400
        connection.execute(tables.outbox.update().where(tables.outbox.c.topic == OTHER).values(due_at=soon))
    moments: list[int] = []

    def say(*_: object) -> Sent:
        moments.append(milliseconds())
        return SUCCESS

    channel.say = say
    work = work_with(living, channel)
    living.jobs.start(handlers(work))
    deliver(work, {})
    until(lambda: not waiting(living))
    # Whichever came first: on a busy machine the moment may be there before the other topic was served.
    sent = dict(zip([address for address, _ in channel.sent], moments, strict=True))
    assert len(channel.sent) == 2 and set(sent) == {TOPIC, OTHER} and sent[OTHER] >= soon


def test_a_topic_is_served_by_one_job_at_a_time(living: RunWorld, channel: Recording) -> None:
    put(living, "a", [TOPIC], range(2))
    put(living, "b", [TOPIC], range(2))
    sending, go_on = threading.Event(), threading.Event()

    def say(*_: object) -> Sent:
        sending.set()
        assert go_on.wait(30)
        return SUCCESS

    channel.say = say
    work = work_with(living, channel)
    first = threading.Thread(target=deliver_to, args=(work, {"topic": TOPIC}))
    first.start()
    assert sending.wait(30)
    deliver_to(work, {"topic": TOPIC})  # another one finds the topic taken, though run b has something due
    assert len(channel.sent) == 1
    go_on.set()
    first.join()
    assert waiting(living) == []


def test_runs_take_turns_at_a_topic(living: RunWorld, channel: Recording) -> None:
    put(living, "a", [TOPIC], range(3))
    put(living, "b", [TOPIC], range(3))
    deliver_to(work_with(living, channel), {"topic": TOPIC})
    assert [(m.group, m.payload["n"]) for _, m in channel.sent] == [(run, n) for n in range(3) for run in "ab"]


def test_a_receiver_that_lets_one_wait_is_left_alone_for_a_while(
    living: RunWorld, channel: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_turn, "PATIENCE", 0.0)  # every failure took too long
    for run in "abc":
        put(living, run, [TOPIC], range(2))
    channel.say = lambda *_: Sent("INTERNAL_ERROR", "down")
    work = work_with(living, channel)
    for _ in range(3):
        deliver_to(work, {"topic": TOPIC})
    assert len(channel.sent) == 1, "the others wait, too, and who comes meanwhile does not try"
    with living.work.database.read() as connection:
        assert deliveries.topics(connection, milliseconds()) == []
        resume_at = deliveries.next_due(connection, TOPIC)
    assert resume_at is not None and resume_at > milliseconds()


def test_where_nothing_arrives_for_long_what_has_waited_is_given_up(
    living: RunWorld, channel: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_turn, "PATIENCE", 0.0)
    monkeypatch.setattr(trying, "_FIRST_PAUSE", 0.0)
    for run in "abc":
        put(living, run, [TOPIC], range(2))
    channel.say = lambda *_: Sent("INTERNAL_ERROR", "down")
    work = work_with(living, channel)
    for _ in range(trying.TRIES["INTERNAL_ERROR"] - 1):
        deliver_to(work, {"topic": TOPIC})
    assert len(waiting(living)) == 6
    put(living, "d", [TOPIC], range(1))
    deliver_to(work, {"topic": TOPIC})
    assert {row.run for row in waiting(living)} == {"d"}, "what came since is tried anew"
    channel.say = lambda *_: SUCCESS
    deliver_to(work, {"topic": TOPIC})
    assert waiting(living) == []


class Several(Recording):
    """A channel that takes four at once; `of_a_group` of them of one group."""

    def __init__(self, of_a_group: int) -> None:
        super().__init__()
        self.of_a_group = of_a_group
        self.batches: list[list[tuple[str, int]]] = []

    def together(self, address: str) -> Together:
        return Together(4, self.of_a_group)

    def send_all(self, address: str, messages: Sequence[Message]) -> list[Sent]:
        self.batches.append([(message.group, message.payload["n"]) for message in messages])
        return [self.say(address, message) for message in messages]


@pytest.mark.parametrize(
    ("of_a_group", "batches"),
    [
        (4, [["a0", "a1", "a2", "a3"], ["b0", "b1", "a4"]]),
        (1, [["a0", "b0"], ["a1", "b1"], ["a2"], ["a3"], ["a4"]]),
    ],
)
def test_several_go_together(living: RunWorld, of_a_group: int, batches: list[list[str]]) -> None:
    put(living, "a", [TOPIC], range(5))
    put(living, "b", [TOPIC], range(2))
    channel = Several(of_a_group)
    deliver_to(work_with(living, channel), {"topic": TOPIC})
    together = [[f"{group}{n}" for group, n in batch] for batch in channel.batches]
    alone = [[f"{message.group}{message.payload['n']}"] for _, message in channel.sent]
    assert together + alone == batches and waiting(living) == []


def test_each_of_several_is_noted_by_itself(living: RunWorld, quick: None) -> None:
    run = a_run(living)
    put(living, run, [TOPIC], range(4))
    channel = Several(4)
    channel.say = lambda _, message: Sent("INTERNAL_ERROR", "no") if message.payload["n"] == 1 else SUCCESS
    deliver_to(work_with(living, channel), {"topic": TOPIC})
    (row,) = waiting(living)
    assert (row.payload["n"], row.status, row.attempts) == (1, "INTERNAL_ERROR", 1)
    assert notes(living, run) == [(TOPIC, "SUCCESS")] * 3


def test_who_has_mail_is_told_from_the_heads_alone(living: RunWorld) -> None:
    put(living, "a", [TOPIC, OTHER], range(3))
    put(living, None, [OTHER], range(3, 6))
    with living.work.database.write() as connection:
        (one,) = deliveries.take(connection, TOPIC, "a", milliseconds(), milliseconds() + 9000)
        deliveries.done(connection, [one], milliseconds())
        found = [(head.topic, head.run, head.number) for head in deliveries.heads(connection)]
        numbers = [row.number for row in connection.execute(select(tables.outbox).order_by(tables.outbox.c.number))]
        of_one = deliveries.heads(connection, OTHER)
    assert found == [(OTHER, "a", numbers[1]), (TOPIC, "a", numbers[2]), (OTHER, "", numbers[6])]
    assert [(head.run, head.number) for head in of_one] == [("a", numbers[1]), ("", numbers[6])]


def test_pauses_grow_and_are_never_alike() -> None:
    for attempt in range(2, 12):
        longest = min(2.0 * 2 ** (attempt - 2), 600.0)
        found = {pause_before(attempt) for _ in range(20)}
        assert len(found) == 20 and all(longest / 2 <= pause <= longest for pause in found)


# ── a whole run, to a real receiver ──


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


def test_a_run_tells_its_life_in_the_words_of_the_original(
    living: RunWorld, hook: Receiver, tmp_path: Path, quick: None
) -> None:
    """Specification, section 9.3: members, their order, and the odd `findingsCount`."""
    advisories(tmp_path / "data")
    notifier = Notifier.to(outside(ca=hook.ca))
    service = replace(living.service, notifier=notifier)
    living.world.host("web-1", packages={"openssl": "3.0.16-1~deb12u1"})
    template = living.world.template(living.world.target(), "weekly")
    target = template.rpartition("/template/")[0]
    wanted = (
        "ASSESSMENT_RUN_STARTED", "ASSESSMENT_RUN_COMPLETED", "ASSESSMENT_RUN_STATE_CHANGED", "FINDING_REPORTED",
    )  # fmt: skip
    for event in wanted:
        subscriptions.subscribe(service, living.world.caller, template, event, hook.url)
    assert [body["Type"] for body in hook.bodies] == ["SubscriptionConfirmation", "Notification"] * 4
    for test in hook.told:
        assert list(test) == ["event", "template", "target", "time"]
        assert test["event"] == "ENABLE_ASSESSMENT_NOTIFICATIONS"
        assert (test["template"], test["target"]) == (template, target)
    hook.posts.clear()
    hook.answers += [200, 500, 200, 503]
    living.jobs.start(handlers(replace(living.work, notifier=notifier)))
    arn = str(runs.start(service, living.world.caller, template))
    view = living.ended(parse(arn))
    until(lambda: not waiting(living))
    told: list[dict[str, Any]] = []
    for body in hook.bodies:
        one = json.loads(body["Message"])
        if one not in told:
            told.append(one)
    common = ["event", "template", "target", "run"]
    assert [one["event"] for one in told[:2]] == ["ASSESSMENT_RUN_STARTED", "ASSESSMENT_RUN_STATE_CHANGED"]
    assert list(told[0]) == [*common, "time"]
    changes = [one for one in told if one["event"] == "ASSESSMENT_RUN_STATE_CHANGED"]
    assert all(list(one) == [*common, "newstate", "time"] for one in changes)
    assert [one["newstate"] for one in changes] == [change.state for change in view.states]
    found = [one for one in told if one["event"] == "FINDING_REPORTED"]
    assert all(list(one) == [*common, "finding", "time"] for one in found)
    assert len(found) == 2 and all(one["finding"].startswith(f"{arn}/finding/0-") for one in found)
    (completed,) = [one for one in told if one["event"] == "ASSESSMENT_RUN_COMPLETED"]
    assert list(completed) == [*common, "findingsCount", "findingsCountMap", "time"]
    assert completed["findingsCount"] == f"{{{CVE}=2}}" and completed["findingsCountMap"] == {CVE: 2}
    assert told[-1] == completed and completed["time"].endswith("Z") and len(completed["time"]) == 24
    assert len(hook.bodies) == len(told) + 2, "two failed, and were sent again"
    assert hook.bodies[1]["MessageId"] == hook.bodies[2]["MessageId"]
    shown = living.view(parse(arn)).notifications
    assert {(one.status, one.topic) for one in shown} == {("SUCCESS", hook.url)}
    assert [one.event for one in shown] == [one["event"] for one in told]

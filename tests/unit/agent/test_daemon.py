"""The real process against a server over TLS: contact, orders, the end of things."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Callable

import pytest

from agent_process import Host, older_interpreters
from agent_server import AgentServer, Delivered, Reply, Request

NewHost = Callable[..., Host]
pytestmark = pytest.mark.slow
KINDS = ["platform", "host", "package"]


def unfinished(host: Host) -> list[str]:
    """Batches that a child is writing."""
    return [name for name in host.spooled() if name.endswith(".part")]


@pytest.mark.parametrize("python", [sys.executable, *older_interpreters()])
def test_an_order_is_done_and_the_inventory_arrives_whole(python: str, server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", KINDS)
    host = new_host(python=python).start()
    server.wait(lambda: server.delivered, "a batch")
    batch = server.delivered[0]
    assert (batch.header["run"], batch.header["what"], batch.header["complete"]) == ("run-1", "inventory", True)
    assert batch.header["kinds"] == sorted(KINDS)
    assert [line["kind"] for line in batch.lines].count("package") == 30
    server.order = None
    held = batch.header["digest"]
    server.wait(lambda: (server.polls[-1]["state"], server.polls[-1]["inventory"]) == ("IDLE", held), "an idle poll")
    assert host.stop() == 0
    assert server.states()[-1] == "SHUTDOWN"
    assert "Traceback" not in host.said()


def test_enrolment_tells_the_host_and_takes_the_token_out_of_the_configuration(
    server: AgentServer, new_host: NewHost
) -> None:
    host = new_host(**{"tag.Role": "web", "tag.Name": "alpha 1"}).start()
    server.wait(lambda: server.polls, "a poll")
    said = server.enrolments[0]
    assert said["tags"] == {"Role": "web", "Name": "alpha 1"}
    assert said["hostname"] == "alpha"
    assert said["platform"] == {
        "id": "debian",
        "version_id": "12",
        "arch": "",
        "name": "Debian GNU/Linux 12 (bookworm)",
    }
    assert len(said["machine"]) == len(said["boot"]) == len(said["hardware"]) == 32
    assert "token" not in host.config.read_text()
    assert host.config.stat().st_mode & 0o777 == 0o600
    assert (host.state / "identity.json").stat().st_mode & 0o777 == 0o600


def test_an_unchanged_inventory_is_not_sent_again(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", KINDS)
    new_host().start()
    server.wait(lambda: server.delivered, "the first batch")
    before = server.bytes_in
    server.ordered("run-2", KINDS)
    server.wait(lambda: len(server.delivered) == 2, "the second batch")
    second = server.delivered[1]
    assert (second.header["run"], second.header["size"]) == ("run-2", 0)
    assert second.header["digest"] == server.delivered[0].header["digest"]
    sent = [request for request in server.requests if second.id in request.path]
    assert len(sent) == 1
    assert len(sent[0].body) + sum(len(f"{k}: {v}\r\n") for k, v in sent[0].headers.items()) < 1024
    assert server.bytes_in > before


def test_what_the_server_has_lost_is_sent_whole(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", KINDS)
    new_host().start()
    server.wait(lambda: server.delivered, "the first batch")
    server.delivered.clear()
    server.ordered("run-2", KINDS)
    server.wait(lambda: server.delivered, "the second batch")
    assert server.delivered[0].header["size"] > 0
    assert server.delivered[0].header["run"] == "run-2"


def test_without_an_order_an_inventory_is_sent_when_the_server_wants_one(
    server: AgentServer, new_host: NewHost
) -> None:
    server.wants_inventory = True
    new_host().start()
    server.wait(lambda: server.delivered, "an inventory")
    assert server.delivered[0].header["run"] == ""
    assert {"package", "repository", "platform", "language_package"} <= set(server.delivered[0].header["kinds"])
    assert not {"process", "connection", "listener"} & set(server.delivered[0].header["kinds"])
    time_of = len(server.polls)
    server.wants_inventory = True  # a server that never has enough
    server.wait(lambda: len(server.polls) >= time_of + 3, "more polls")
    assert len(server.delivered) == 1


def test_the_daily_inventory_comes_without_being_asked_for(server: AgentServer, new_host: NewHost) -> None:
    new_host(inventory_every=2).start()
    server.wait(lambda: len(server.delivered) >= 2, "two inventories")
    assert server.delivered[1].header["size"] == 0


def test_kinds_that_nobody_knows_are_answered_by_a_gap(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", ["package", "nonsense", "../etc/passwd", "rm -rf /"])
    new_host().start()
    server.wait(lambda: server.delivered, "a batch")
    gaps = [line["data"] for line in server.delivered[0].lines if line["kind"] == "gap" and line["subject"] == "agent"]
    assert gaps == [{"reason": "this agent (0.1.0) knows no kind nonsense", "kinds": ["nonsense"]}]
    assert server.delivered[0].header["kinds"] == ["package"]


def test_a_window_is_sampled_while_the_agent_polls_on(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", ["platform"], ["listener"], seconds=6)
    new_host(root="/").start()

    def last() -> list[Delivered]:
        return [one for one in server.delivered if one.header["what"] == "sampled" and one.header["last"]]

    server.wait(last, "the window's end")
    assert last()[0].header["kinds"] == ["listener"]
    assert server.states().count("RUNNING") >= 3


def test_a_window_that_nobody_wants_any_more_ends(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", ["platform"], ["listener"], seconds=3600)
    host = new_host(root="/").start()
    host.wait(lambda: unfinished(host), "lines of the window")
    server.order = None
    server.wait(lambda: [one for one in server.delivered if one.header["what"] == "sampled"], "what was seen")
    batch = next(one for one in server.delivered if one.header["what"] == "sampled")
    assert not batch.header["complete"]
    assert any("early" in line["data"].get("reason", "") for line in batch.lines)
    server.wait(lambda: server.states()[-1] == "IDLE", "an idle poll")


def test_an_agent_that_is_stopped_in_a_window_keeps_what_it_saw_and_goes_on(
    server: AgentServer, new_host: NewHost
) -> None:
    server.ordered("run-1", ["platform"], ["listener"], seconds=3600)
    host = new_host(root="/").start()
    host.wait_for_log("batch delivered")
    host.wait(lambda: unfinished(host), "lines of the window")
    begun = time.monotonic()
    assert host.stop() == 0
    assert time.monotonic() - begun < 5
    assert server.states()[-1] == "SHUTDOWN"
    assert len([name for name in host.spooled() if name.endswith(".gz")]) == 1
    host.start()
    server.wait(lambda: len(server.delivered) == 2, "what was seen before")
    assert server.delivered[1].header["what"] == "sampled"
    assert not server.delivered[1].header["last"]
    host.wait(lambda: unfinished(host), "lines of the rest of the window")
    server.order = None
    server.wait(lambda: len(server.delivered) == 3, "what was seen after")
    assert any("interrupted" in line["data"].get("reason", "") for line in server.delivered[2].lines)


def test_one_agent_a_host(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    second = host.call("run", "--config", str(host.config))
    assert second.returncode == 1
    assert "another shindan-agent runs" in second.stderr


def test_status_is_told_in_lines(server: AgentServer, new_host: NewHost) -> None:
    host = new_host()
    down = host.call("status", "--config", str(host.config))
    assert down.returncode == 1
    assert "cannot be contacted" in down.stderr
    host.start()
    host.wait(lambda: host.call("status", "--config", str(host.config)).returncode == 0, "a good status")
    lines = dict(line.split(" : ", 1) for line in host.call("status", "--config", str(host.config)).stdout.splitlines())
    assert lines["Agent version"] == "0.1.0"
    assert lines["Endpoint"] == server.endpoint
    assert lines["Collecting"] == "false"
    assert lines["Host"].startswith("i-")
    assert {"Last contact", "Spool", "RSS", "CPU seconds", "Enrolled", "Update"} <= set(lines)


def test_a_dry_run_prints_what_would_be_sent_and_sends_nothing(server: AgentServer, new_host: NewHost) -> None:
    host = new_host()
    done = host.call("collect", "--dry-run", "--config", str(host.config))
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(lines[0]["enrolment"]) >= {"machine", "boot", "hardware", "tags", "hostname"}
    assert lines[1]["heartbeat"]["state"] == "IDLE"
    assert [line["kind"] for line in lines[2:]].count("package") == 30
    assert "shat_" not in done.stdout
    assert "nothing was sent" in done.stderr
    assert not server.requests
    assert not host.spooled()


def test_a_changed_configuration_is_read_on_sighup(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.next = 600
    server.wait(lambda: server.polls, "a poll")
    host.configure(endpoint=server.endpoint.replace("127.0.0.1", "localhost"))
    host.signal(signal.SIGHUP)
    server.wait(lambda: server.requests[-1].headers["host"].startswith("localhost"), "a request to the other name")
    host.configure(endpoint="nonsense")
    host.signal(signal.SIGHUP)
    host.wait_for_log("configuration kept")


def test_a_revoked_key_leads_to_a_new_one_while_there_is_a_token(server: AgentServer, new_host: NewHost) -> None:
    new_host(keep_token="true").start()
    server.wait(lambda: server.polls, "a poll")
    server.keys.clear()
    server.wait(lambda: len(server.enrolments) == 2 and server.keys, "a second enrolment")
    count = len(server.polls)
    server.wait(lambda: len(server.polls) > count, "a poll by the new key")


def test_a_revoked_key_without_a_token_ends_the_work(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    server.keys.clear()
    host.wait_for_log("KeyRefused")
    host.wait(lambda: "refuses this agent" in host.kept("status.json")["detail"], "the reason in the status")
    assert len(server.enrolments) == 1


@pytest.mark.parametrize(
    ("name", "reply"),
    [
        ("busy", Reply(429, {"error": "TooMany"}, {"retry-after": "1"})),
        ("under repair", Reply(503, {"error": "Unavailable"})),
        ("another's page", Reply(raw=b"<html>hello</html>")),
        ("another protocol", Reply(200, {"protocol": 2})),
        ("cut", Reply(cut=True)),
        ("endless", Reply(raw=b" " * 2_000_000)),
    ],
)
def test_an_answer_that_is_none_is_no_end(name: str, reply: Reply, server: AgentServer, new_host: NewHost) -> None:
    left = [2]

    def hook(request: Request) -> Reply | None:
        if request.path == "/agent/v1/poll" and left[0]:
            left[0] -= 1
            return reply
        return None

    server.hooks.append(hook)
    new_host().start()
    server.wait(lambda: len(server.polls) >= 2, "polls after it")
    assert left == [0]


def test_the_servers_wish_to_be_left_alone_is_heard(server: AgentServer, new_host: NewHost) -> None:
    moments: list[float] = []

    def hook(request: Request) -> Reply | None:
        if request.path == "/agent/v1/poll":
            moments.append(time.monotonic())
            return Reply(429, {"error": "TooMany"}, {"retry-after": "3"}) if len(moments) == 1 else None
        return None

    server.hooks.append(hook)
    new_host().start()
    server.wait(lambda: len(moments) >= 2, "the next poll")
    assert moments[1] - moments[0] >= 3


def test_a_clock_that_is_wrong_is_told_and_worked_around(server: AgentServer, new_host: NewHost) -> None:
    server.clock_ahead = 7200
    new_host().start()
    server.wait(lambda: len(server.polls) >= 2, "polls")
    assert abs(server.polls[-1]["skew"] + 7200) <= 2
    refused = [request for request in server.requests if request.path == "/agent/v1/poll"]
    assert len(refused) <= len(server.polls) + 1, "only the first signature was made by the wrong clock"


def test_a_sequence_that_the_server_has_seen_is_passed_over(server: AgentServer, new_host: NewHost) -> None:
    new_host().start()
    server.wait(lambda: server.polls, "a poll")
    key = next(iter(server.keys.values()))
    key.sequence = ahead = key.sequence + 10**9
    count = len(server.polls)
    server.wait(lambda: len(server.polls) >= count + 2, "polls after it")
    assert key.sequence > ahead


def test_the_sequence_rises_over_a_restart_and_a_clock_set_back(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    host.kill()
    state = host.kept("state.json")
    reserved = state["sequence"] + 10**10  # as if the clock had been far ahead
    (host.state / "state.json").write_text(json.dumps({**state, "sequence": reserved}))
    next(iter(server.keys.values())).sequence = reserved - 5
    count = len(server.requests)
    host.start()
    server.wait(lambda: len(server.polls) >= 2, "a poll after it")
    numbers = [int(one.headers["x-shindan-sequence"]) for one in server.requests[count:]]
    assert numbers == sorted(set(numbers))
    assert min(numbers) > reserved


def test_a_torn_state_is_set_aside_and_told(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    host.kill()
    (host.state / "state.json").write_text('{"sequence": 17')
    host.start()
    server.wait(lambda: "state was lost" in server.polls[-1]["detail"], "the loss told")
    assert (host.state / "state.json.torn").exists()

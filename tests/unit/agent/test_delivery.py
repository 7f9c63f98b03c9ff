"""Nothing is lost and nothing comes twice: power cuts, outages, torn files, full disks."""

from __future__ import annotations

import resource
import signal
from collections.abc import Callable

import pytest

from agent_process import Host, root
from agent_server import AgentServer, Reply, Request

NewHost = Callable[..., Host]
pytestmark = pytest.mark.slow
KINDS = ["platform", "host", "package"]
PACKAGES = 400


def large(host: Host) -> Host:
    """A host whose inventory goes in several pieces."""
    root(host.root, packages=PACKAGES)
    host.server.limits["part_bytes"] = 1024
    return host


def packages(server: AgentServer, run: str) -> list[str]:
    """The packages of all batches of a run."""
    lines = [line for one in server.delivered if one.header["run"] == run for line in one.lines]
    return [line["subject"] for line in lines if line["kind"] == "package"]


def before_the_answer(server: AgentServer, host: Host, number: int, done: bool) -> Callable[[Request], Reply | None]:
    """Pulls the plug at piece `number`: before the server has it, or (`done`) after that and before the answer."""
    seen = [0]

    def hook(request: Request) -> Reply | None:
        if not request.path.startswith("/agent/v1/batches/") or request.method != "POST":
            return None
        seen[0] += 1
        if seen[0] != number:
            return None
        if done:
            server._answer(request)
        host.kill()
        return Reply(cut=True)

    return hook


@pytest.mark.parametrize("done", [False, True], ids=["before the server has it", "before the answer"])
@pytest.mark.parametrize("number", [1, 2, 99], ids=["first piece", "second piece", "last piece"])
def test_a_power_cut_in_an_upload(number: int, done: bool, server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    server.ordered("run-1", KINDS)
    if number == 99:
        host.start()
        server.wait(lambda: server.delivered, "a first delivery, to count the pieces")
        number = sum(one.method == "POST" and "/batches/" in one.path for one in server.requests)
        host.kill()
        (host.state / "state.json").unlink()
        server.delivered.clear()
        server.ordered("run-1", KINDS)
    server.hooks.append(before_the_answer(server, host, number, done))
    host.start()
    assert host.process is not None
    host.process.wait(30)
    server.hooks.clear()
    host.start()
    server.wait(lambda: server.delivered, "the batch")
    host.wait(lambda: not host.spooled(), "an empty spool")
    assert sorted(packages(server, "run-1")) == sorted(f"package-{n}" for n in range(PACKAGES))
    server.wait(lambda: server.polls[-1]["inventory"] == server.delivered[0].header["digest"], "a poll after it")
    assert len(server.delivered) == 1


def test_a_power_cut_while_it_collects_is_told_and_made_good(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    server.ordered("run-1", KINDS)
    host.start()
    host.wait(lambda: [name for name in host.spooled() if name.endswith(".part")], "lines that are being written")
    host.kill()
    left = [name for name in host.spooled() if name.endswith(".part")]
    host.start()
    server.wait(lambda: server.delivered, "the batch")
    assert sorted(packages(server, "run-1")) == sorted(f"package-{n}" for n in range(PACKAGES))
    told = [line["data"]["reason"] for line in server.delivered[0].lines if line["kind"] == "gap"]
    assert any("ended while it collected" in reason for reason in told) == bool(left)


def test_a_connection_that_breaks_in_every_body_is_got_over(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    server.cut_body_after = 500
    server.ordered("run-1", KINDS)
    host.start()
    host.wait_for_log("no contact")
    server.cut_body_after = None
    server.wait(lambda: server.delivered, "the batch")
    assert len(packages(server, "run-1")) == PACKAGES


def test_a_server_that_is_away_finds_everything_later(server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", ["platform"], ["listener"], seconds=8)
    host = new_host(root="/").start()
    host.wait(lambda: [name for name in host.spooled() if name.endswith(".part")], "lines of a window")
    server.stop()
    host.wait_for_log("no contact")
    host.wait(lambda: host.said().count("collected batches") == 2, "the window's end")
    host.wait(lambda: any(name.endswith(".gz") for name in host.spooled()), "a batch that waits")
    host.kill()
    server.order = None
    server.start()
    host.start()
    server.wait(lambda: [one for one in server.delivered if one.header["what"] == "sampled"], "the window")
    host.wait(lambda: not host.spooled(), "an empty spool")
    runs = [one.header["run"] for one in server.delivered]
    assert set(runs) == {"run-1"}
    assert len({one.id for one in server.delivered}) == len(server.delivered)


def test_a_server_that_forgot_the_pieces_gets_them_again(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    forgotten: list[dict[str, bytes]] = []

    def hook(request: Request) -> Reply | None:
        if request.path.startswith("/agent/v1/batches/") and request.query.get("offset") == "1024" and not forgotten:
            forgotten.append(dict(server.partial))
            server.partial.clear()
        return None

    server.hooks.append(hook)
    server.ordered("run-1", KINDS)
    host.start()
    server.wait(lambda: server.delivered, "the batch")
    assert forgotten
    assert len(packages(server, "run-1")) == PACKAGES


def test_a_torn_batch_is_set_aside_told_and_collected_again(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    server.hooks.append(lambda request: Reply(503, {"error": "Unavailable"}) if "/batches/" in request.path else None)
    server.ordered("run-1", KINDS)
    host.start()
    host.wait_for_log("collected batches")
    host.kill()
    lines = next((host.state / "spool").glob("*.gz"))
    content = bytearray(lines.read_bytes())
    content[len(content) // 2] ^= 0xFF
    lines.write_bytes(bytes(content))
    server.hooks.clear()
    host.start()
    server.wait(lambda: server.delivered, "the batch")
    assert len(packages(server, "run-1")) == PACKAGES
    assert [name for name in host.spooled() if name.endswith(".gz.aside")]
    told = [line["data"]["reason"] for line in server.delivered[0].lines if line["kind"] == "gap"]
    assert any("set aside" in reason for reason in told)


def test_a_batch_that_the_server_never_takes_does_not_stop_the_others(server: AgentServer, new_host: NewHost) -> None:
    refused: set[str] = set()

    def hook(request: Request) -> Reply | None:
        if request.method == "POST" and "/batches/" in request.path and (not refused or request.path in refused):
            refused.add(request.path)
            return Reply(413, {"error": "TooLarge", "message": "too many lines"})
        return None

    server.hooks.append(hook)
    host = new_host()
    server.ordered("run-1", KINDS)
    host.start()
    host.wait_for_log("batch refused")
    server.wait(lambda: "too many lines" in server.polls[-1]["detail"], "the loss told")
    server.ordered("run-2", KINDS)
    server.wait(lambda: server.delivered, "the next batch")
    assert server.delivered[0].header["run"] == "run-2"


def test_a_full_spool_drops_the_oldest_samples_and_counts_them(server: AgentServer, new_host: NewHost) -> None:
    server.hooks.append(lambda request: Reply(503, {"error": "Unavailable"}) if "/batches/" in request.path else None)
    host = new_host(root="/").start()
    for number in range(4):
        server.ordered(f"run-{number}", [], ["listener"], seconds=4)
        host.wait(lambda: host.said().count("collected batches") > number, "a window")  # noqa: B023
        if number == 0:
            held = sum(path.stat().st_size for path in (host.state / "spool").iterdir())
            host.configure(spool_bytes=held * 5 // 2)
            host.signal(signal.SIGHUP)
            host.wait_for_log("configuration read")
    host.wait_for_log("spool full")
    kept = [name for name in host.spooled() if name.endswith(".json")]
    assert kept
    server.order = None
    server.hooks.clear()
    server.wait(lambda: server.delivered, "what was kept")
    assert server.delivered[0].header["run"] != "run-0"
    server.wait(lambda: "were dropped" in server.polls[-1]["detail"], "the loss told")


def test_a_full_disk_is_told_and_polls_go_on(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    host.start()
    server.wait(lambda: server.polls, "a poll")
    assert host.process is not None
    # Nothing larger can be written from now on: what a full disk does to the agent, by the kernel's own hand.
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
    server.ordered("run-1", KINDS)
    server.wait(lambda: server.polls[-1]["state"] == "FAULT" and server.polls[-1]["detail"], "the fault told")
    assert "spool" in server.polls[-1]["detail"]
    count = len(server.polls)
    server.wait(lambda: len(server.polls) >= count + 2, "further polls")
    assert not server.delivered
    resource.prlimit(host.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    server.wait(lambda: server.delivered, "the batch, once there is room", seconds=60)
    assert len(packages(server, "run-1")) == PACKAGES
    assert host.stop() == 0


def test_an_agent_stopped_while_it_collects_begins_again(server: AgentServer, new_host: NewHost) -> None:
    host = large(new_host())
    server.ordered("run-1", KINDS)
    host.start()
    host.wait_for_log("collecting kinds")
    assert host.stop() == 0
    host.start()
    server.wait(lambda: server.delivered, "the batch")
    assert len(packages(server, "run-1")) == PACKAGES


def test_the_wish_to_end_is_heard_while_the_server_is_silent(server: AgentServer, new_host: NewHost) -> None:
    import threading

    released = threading.Event()

    def hook(request: Request) -> Reply | None:
        if len(server.polls) >= 1 and request.path == "/agent/v1/poll":
            server._changed.release()  # others may look meanwhile
            try:
                released.wait(20)
            finally:
                server._changed.acquire()
        return None

    server.hooks.append(hook)
    host = new_host().start()
    server.wait(lambda: sum(one.path == "/agent/v1/poll" for one in server.requests) >= 2, "a poll without an answer")
    try:
        assert host.stop(5) == 0
    finally:
        released.set()


def test_two_signals_are_as_good_as_one(server: AgentServer, new_host: NewHost) -> None:
    host = new_host().start()
    server.wait(lambda: server.polls, "a poll")
    host.signal(signal.SIGTERM)
    host.signal(signal.SIGTERM)
    assert host.process is not None
    assert host.process.wait(5) == 0

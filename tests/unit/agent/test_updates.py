"""Releases: proven before they run, and given up where they do not work. Real openssl and gpgv are the judges."""

from __future__ import annotations

import hashlib
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from agent_process import Host, build
from agent_server import AgentServer
from shindan.agent import release
from support import need_tool

NewHost = Callable[..., Host]
pytestmark = [pytest.mark.system, pytest.mark.slow]

CRASHES = "raise SystemExit(7)\n"
DEAF = "from shindan.agent.link import Unreachable\n\n\ndef order(said):\n    raise Unreachable('this release never understands')\n"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The publisher's private key."""
    return new_key(tmp_path / "publisher.key")


def new_key(path: Path) -> Path:
    openssl = need_tool("openssl", "openssl")
    subprocess.run([openssl, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(path)], check=True)
    return path


def pin(key: Path, home: Path) -> None:
    """The public half, where the agent looks for it."""
    command = ["openssl", "ec", "-in", str(key), "-pubout", "-out", str(home / release.KEY)]
    subprocess.run(command, check=True, capture_output=True)


def manifest(version: str, content: bytes) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    return f"version={version}\nfile=shindan-agent.pyz\nsha256={digest}\nsize={len(content)}\n".encode()


def sign(key: Path, folder: Path, said: bytes) -> bytes:
    (folder / "said").write_bytes(said)
    command = ["openssl", "dgst", "-sha256", "-sign", str(key), "-out", str(folder / "sig"), str(folder / "said")]
    subprocess.run(command, check=True)
    return (folder / "sig").read_bytes()


def publish(
    server: AgentServer, folder: Path, key: Path, version: str, extra: dict[str, str] | None = None, inside: str = ""
) -> None:
    """Puts a release on the server and has it announced; `inside` is the version that the file itself has."""
    content = build(folder / "new.pyz", inside or version, extra).read_bytes()
    said = manifest(version, content)
    server.files = {"release": said, "release.sig": sign(key, folder, said), "shindan-agent.pyz": content}
    server.update = {"version": version}


def updating(new_host: NewHost, key: Path, **options: object) -> Host:
    host = new_host(update="true", update_spread=0, **options)
    pin(key, host.home)
    return host


def supervise(host: Host, stop: threading.Event) -> threading.Thread:
    """Starts the agent again whenever it ends, as systemd does."""

    def keep() -> None:
        while not stop.is_set():
            assert host.process is not None
            if host.process.poll() is not None and not stop.is_set():
                host.start()
            time.sleep(0.05)

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    return thread


def versions(server: AgentServer) -> list[str]:
    return [poll["version"] for poll in server.polls]


def test_a_good_release_takes_over(tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost) -> None:
    host = updating(new_host, key).start()
    server.wait(lambda: server.polls, "a poll")
    assert host.process is not None
    pid = host.process.pid
    publish(server, tmp_path, key, "0.2.0")
    server.wait(lambda: "0.2.0" in versions(server), "a poll of the new agent")
    host.wait_for_log("update proven")
    assert host.process.poll() is None and host.process.pid == pid
    assert (host.home / "previous.pyz").exists()
    assert not (host.state / "update.json").exists()
    assert not list(host.home.glob("*.next"))
    assert server.polls[-1]["release"] == ""


@pytest.mark.parametrize("case", ["another key", "changed file", "changed manifest", "no signature", "other version inside", "does not start", "older"])  # fmt: skip
def test_a_release_that_is_refused(
    case: str, tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost
) -> None:
    signer = new_key(tmp_path / "other.key") if case == "another key" else key
    extra = {"shindan/agent/start.py": CRASHES} if case == "does not start" else None
    inside = "0.3.0" if case == "other version inside" else ""
    publish(server, tmp_path, signer, "0.0.9" if case == "older" else "0.2.0", extra, inside)
    server.update = {"version": "0.2.0"}
    if case == "changed file":
        server.files["shindan-agent.pyz"] = server.files["shindan-agent.pyz"][:-1] + b"!"
    elif case == "changed manifest":
        server.files["release"] = server.files["release"].replace(b"0.2.0", b"0.2.1")
    elif case == "no signature":
        del server.files["release.sig"]
    host = updating(new_host, key)
    before = host.pyz.read_bytes()
    host.start()
    server.wait(lambda: server.polls and server.polls[-1]["release"].startswith("0.2.0: "), "the refusal told")
    assert host.pyz.read_bytes() == before
    assert not list(host.home.glob("*.next"))
    asked = sum(one.path == "/linux/latest/release" for one in server.requests)
    count = len(server.polls)
    server.wait(lambda: len(server.polls) >= count + 2, "more polls")
    assert sum(one.path == "/linux/latest/release" for one in server.requests) == asked == 1


def test_a_release_that_crashes_is_rolled_back_for_good(
    tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost
) -> None:
    host = updating(new_host, key)
    source = (Path(__file__).resolve().parents[3] / "src/shindan/agent/loop.py").read_text()
    broken = source.replace(
        "    def run(self, awake: Duty) -> None:\n",
        "    def run(self, awake: Duty) -> None:\n        raise SystemExit(9)\n",
    )
    assert broken != source
    stop = threading.Event()
    host.start()
    server.wait(lambda: server.polls, "a poll")
    thread = supervise(host, stop)
    try:
        publish(server, tmp_path, key, "0.2.0", {"shindan/agent/loop.py": broken})
        server.wait(lambda: server.polls[-1]["release"] == "0.2.0: it crashed 3 times", "the roll-back told", 60)
    finally:
        stop.set()
        thread.join()
    assert set(versions(server)) == {"0.1.0"}
    assert host.said().count("version=0.2.0 ") >= 0
    assert host.kept("state.json")["refused"]["until"] == 0


def test_a_release_that_never_polls_is_rolled_back(
    tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost
) -> None:
    host = updating(new_host, key, update_trial=3).start()
    server.wait(lambda: server.polls, "a poll")
    source = (Path(__file__).resolve().parents[3] / "src/shindan/agent/client.py").read_text()
    deaf = source.replace(
        '    """What an answer of the protocol says. Raises Refused, and Unreachable for what is no such answer."""\n',
        '    raise Unreachable("deaf")\n',
    )
    assert deaf != source
    publish(server, tmp_path, key, "0.2.0", {"shindan/agent/client.py": deaf})
    server.wait(lambda: server.polls[-1]["release"].startswith("0.2.0: it had no successful poll"), "the roll-back", 60)
    assert server.polls[-1]["version"] == "0.1.0"
    assert host.kept("state.json")["refused"]["until"] > time.time() * 1000


def test_no_update_while_a_run_collects(tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost) -> None:
    server.ordered("run-1", ["platform"], seconds=3600)
    updating(new_host, key).start()
    server.wait(lambda: server.polls, "a poll")
    publish(server, tmp_path, key, "0.2.0")
    count = len(server.polls)
    server.wait(lambda: len(server.polls) >= count + 3, "polls")
    assert not any(one.path.startswith("/linux/") for one in server.requests)


def test_updates_that_are_switched_off(tmp_path: Path, key: Path, server: AgentServer, new_host: NewHost) -> None:
    publish(server, tmp_path, key, "0.2.0")
    host = updating(new_host, key)
    host.configure(update="false")
    host.start()
    server.wait(lambda: len(server.polls) >= 3, "polls")
    assert not any(one.path.startswith("/linux/") for one in server.requests)


def test_gpgv_judges_where_openssl_is_missing(tmp_path: Path) -> None:
    gpg, _ = need_tool("gpg", "gnupg"), need_tool("gpgv", "gpgv")
    ring, folder, home = tmp_path / "ring", tmp_path / "folder", tmp_path / "home"
    for path in (ring, folder, home):
        path.mkdir(mode=0o700)
    call = [gpg, "--homedir", str(ring), "--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run(
        [*call, "--quick-gen-key", "Publisher <p@example.org>", "ed25519", "sign"], check=True, capture_output=True
    )
    (folder / "release").write_bytes(manifest("0.2.0", b"x"))
    signing = [*call, "--armor", "--detach-sign", "--output", str(folder / "release.asc"), str(folder / "release")]
    subprocess.run(signing, check=True, capture_output=True)
    subprocess.run([*call, "--output", str(home / "release.gpg"), "--export"], check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", str(ring), "--kill", "all"], check=False)
    assert release.proven(str(folder), str(home), openssl=()).version == "0.2.0"
    (folder / "release").write_bytes(manifest("0.2.1", b"x"))
    with pytest.raises(release.Unproven, match="not by the pinned key"):
        release.proven(str(folder), str(home), openssl=())
    with pytest.raises(release.Unproven, match="no signature can be checked"):
        release.proven(str(folder), str(home), openssl=(), gpgv=())


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("0.1.1", "0.1.0", True), ("0.10.0", "0.9.9", True), ("1.0", "1.0.0", False), ("0.1.0", "0.1.0", False),
        ("0.0.9", "0.1.0", False), ("1.0.1-evil", "0.1.0", False), ("", "0.1.0", False), ("2", "1.9.9", True),
    ],
)  # fmt: skip
def test_which_version_is_newer(version: str, than: str, newer: bool) -> None:
    assert release.is_newer(version, than) is newer


@pytest.mark.parametrize(
    "said",
    [
        b"", b"version=1\n", b"\xff\xfe", b"version=1\nfile=../../etc/passwd\nsha256=" + b"0" * 64 + b"\nsize=1\n",
        b"version=1\nfile=shindan-agent.pyz\nsha256=" + b"0" * 64 + b"\nsize=99999999999\n",
        b"version=1\nfile=shindan-agent.pyz\nsha256=" + b"0" * 63 + b"\nsize=1\n",
    ],
)  # fmt: skip
def test_a_manifest_that_is_none(said: bytes) -> None:
    with pytest.raises(release.Unproven):
        release.parse(said)

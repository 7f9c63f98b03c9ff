"""The doctor: for each thing that can be wrong, it says so and how to mend it."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from service_world import World, worlds
from shindan.service import certificates
from shindan.service.doctor import Patient, Seen, examine
from worlds import import_records, record


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds("sqlite", tmp_path)


def look(world: World, port: int = 0, *, tls: bool = False, max_age: float = 7.0) -> dict[str, Seen]:
    data = world.service.data
    pair = (data / "tls/server.pem", data / "tls/server.key") if tls else None
    patient = Patient(world.database, data, ("127.0.0.1", port), pair, max_age)
    return {seen.what: seen for seen in examine(patient)}


def test_a_healthy_installation(world: World) -> None:
    certificates.make(world.service.data, ["a.example"])
    import_records(world.service.data, [record("CVE-2024-1", "bash", "2")])
    seen = look(world, tls=True, max_age=99_999.0)
    assert [one for one in seen.values() if one.verdict == "wrong"] == []
    assert {seen[what].verdict for what in ("database", "keys", "certificate", "feeds")} == {"well"}


def _lost_key(world: World) -> None:
    (world.service.data / "keys/master").unlink()


def _newer_schema(world: World) -> None:
    with world.database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def _future(world: World) -> None:
    with world.database.write() as connection:
        connection.execute(text("UPDATE audit SET at = at + 3600000"))


def _certificate(world: World) -> None:
    certificates.make(world.service.data, ["a.example"])
    (world.service.data / "tls/server.key").write_text("torn")


@pytest.mark.parametrize(
    ("what", "harm", "remedy"),
    [
        ("keys", _lost_key, "renew-master"),
        ("database", _newer_schema, "upgrade"),
        ("clock", _future, "set it right"),
        ("certificate", _certificate, ""),
    ],
    ids=["the key is lost", "a newer schema", "the clock went back", "the certificate's key is torn"],
)
def test_what_is_wrong_is_said(what: str, harm: Callable[[World], None], remedy: str, world: World) -> None:
    harm(world)
    seen = look(world, tls=what == "certificate")
    assert seen[what].verdict == "wrong" and remedy in seen[what].remedy
    assert len(seen) == 8, "one fault hides nothing else"


def test_stale_feeds(world: World) -> None:
    import_records(world.service.data, [record("CVE-2024-1", "bash", "2")])
    assert look(world, max_age=0.0)["feeds"].verdict == "wrong"


@pytest.mark.parametrize(
    ("status", "verdict", "told"),
    [(200, "well", "is ready"), (503, "wrong", "is not ready"), (None, "wrong", "no Shindan")],
)
def test_who_listens(status: int | None, verdict: str, told: str, world: World) -> None:
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if status is None:
                self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
                return
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"the database is away")

        def log_message(self, *_: object) -> None: ...

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = look(world, server.server_port)
        server.shutdown()
    assert (seen["port"].verdict, told in seen["port"].text) == (verdict, True)

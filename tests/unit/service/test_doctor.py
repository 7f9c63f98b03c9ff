"""The doctor: for each thing that can be wrong, it says so and how to mend it."""

from __future__ import annotations

import http.server
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from service_world import ACCOUNT, World, worlds
from shindan.service import certificates, subscriptions
from shindan.service.doctor import examine
from shindan.service.doctor_seen import Patient, Seen
from shindan.store import accounts, settings_table
from shindan.store.database import Database
from worlds import import_records, record

NOON = 1_795_521_600_000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    yield from worlds("sqlite", tmp_path)


def examined(world: World) -> list[Seen]:
    return examine(Patient(world.database, world.service.data, ("127.0.0.1", 0), None, 7.0))


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
    assert len(seen) == 9, "one fault hides nothing else"


def test_a_database_that_cannot_be_reached_is_said(world: World) -> None:
    away = replace(world, service=replace(world.service, database=Database("postgresql://shindan@127.0.0.1:1/none")))
    seen = look(away)
    assert seen["database"].verdict == "wrong" and "SHINDAN_DATABASE_URL" in seen["database"].remedy
    assert [one.what for one in seen.values() if one.verdict != "well" and not one.remedy] == []
    assert [one.what for one in seen.values() if one.verdict == "wrong"] == ["database"], "it is said once"


def test_everything_that_is_not_well_has_a_remedy(world: World) -> None:
    for harm in (_lost_key, _newer_schema, _certificate):
        harm(world)
        said = look(world, tls=True)
        assert [one for one in said.values() if one.verdict != "well" and not one.remedy] == []


ROLE = "arn:aws:iam::210987654321:role/shindan"


@pytest.mark.parametrize(
    ("outcome", "verdict", "told"),
    [
        (None, "note", "was not used yet"),
        ({"role": "arn:aws:iam::210987654321:role/before", "at": 0, "error": "torn"}, "note", "was not used yet"),
        ({"role": ROLE, "at": NOON, "error": ""}, "well", "read at 2026-11-24 12:00 UTC"),
        ({"role": ROLE, "at": NOON - 7_200_000, "error": ""}, "note", "last read at 2026-11-24 10:00 UTC"),
        ({"role": ROLE, "at": NOON, "error": "AWS does not lend it"}, "wrong", "AWS does not lend it"),
    ],
    ids=["registered just now", "another role was read", "read", "read long ago", "refused"],
)
def test_how_it_went_with_another_accounts_role(
    outcome: dict[str, object] | None, verdict: str, told: str, world: World, noon: object
) -> None:
    assert "role" not in look(world)
    with world.database.write() as connection:
        accounts.set_role(connection, ACCOUNT, ROLE, NOON)
        if outcome is not None:
            settings_table.put(connection, f"cloud {ACCOUNT}", outcome)
    seen = look(world)["role"]
    assert (seen.verdict, told in seen.text, ACCOUNT in seen.text) == (verdict, True, True)
    assert bool(seen.remedy) is (verdict != "well")


def test_libraries_that_something_here_wants(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    assert look(world)["extras"].verdict == "well"
    monkeypatch.setitem(sys.modules, "boto3", None)
    assert look(world)["extras"].verdict == "well", "nobody wants it"
    with world.database.write() as connection:
        accounts.set_role(connection, ACCOUNT, ROLE, NOON)
    seen = look(world)["extras"]
    assert (seen.verdict, seen.remedy) == ("wrong", "run `pip install 'shindan[aws]'`")
    with world.database.write() as connection:
        accounts.set_role(connection, ACCOUNT, None, None)
    template = world.template(world.target())
    subscriptions.subscribe(world.service, world.caller, template, "OTHER", "arn:aws:sns:us-west-2:123456789012:told")
    assert "SNS" in look(world)["extras"].text
    monkeypatch.setitem(sys.modules, "typst", None)
    both = [one for one in examined(world) if one.what == "extras"]
    assert [one.verdict for one in both] == ["wrong", "note"]


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

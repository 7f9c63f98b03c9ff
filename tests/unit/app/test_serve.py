"""`shindan init` and `shindan serve` as child processes: what a person, a probe and a client of AWS meet."""

from __future__ import annotations

import datetime
import io
import json
import signal
import socket
import ssl
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from service_world import facts
from stores import BACKENDS, databases
from unit.app.served import Served, free_port, init, served, shindan

ACCOUNT = "210987654321"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server over TLS for all tests of this module that only ask."""
    data = tmp_path_factory.mktemp("served") / "data"
    made = init(data, "--hostname", "localhost", "--account", ACCOUNT, "--region", "eu-west-1")
    with served(data, made) as running:
        yield running


def client(server: Served, **keys: str) -> Any:
    authority = server.data / "tls" / "ca.pem"
    return boto3.client(
        "inspector",
        endpoint_url=server.address,
        region_name=server.made["region"],
        aws_access_key_id=keys.get("id", server.made["access_key_id"]),
        aws_secret_access_key=keys.get("secret", server.made["secret_access_key"]),
        verify=str(authority) if authority.exists() else None,
        config=Config(retries={"max_attempts": 0}, proxies={}),
    )


def test_what_init_made_is_what_it_said(server: Served) -> None:
    made, data = server.made, server.data
    assert (made["account"], made["region"], made["user"]) == (ACCOUNT, "eu-west-1", "administrator")
    assert made["access_key_id"].startswith("AKIA") and len(made["secret_access_key"]) == 40
    assert made["endpoint"] == "https://localhost:8443"
    assert made["ca_bundle"] == str(data / "tls/ca.pem")
    private = ("keys/master", "tls/ca.key", "tls/server.key", "service.sqlite")
    assert {(data / name).stat().st_mode & 0o777 for name in private} == {0o600}


def test_init_again_refuses_and_changes_nothing(server: Served) -> None:
    before = {path: path.read_bytes() for path in server.data.glob("tls/*")}
    again = shindan("init", "--data", server.data, "--hostname", "other.example")
    assert again.returncode == 1
    assert f"set up already, with account {ACCOUNT}" in again.stderr
    assert {path: path.read_bytes() for path in server.data.glob("tls/*")} == before


def test_probes_and_the_page(server: Served) -> None:
    assert (server.get("/healthz").text, server.get("/readyz").text) == ("ok\n", "ok\n")
    page = server.get("/")
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "region eu-west-1, database SQLite" in page.text
    event = server.wait_for("http.request")
    assert event["path"] == "/" and event["request_id"] == page.headers["x-request-id"]
    assert server.get("/nothing").status_code == 404


def test_the_metrics_count(server: Served) -> None:
    client(server).list_rules_packages()
    lines = dict(line.rsplit(" ", 1) for line in server.get("/metrics").text.splitlines() if not line.startswith("#"))
    assert float(lines['shindan_api_requests_total{action="inspector:ListRulesPackages",error="",status="200"}']) >= 1
    assert lines["shindan_worker_up"] == "1.0"
    assert 390 * 86400 < float(lines["shindan_certificate_expires_seconds"]) < 398 * 86400


def test_boto3_is_answered_and_the_use_of_its_key_noted(server: Served) -> None:
    arns = client(server).list_rules_packages()["rulesPackageArns"]
    assert len(arns) == 5 and all(":eu-west-1:357557129151:" in arn for arn in arns)
    event = server.wait_for("api.request")
    assert (event["account"], event["user"], event["status"]) == (ACCOUNT, "administrator", 200)
    assert server.made["secret_access_key"] not in json.dumps(server.events)
    listed = shindan("keys", "list", "--data", server.data, "--format", "json")
    assert json.loads(listed.stdout)[0]["last_used_at"] is not None
    with pytest.raises(Exception, match="signature"):
        client(server, secret="x" * 40).list_rules_packages()


def test_the_model_is_handed_out(server: Served) -> None:
    with zipfile.ZipFile(io.BytesIO(server.get("/sdk/inspector-model.zip").content)) as archive:
        assert "inspector/2016-02-16/service-2.json" in archive.namelist()
    assert server.get("/sdk").text.startswith(f"curl -fsSO {server.address}/sdk/")


@pytest.mark.slow
def test_facts_and_everything_else_from_elsewhere(server: Served, tmp_path: Path) -> None:
    file = tmp_path / "web7.ndjson"
    file.write_bytes(facts({"openssl": "3.0.11-1~deb12u1"}))
    env = {
        "AWS_ACCESS_KEY_ID": server.made["access_key_id"],
        "AWS_SECRET_ACCESS_KEY": server.made["secret_access_key"],
        "AWS_DEFAULT_REGION": server.made["region"],
        "AWS_CA_BUNDLE": server.made["ca_bundle"],
    }
    there = ("--endpoint", server.address)
    sent = shindan("hosts", "submit", file, "--tag", "inspector=True", "--format", "json", *there, env=env)
    assert sent.returncode == 0, sent.stderr
    host = json.loads(sent.stdout)
    assert (host["hostname"], host["platform"], host["tags"]) == ("web7", "debian:12", {"inspector": "True"})
    assert shindan("targets", "create", "far", "--tag", "inspector=True", *there, env=env).returncode == 0
    listed = shindan("targets", "list", "--format", "json", *there, env=env)
    assert [row["tags"] for row in json.loads(listed.stdout)] == [{"inspector": "True"}]
    (tmp_path / "fleet.yaml").write_text("schedules: [{name: nightly, template: far, cron: 0 3 * * *}]\n"
                                         "templates: [{name: far, target: far, duration: 3m}]\n")  # fmt: skip
    made = shindan("apply", "-f", tmp_path / "fleet.yaml", "--detailed-exitcode", *there, env=env)
    assert (made.returncode, "2 created" in made.stderr) == (2, True), made.stderr
    assert "- name: nightly" in shindan("export", *there, env=env).stdout.replace("cron: 0 3 * * *\n  ", "")
    wanted = ("run", "start", "far", "--wait", "--fail-on", "high,kev,new", "--fail-on-exclusions", "--format", "json")
    done = shindan(*wanted, *there, env=env)
    assert (done.returncode, json.loads(done.stdout)["verdict"]["met"]) == (3, {}), done.stderr  # there is no feed
    wrong = {**env, "AWS_SECRET_ACCESS_KEY": "x" * 40}
    refused = shindan("hosts", "submit", file, *there, env=wrong)
    assert (refused.returncode, "InvalidSignatureException" in refused.stderr) == (1, True)
    (tmp_path / "torn.ndjson").write_text('{"kind": "nonsense"}\n')
    torn = shindan("hosts", "submit", tmp_path / "torn.ndjson", *there, env=env)
    assert (torn.returncode, "ValidationException" in torn.stderr) == (1, True)
    untrusting = shindan("targets", "list", *there, env={**env, "AWS_CA_BUNDLE": ""})
    assert (untrusting.returncode, "AWS_CA_BUNDLE" in untrusting.stderr) == (1, True)


def test_a_port_in_use_is_said(server: Served) -> None:
    listen = server.address.removeprefix("https://")
    second = shindan("serve", "--data", server.data, "--listen", listen)
    assert second.returncode == 1
    assert f"{listen} is in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_doctor_finds_the_server(server: Served) -> None:
    env = {"SHINDAN_LISTEN": server.address.removeprefix("https://")}
    seen = {
        one["what"]: one
        for one in json.loads(shindan("doctor", "--data", server.data, "--format", "json", env=env).stdout)
    }
    assert (seen["port"]["verdict"], "is ready" in seen["port"]["text"]) == ("well", True)
    assert {seen[what]["verdict"] for what in ("database", "keys", "certificate", "disk")} == {"well"}


@pytest.mark.slow
def test_a_new_certificate_is_read_without_a_stop(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with served(data, init(data, "--hostname", "localhost")) as server:
        before = _certificate(server)
        assert shindan("cert", "renew", "--data", data).returncode == 0
        server.process.send_signal(signal.SIGHUP)
        server.wait_for("certificate.read_again")
        assert _certificate(server) != before
        assert server.get("/healthz").text == "ok\n"
        (data / "tls/server.pem").write_text("torn")
        server.process.send_signal(signal.SIGHUP)
        assert "torn" not in server.wait_for("certificate.refused")["error"]
        assert server.get("/healthz").text == "ok\n"


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=lambda how: how.name)
def test_it_stops_when_it_is_asked_and_goes_on_where_it_was(tmp_path: Path, how: signal.Signals) -> None:
    data = tmp_path / "data"
    made = init(data)
    for _ in range(2 if how == signal.SIGTERM else 1):
        with served(data, made) as server:
            assert server.address.startswith("http://127.0.0.1:")
            assert len(client(server).list_rules_packages()["rulesPackageArns"]) == 5
            assert server.stop(how) == 0
            assert server.wait_for("server.stopped")["level"] == "info"


@pytest.mark.slow
def test_without_tls_only_this_machine_is_served(tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = init(data)
    refused = shindan("serve", "--data", data, "--listen", f"0.0.0.0:{free_port()}")
    assert refused.returncode == 1
    assert "--insecure" in refused.stderr
    with served(data, made, ["--insecure", "--listen", f"0.0.0.0:{free_port()}"]) as server:
        port = int(server.address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), 30) as plain:
            plain.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
            assert b"200" in plain.recv(100)


@pytest.mark.slow
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_same_on_both_databases(backend: str, tmp_path: Path) -> None:
    if backend == "sqlite":
        _both({}, tmp_path)
        return
    for database in databases(backend, tmp_path):
        _both({"SHINDAN_DATABASE_URL": database.url}, tmp_path)


def _both(env: dict[str, str], tmp_path: Path) -> None:
    data = tmp_path / "data"
    made = init(data, env=env)
    with served(data, made, **env) as server:
        assert ("PostgreSQL" if env else "SQLite") in server.get("/").text
        asked = client(server)
        arn = asked.create_assessment_target(assessmentTargetName="all")["assessmentTargetArn"]
        assert asked.describe_assessment_targets(assessmentTargetArns=[arn])["assessmentTargets"][0]["name"] == "all"
        assert server.stop() == 0


@pytest.mark.slow
def test_what_cannot_begin_says_why(tmp_path: Path) -> None:
    nothing = shindan("serve", "--data", tmp_path / "none")
    assert (nothing.returncode, "shindan init" in nothing.stderr) == (1, True)
    assert not (tmp_path / "none").exists()
    data = tmp_path / "data"
    init(data)
    (data / "keys/master").write_text("torn")
    assert "is torn" in shindan("serve", "--data", data).stderr
    (data / "keys/master").unlink()
    lost = shindan("serve", "--data", data)
    assert (lost.returncode, "renew-master" in lost.stderr) == (1, True)
    (data / "shindan.toml").write_text("treads = 4\n")
    assert "treads" in shindan("serve", "--data", data).stderr


@pytest.mark.slow
def test_a_certificate_that_ends_soon_is_warned_of(tmp_path: Path) -> None:
    data = tmp_path / "data"
    past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=380)
    made = init(data, "--hostname", "localhost", env={"SOURCE_DATE_EPOCH": str(int(past.timestamp()))})
    with served(data, made) as server:
        assert 16 < server.wait_for("certificate.expires")["days"] < 18


def _certificate(server: Served) -> str:
    host, _, port = server.address.removeprefix("https://").partition(":")
    return ssl.get_server_certificate((host, int(port)), timeout=30)

"""Findings as files: of runs in every form, and of what is open now; each account sees its own alone."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from run_world import RunWorld, advisories, run_world, until
from shindan.engine import exporting
from shindan.engine.clock import milliseconds
from shindan.model.arn import Arn
from shindan.model.fleet import FORMS
from shindan.model.refusals import AccessDenied, InvalidInput, NoSuchEntity
from shindan.service import exports, links, reports, suppressions
from shindan.service.retention import Keep, prune
from shindan.store import exports as stored
from stores import BACKENDS, databases

OLD = {"openssl": "3.0.16-1~deb12u1", "curl": "7.88.1-10"}


@pytest.fixture(params=BACKENDS)
def living(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunWorld]:
    advisories(tmp_path / "data")
    for database in databases(request.param, tmp_path):
        with run_world(database, tmp_path / "data") as made:
            made.world = replace(made.world, service=replace(made.world.service, public_url="https://shindan.test"))
            yield made


def finished(living: RunWorld) -> Arn:
    """A run over two hosts with flaws and a clean one."""
    living.world.host("web-1", packages=OLD, tags={"role": "web"})
    living.world.host("web-2", packages=OLD)
    living.world.host("new", packages={"openssl": "3.0.18-1~deb12u1"}, tags={"role": "web"})
    arn = living.start()
    living.ended(arn)
    return arn


def opened(living: RunWorld, url: str | None) -> links.Opened:
    assert url is not None and url.startswith("https://shindan.test/reports/")
    return links.open_link(living.service, url.rpartition("/")[2], milliseconds())


def of_run(living: RunWorld, arn: Arn, form: str, **more: str) -> links.Opened:
    def ask() -> tuple[str, str | None]:
        return reports.get(
            living.service, living.world.caller, str(arn), form, more.get("type", "FINDING"), more.get("language", "en")
        )

    until(lambda: ask()[0] != "WORK_IN_PROGRESS")
    status, url = ask()
    assert status == "COMPLETED"
    return opened(living, url)


def open_now(living: RunWorld, form: str, target: str = "") -> links.Opened:
    caller = living.world.caller
    begun = exports.start(living.service, caller, form, target)
    until(lambda: exports.get(living.service, caller, begun.export).status != "WORK_IN_PROGRESS")
    done = exports.get(living.service, caller, begun.export)
    assert (done.status, done.error) == ("COMPLETED", "")
    return opened(living, done.url)


def hosts_of(found: links.Opened) -> dict[str, Any]:
    document = json.loads(found.content)
    return {host["result"]["host"]["hostname"]: host["result"] for host in document["hosts"]}


def test_a_run_host_by_host_and_clean_ones_too(living: RunWorld) -> None:
    arn = finished(living)
    found = of_run(living, arn, "JSON")
    assert (found.type, found.filename) == ("application/json", f"assessment-report-{arn.id}-finding.json")
    hosts = hosts_of(found)
    assert {name: sorted(one["id"] for one in host["findings"]) for name, host in hosts.items()} == {
        "web-1": ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"],
        "web-2": ["CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003"],
        "new": [],
    }
    flaw = next(one for one in hosts["web-1"]["findings"] if one["id"] == "CVE-2026-0001")
    assert flaw["package"]["version"] == "3.0.16-1~deb12u1" and flaw["fixed_version"] == "3.0.17-1~deb12u3"
    assert flaw["package"]["type"] == "deb" and "{" not in flaw["title"] + flaw["description"]
    ledger = hosts["new"]["ledger"]
    assert ledger["packages"] == 1 and [one["feed"]["name"] for one in ledger["judged"]] == ["osv"]


def test_every_form_of_a_run_and_of_what_is_open_now(living: RunWorld) -> None:
    arn = finished(living)
    for form in FORMS:
        for found in (of_run(living, arn, form), open_now(living, form)):
            text = found.content.decode()
            assert "CVE-2026-0001" in text and "3.0.17-1~deb12u3" in text.replace("\\~", "~"), form
            assert found.filename.rpartition(".")[0]


def test_what_is_open_now_is_not_what_was_found_then(living: RunWorld) -> None:
    arn = finished(living)
    living.world.host("web-2", packages={"openssl": "3.0.18-1~deb12u1", "curl": "8"})
    living.ended(living.start())
    assert len(hosts_of(of_run(living, arn, "JSON"))["web-2"]["findings"]) == 3
    now = hosts_of(open_now(living, "JSON"))
    assert {name: len(host["findings"]) for name, host in now.items()} == {"web-1": 3, "web-2": 1, "new": 0}


def test_of_one_target_only_its_hosts(living: RunWorld) -> None:
    finished(living)
    target = living.world.target("tagged", [("role", "web")])
    assert set(hosts_of(open_now(living, "JSON", target))) == {"web-1", "new"}


def test_a_host_that_was_never_judged_says_so(living: RunWorld) -> None:
    living.world.host("web-1", packages=OLD)
    (host,) = hosts_of(open_now(living, "JSON")).values()
    assert host["findings"] == [] and host["ledger"]["gaps"][0]["reason"] == "this host was never judged"


def test_what_is_suppressed_is_in_it_as_such(living: RunWorld) -> None:
    arn = finished(living)
    suppressions.create(living.service, living.world.caller, [("cve", "CVE-2026-0001")], reason="not reachable")
    for found in (of_run(living, arn, "CSV"), open_now(living, "CSV")):
        rows = list(csv.DictReader(io.StringIO(found.content.decode(), newline="")))
        assert {row["ignored"] for row in rows if row["id"] == "CVE-2026-0001"} == {"not reachable"}
        assert {row["ignored"] for row in rows if row["id"] != "CVE-2026-0001"} == {""}


def test_reports_for_people_have_languages_each_its_own(living: RunWorld) -> None:
    arn = finished(living)
    english, japanese = of_run(living, arn, "HTML"), of_run(living, arn, "HTML", language="ja")
    assert b'<html lang="en">' in english.content and b'<html lang="ja">' in japanese.content
    assert japanese.filename == f"assessment-report-{arn.id}-finding-ja.html"
    assert of_run(living, arn, "CSV", language="ja").filename.endswith("-finding.csv"), "programs read no language"


def test_what_is_refused(living: RunWorld) -> None:
    arn = finished(living)
    service, caller, other = living.service, living.world.caller, living.world.other
    for form, language in (("DOC", "en"), ("HTML", "fr")):
        with pytest.raises(InvalidInput):
            reports.get(service, caller, str(arn), form, "FINDING", language)
    with pytest.raises(InvalidInput, match="choose one of"):
        exports.start(service, caller, "HTML")
    with pytest.raises(NoSuchEntity):
        exports.start(service, caller, "JSON", str(caller.arn("target", "0-AAAAAAAA")))
    with pytest.raises(AccessDenied):
        exports.start(service, other, "JSON", living.world.target("mine"))
    with pytest.raises(AccessDenied):
        exports.start(service, replace(caller, administrator=False), "JSON")
    begun = exports.start(service, caller, "JSON")
    with pytest.raises(NoSuchEntity):
        exports.get(service, other, begun.export)


def test_another_account_s_export_has_nothing_of_this_one(living: RunWorld) -> None:
    finished(living)
    begun = exports.start(living.service, living.world.other, "JSON")
    until(lambda: exports.get(living.service, living.world.other, begun.export).status == "COMPLETED")
    found = opened(living, exports.get(living.service, living.world.other, begun.export).url)
    assert json.loads(found.content)["hosts"] == []


def test_a_target_that_goes_meanwhile_is_a_reason(living: RunWorld) -> None:
    with living.service.database.write() as connection:
        about = stored.About("JSON", "0-Gone1234")
        stored.begin(connection, "0-Export01", living.world.caller.account, about, milliseconds())
    exporting.export(living.work, {"export": "0-Export01"})
    done = exports.get(living.service, living.world.caller, "0-Export01")
    assert done.status == "FAILED" and "is gone" in done.error and done.url is None


def test_an_export_is_kept_for_a_day_and_its_address_for_an_hour(living: RunWorld) -> None:
    finished(living)
    found = open_now(living, "JSON")
    caller, id_ = living.world.caller, found.filename.removeprefix("findings-").removesuffix(".json")
    token = (exports.get(living.service, caller, id_).url or "").rpartition("/")[2]
    with pytest.raises(links.LinkExpired):
        links.open_link(living.service, token, milliseconds() + 3_601_000)
    with living.service.database.write() as connection:
        assert stored.prune(connection, milliseconds() - 86_400_000) == 0
    prune(living.service, Keep())
    assert exports.get(living.service, caller, id_).status == "COMPLETED"
    with living.service.database.write() as connection:
        assert stored.prune(connection, milliseconds() + 1) == 1
    with pytest.raises(links.LinkRefused, match="gone"):
        links.open_link(living.service, token, milliseconds())

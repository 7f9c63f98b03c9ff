"""Users' own rules beside a service: read anew when they change; a broken folder is told and changes nothing."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from shindan.app.judges import judges
from shindan.model.errors import ShindanError
from shindan.rules.cis.benchmarks import library
from shindan.service.feed_supply import FeedSupply
from shindan.service.own_files import fingerprint
from shindan.service.own_rules import OwnRules, strictly
from shindan.service.rule_book import NoSuchRule, checked_folder, explained, kinds, listed, shown

RULE = """
[own-{name}]
title = "{name} is not installed"
severity = "Low"
why = "Nobody needs {name}."
remedy = "Remove it."
check = {{ package = {{ name = "{name}", installed = false }} }}
"""
BENCHMARK = """
id = "acme"
title = "ACME baseline"
version = "3"
platforms = ["debian:12"]
[controls]
"1.1" = { rules = ["own-telnetd"], level = 1, on = ["server"] }
"""
FACTS = b"""{"kind":"platform","subject":"os","data":{"id":"debian","version_id":"12","arch":"x86_64"}}
{"kind":"package","subject":"telnetd","data":{"type":"deb","version":"1","arch":"all"}}
"""


def write(path: Path, text: str, stamp: int) -> None:
    """A file whose change is seen however quick the test is."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.utime(path, ns=(stamp, stamp))


def test_a_folder_is_read_anew_when_it_changes(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    own = OwnRules(tmp_path / "rules")
    assert own.library() is library() and own.state() == "" and not own.faults()
    path = tmp_path / "rules" / "a.toml"
    write(path, RULE.format(name="telnetd"), 1)
    first = own.library()
    assert first.own == {"own-telnetd"} and own.library() is first, "what did not change is not read again"
    state = own.state()
    with caplog.at_level(logging.INFO, "shindan.rules"):
        write(path, RULE.format(name="telnetd").replace("Low", "low"), 2)
        assert own.library() is first, "what was read before stays in force"
    assert own.state() != state and "severity is one of" in str(own.faults()[0])
    assert "own rules are malformed" in caplog.text and "stays in force" in caplog.text
    caplog.clear()
    own.library()
    assert not caplog.text, "it is told once"
    write(path, RULE.format(name="telnetd") + RULE.format(name="rsh-server"), 3)
    assert own.library().own == {"own-telnetd", "own-rsh-server"} and not own.faults()
    path.unlink()
    assert own.library().own == frozenset()


def test_a_process_that_read_nothing_before_takes_what_is_well_formed(tmp_path: Path) -> None:
    write(tmp_path / "a.toml", RULE.format(name="telnetd"), 1)
    write(tmp_path / "b.toml", "[torn", 1)
    own = OwnRules(tmp_path)
    assert own.library().own == {"own-telnetd"} and len(own.faults()) == 1
    with pytest.raises(ShindanError, match=r"b\.toml"):
        strictly(tmp_path)
    with pytest.raises(ShindanError, match="no folder"):
        strictly(tmp_path / "nowhere")


def test_a_running_service_judges_by_them_without_a_restart(tmp_path: Path) -> None:
    supply = FeedSupply(None, None, tmp_path, tmp_path, update=False)  # type: ignore[arg-type]
    judge = judges(tmp_path, lambda: supply)["cis"]

    def found() -> dict[str, dict[str, str | None]]:
        with judge.begin() as judging:
            flaws = judging.judge([FACTS])[0].flaws
        return {flaw.rule.id: dict(flaw.rule.attributes) for flaw in flaws if "telnetd" in flaw.rule.id}

    assert found() == {}
    before = judge.state()
    write(tmp_path / "rules" / "own.toml", RULE.format(name="telnetd"), 1)
    assert judge.state() != before, "what judges otherwise is another state"
    assert found() == {"telnetd is not installed": {"BENCHMARK_ID": "own rules"}}
    write(tmp_path / "rules" / "benchmarks" / "acme.toml", BENCHMARK, 1)
    assert found() == {
        "1.1 telnetd is not installed": {
            "BENCHMARK_ID": "ACME baseline v3",
            "BENCHMARK_RULE_ID": "1.1 telnetd is not installed",
            "CIS_BENCHMARK_PROFILE": "Level 1 - Server",
        }
    }


def test_fingerprints_see_every_file(tmp_path: Path) -> None:
    assert fingerprint(tmp_path) == ""
    seen = set()
    for number, name in enumerate(("a.toml", "rules/b.toml", "benchmarks/c.toml")):
        write(tmp_path / name, "x", number)
        seen.add(fingerprint(tmp_path))
    write(tmp_path / "other.txt", "x", 9)
    seen.add(fingerprint(tmp_path))
    assert len(seen) == 3


def test_rules_are_listed_by_what_is_asked() -> None:
    known = library()
    everything = listed(known)
    assert {one["package"] for one in everything} == {"cis", "practices", "runtime", "network"}
    assert len(everything) > 550
    assert all(one["severity"] == "Critical" for one in listed(known, severity="critical"))
    of = listed(known, benchmark="debian-12")
    assert {control.partition(" ")[0] for one in of for control in one["controls"]} == {"debian-12"}
    (root,) = listed(known, search="5.1.20 root log in", benchmark="debian-12")
    assert root["id"] == "ssh-root-login"
    assert listed(known, search="nobody would say this") == []
    with pytest.raises(NoSuchRule):
        listed(known, benchmark="debian-1")


@pytest.mark.parametrize("id_", ["ssh-root-login", "practices-aslr", "runtime-unused-ports", "network-exposure"])
def test_a_rule_is_shown(id_: str) -> None:
    record = shown(library(), id_)
    assert record["id"] == id_ and record["why"] and record["remedy"]
    with pytest.raises(NoSuchRule):
        shown(library(), id_ + "x")


def test_every_check_kind_is_explained() -> None:
    for one in kinds():
        record = explained(one["kind"])
        assert record["meaning"] and all(parameter["meaning"] for parameter in record["parameters"])
    with pytest.raises(NoSuchRule, match="no check kind"):
        explained("moon")


def test_what_no_agent_looks_for_is_noted(tmp_path: Path) -> None:
    text = RULE.format(name="x").replace('{ package = { name = "x", installed = false } }', "{ file = { path = \"PATH\", mode_max = \"0644\" } }")  # fmt: skip
    write(tmp_path / "a.toml", text.replace("PATH", "/etc/shadow"), 1)
    assert checked_folder(tmp_path).notes == ()
    write(tmp_path / "a.toml", text.replace("PATH", "/etc/acme.conf"), 2)
    (note,) = checked_folder(tmp_path).notes
    assert "collect --also /etc/acme.conf" in note
    write(tmp_path / "a.toml", text.replace("PATH", "/home/x/.ssh/id_rsa"), 3)
    assert "never may be" in checked_folder(tmp_path).notes[0]
    empty = checked_folder(tmp_path / "nowhere")
    assert empty.faults and empty.files == 0

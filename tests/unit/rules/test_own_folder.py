"""A user's own folder: every fault at once, each with file, line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.rules.cis.benchmarks import checked, read
from shindan.rules.fault import RuleRefused

RULE = '[{id}]\ntitle = "A rule {id}"\nseverity = "Low"\nwhy = "Why {id}."\nremedy = "Do."\ncheck = {{ package = {{ name = "x" }} }}\n'  # fmt: skip


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "a.toml").write_text(
        RULE.format(id="own-a") + RULE.format(id="own-b").replace("Low", "low").replace("name", "nam")
    )
    (tmp_path / "rules" / "b.toml").write_text(RULE.format(id="own-a") + RULE.format(id="ssh-root-login"))
    (tmp_path / "rules" / "c.toml").write_text("[torn\n")
    (tmp_path / "rules" / "d.toml").write_text(RULE.format(id="practices-mine"))
    (tmp_path / "benchmarks" / "e.toml").write_text(
        'id = "debian-12"\ntitle = "x"\nversion = "1"\nplatforms = ["debian:12"]\n[controls]\n'
        '"1" = { rules = ["own-a"], level = 1, on = ["server"] }\n'
    )
    (tmp_path / "benchmarks" / "f.toml").write_text(
        'id = "mine"\ntitle = "x"\nversion = "1"\nplatforms = ["debian:12"]\n[controls]\n'
        '"1" = { rules = ["nowhere"], level = 1, on = ["server"] }\n"2" = { level = 9, on = "server" }\n'
    )
    known, faults = checked([tmp_path])
    told = [(Path(one.path).name, one.line, one.reason) for one in faults]
    wanted = [
        ("a.toml", 7, "severity is one of"),
        ("a.toml", 7, "package knows no 'nam'"),
        ("b.toml", 1, "rule own-a is at "),
        ("b.toml", 7, "rule ssh-root-login is at "),
        ("c.toml", 1, "Expected"),
        ("d.toml", 1, "ids that begin with"),
        ("e.toml", 1, "there is a benchmark debian-12 already"),
        ("f.toml", 6, "there is no rule nowhere"),
        ("f.toml", 7, "level is 1 or 2"),
        ("f.toml", 7, "on is a list"),
    ]
    for name, line, reason in wanted:
        assert any(one[:2] == (name, line) and reason in one[2] for one in told), (name, line, reason, told)
    assert known.own == {"own-a"}, "what is well-formed is there"
    with pytest.raises(RuleRefused, match="more") as raised:
        read([tmp_path])
    assert len(raised.value.faults) == len(faults)


@pytest.mark.parametrize(
    "text",
    ["x = 1\n", "[a]\ntitle = 1\n", "[own-a]\ncheck = 3\n", '[own-a]\nwhen = 3\ncheck = { package = { name = "x" } }\n',
     '[own-a]\nparams = 3\n', '[own-a]\nby_family = 3\n', '[own-a]\nfix = "x"\n', '[own-a]\nsource = 3\nreferences = 3\n'],
)  # fmt: skip
def test_hostile_shapes_end_in_faults(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    known, faults = checked([tmp_path])
    assert faults and not known.own

"""`shindan schedules` beside the service."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.cli.console import console
from unit.cli.test_service_commands import House


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, noon: object) -> House:
    made = House(console(monkeypatch, capsys), tmp_path / "data")
    made.json("init", "--account", "123456789012", "--region", "us-west-2")
    made("targets", "create", "web")
    made("templates", "create", "weekly", "--target", "web")
    return made


def test_a_schedule_from_its_making_to_its_end(house: House) -> None:
    house("notifications", "create", "ops", "arn:aws:sns:us-west-2:123456789012:ops")
    made = house("schedules", "create", "nightly", "weekly", "--cron", "0  3 * * *", "--zone", "Europe/Berlin",
                 "--blackout", "Mon-Fri 08:00-18:00", "--report-to", "ops", "--report-as", "html")  # fmt: skip
    assert made.code == 0, made.err
    (row,) = house.json("schedules", "list")
    assert (row["id"], row["next_at"], row["last"]) == (made.out.strip(), "2026-11-25T02:00:00.000Z", None)
    assert row["plan"] == {
        "cron": "0 3 * * *", "zone": "Europe/Berlin", "blackouts": ["mon-fri 08:00-18:00"],
        "report": {"channel": "ops", "format": "HTML"},
    }  # fmt: skip
    assert "0 3 * * * Europe/Berlin" in house("schedules", "list").out
    changed = house.json(
        "schedules", "set", "nightly", "--every", "2d", "--begins", "2026-12-01T09:00", "--report-to", ""
    )
    assert changed["plan"] == {
        "every": "2d", "begins": "2026-12-01T09:00", "zone": "Europe/Berlin", "blackouts": ["mon-fri 08:00-18:00"],
    }  # fmt: skip
    first, second = house.json("schedules", "next", "nightly", "-n", "2")
    assert (first["nominal_at"], first["begins_at"], first["reason"]) == (
        "2026-12-01T08:00:00.000Z", "2026-12-01T17:00:00.000Z", "BLACKOUT",
    )  # fmt: skip
    assert second["nominal_at"] == "2026-12-03T08:00:00.000Z"
    assert "2026-12-01T17:00" in house("schedules", "next", "nightly").out
    assert house("schedules", "pause", "nightly").code == 0
    assert "paused" in house("schedules", "show", "nightly").out
    assert "nothing is to come" in house("schedules", "next", "nightly").out
    assert house("schedules", "resume", made.out.strip()).code == 0
    assert house.json("schedules", "show", "nightly")["history"] == []
    assert house("schedules", "delete", "nightly").code == 0
    assert "no schedules" in house("schedules", "list").out
    assert house("schedules", "delete", "nightly").code == 1


@pytest.mark.parametrize(
    ("options", "code", "why"),
    [
        ((), 2, "say when"),
        (("--cron", "0 3 * * *", "--every", "1d"), 2, "say when"),
        (("--every", "1d", "--report-as", "pdf"), 2, "--report-to"),
        (("--every", "1d", "--report-to", "nobody"), 1, "no channel 'nobody'"),
        (("--every", "soon"), 1, "no length of time"),
        (("--every", "1d", "--zone", "Mars"), 1, "no time zone"),
        (("--every", "1d", "--missed", "perhaps"), 1, "missed"),
        (("--first-contact", "15m", "--blackout", "daily"), 1, "no time in which"),
    ],
)
def test_what_is_none_is_told(house: House, options: tuple[str, ...], code: int, why: str) -> None:
    said = house("schedules", "create", "x", "weekly", *options)
    assert (said.code, why in said.err) == (code, True), said

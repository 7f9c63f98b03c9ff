"""Settings: where they come from, what is refused, and the page that lists them."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.service.service import Quotas, Timing
from shindan.settings import NAMES, SettingsError, address, load, table
from support import REPOSITORY


def test_the_command_line_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "shindan.toml").write_text('region = "eu-west-1"\nthreads = 3\njob_slots = 2\nearly_end = false\n')
    monkeypatch.setenv("SHINDAN_THREADS", "5")
    monkeypatch.setenv("SHINDAN_JOB_SLOTS", "7")
    monkeypatch.setenv("SHINDAN_FEED_KEV_URL", "https://mirror.example/kev")
    found = load(tmp_path, job_slots=9, listen=None)
    assert (found.region, found.threads, found.job_slots, found.listen) == ("eu-west-1", 5, 9, "127.0.0.1:8443")
    assert found.timing.early_end is False
    assert (load(tmp_path / "none").quotas, load(tmp_path / "none").timing) == (Quotas(), Timing())


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("LISTEN", "8443", "no HOST:PORT"),
        ("LISTEN", "::1:8443", "in brackets"),
        ("LISTEN", "127.0.0.1:99999", "no HOST:PORT"),
        ("THREADS", "0", ">= 1"),
        ("THREADS", "many", "int"),
        ("EARLY_END", "perhaps", "bool"),
        ("REGION", "mars", "regex"),
        ("LOG_LEVEL", "loud", "loud"),
        ("ARCHIVE_AFTER", "60", ">= 86400"),
    ],
)
def test_a_wrong_variable_is_named(
    name: str, value: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"SHINDAN_{name}", value)
    with pytest.raises(SettingsError) as told:
        load(tmp_path)
    assert f"SHINDAN_{name}" in str(told.value) and why in str(told.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("treads = 1", "unknown field `treads`"),
        ("threads = 'x'", "threads"),
        ("a = [", "no TOML"),
        ('data = "/"', "data"),
    ],
    ids=["mistyped name", "another type", "torn", "the folder is no setting"],
)
def test_a_wrong_file_is_named(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "shindan.toml").write_text(text)
    if text.startswith("data"):
        assert load(tmp_path).data == tmp_path
        return
    with pytest.raises(SettingsError, match=why.replace("`", ".")) as told:
        load(tmp_path)
    assert "shindan.toml" in str(told.value)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        ("[::1]:65535", ("::1", 65535)),
        (":80", ("0.0.0.0", 80)),
        ("a.b:0", ("a.b", 0)),
    ],
)
def test_addresses(text: str, meant: tuple[str, int]) -> None:
    assert address(text) == meant


def test_the_page_lists_every_setting_as_it_is() -> None:
    page = (REPOSITORY / "docs/serve.md").read_text()
    assert table() in page, "run `make docs`"
    assert all(f"| `{name}` |" in table() for name in NAMES)


def test_networks_are_read_and_what_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHINDAN_NOTIFY_NETWORKS", "10.0.0.0/8, fd00::/8")
    assert [str(one) for one in load(tmp_path).networks] == ["10.0.0.0/8", "fd00::/8"]
    monkeypatch.setenv("SHINDAN_NOTIFY_NETWORKS", "10.0.0.0/99")
    with pytest.raises(SettingsError, match="SHINDAN_NOTIFY_NETWORKS"):
        load(tmp_path)

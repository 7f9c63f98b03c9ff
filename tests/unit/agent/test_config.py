"""The configuration: what is read, what is refused and with which word, and what the installer writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from shindan.agent import config as configuration
from shindan.agent.config import Config, ConfigError, load
from shindan.agent.configure import changed, configure

PIN = "a" * 64


def written(folder: Path, *lines: str, section: str = "[agent]") -> str:
    path = folder / "agent.conf"
    path.write_text("\n".join([section, *lines, ""]))
    return str(path)


def read(folder: Path, *lines: str) -> Config:
    return load(written(folder, f"pin = {PIN}", *lines))


def test_every_kind_of_value(tmp_path: Path) -> None:
    config = read(
        tmp_path, "endpoint = https://[::1]:8443/", "tag.Name = alpha; beta", "tag.lower = x", "update = off",
        "spool_bytes = 1000", "paths = /srv/apps, /data", "metadata = off", "token = shat_1_%40", "proxy = h:1",
        "scap = /content, /more", "scap_memory = 5",
    )  # fmt: skip
    assert (config.host, config.port, config.endpoint) == ("[::1]", 8443, "https://[::1]:8443")
    assert config.tags == {"Name": "alpha; beta", "lower": "x"}
    assert (config.update, config.spool_bytes, config.metadata) == (False, 1000, "")
    assert config.paths == ("/srv/apps", "/data")
    assert (config.scap, config.scap_memory) == (("/content", "/more"), 5)
    assert config.token == "shat_1_%40"
    assert config.pins == (PIN,)


@pytest.mark.parametrize("pin", [PIN, f"sha256:{PIN}", ":".join(["AA"] * 32), f"{PIN},{PIN}"])
def test_pins_as_people_write_them(pin: str, tmp_path: Path) -> None:
    assert set(load(written(tmp_path, "endpoint = https://h", f"pin = {pin}")).pins) == {PIN}


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (["endpoint = http://plain.example"], "https://HOST"),
        (["endpoint = https://h/path"], "https://HOST"),
        (["endpoint = https://h:99999"], "https://HOST"),
        (["endpoint = https://user@h"], "https://HOST"),
        ([], "https://HOST"),
        (["endpoint = https://h", "update = perhaps"], "neither true nor false"),
        (["endpoint = https://h", "spool_bytes = -1"], "no number"),
        (["endpoint = https://h", "spoolbytes = 1"], "nobody knows spoolbytes"),
        (["endpoint = https://h", "endpoint = https://i"], "already exists"),
        (["endpoint = https://h", f"tag.{'k' * 129} = v"], "at most 50 tags"),
        (["not a line"], "no configuration"),
        (["endpoint = https://h", "scap = content"], "scap=content is no absolute path"),
    ],
)
def test_what_is_refused_says_why(lines: list[str], word: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=word):
        read(tmp_path, *lines)


def test_a_pin_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="64 hexadecimal digits"):
        load(written(tmp_path, "endpoint = https://h", "pin = abc"))


def test_files_that_are_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is missing"):
        load(str(tmp_path / "none"))
    with pytest.raises(ConfigError, match=r"section \[agent\]"):
        load(written(tmp_path, section="[other]"))
    (tmp_path / "agent.conf").write_bytes(b"[agent]\nendpoint = \xff\n")
    with pytest.raises(ConfigError, match="no configuration"):
        load(str(tmp_path / "agent.conf"))
    (tmp_path / "agent.conf").write_bytes(b"x" * 2_000_000)
    with pytest.raises(ConfigError, match="longer than"):
        load(str(tmp_path / "agent.conf"))


def test_trust_is_never_left_to_chance(tmp_path: Path) -> None:
    path = written(tmp_path, "endpoint = https://h", f"home = {tmp_path}")
    with pytest.raises(ConfigError, match="no trust in the server"):
        load(path)
    (tmp_path / "ca.pem").write_text("")
    assert load(path).ca == str(tmp_path / "ca.pem")


def test_the_token_goes_and_all_else_stays(tmp_path: Path) -> None:
    path = Path(written(tmp_path, "# mine", "endpoint = https://h", f"pin={PIN}", "token : shat_1", "tag.token = t"))
    path.chmod(0o640)
    assert configuration.without_token(load(str(path)))
    assert path.read_text() == f"[agent]\n# mine\nendpoint = https://h\npin={PIN}\ntag.token = t\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_the_installer_changes_its_keys_and_leaves_the_operators(tmp_path: Path) -> None:
    path = tmp_path / "etc/agent.conf"
    configure(str(path), {"endpoint": "https://a", "pin": PIN, "tag.Role": "web"})
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text(path.read_text() + "# by hand\nspool_bytes = 5\n")
    configure(str(path), {"endpoint": "https://b", "token": "shat_2", "tag.Role": "db"})
    config = load(str(path))
    assert (config.host, config.token, config.tags, config.spool_bytes) == ("b", "shat_2", {"Role": "db"}, 5)
    assert "# by hand" in path.read_text()


def test_the_installer_writes_nothing_that_would_not_start(tmp_path: Path) -> None:
    path = tmp_path / "agent.conf"
    with pytest.raises(ConfigError):
        configure(str(path), {"endpoint": "http://plain"})
    with pytest.raises(ConfigError):
        configure(str(path), {"endpoint": "https://h\nca = /evil", "pin": PIN})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], ["[agent]", "a = 2"]),
        (["[agent]", "a = 1", "b = 1"], ["[agent]", "a = 2", "b = 1"]),
        (["[agent]", "a = 1", "a = 1"], ["[agent]", "a = 2"]),
        (["[agent]", "b = 1", "[x]", "a = 1"], ["[agent]", "b = 1", "a = 2", "[x]", "a = 1"]),
        (["# a = 1"], ["# a = 1", "[agent]", "a = 2"]),
    ],
    ids=["empty", "in place", "twice", "other sections", "a comment"],
)
def test_lines_are_changed_where_they_stand(lines: list[str], expected: list[str]) -> None:
    assert changed(lines, {"a": "2"}) == expected

"""The console behind the whole server: where browsers are sent, who loads it, and what it shares with other doors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from unit.app.served import PATIENCE, Served, init, served, shindan

PASSWORD = "correct horse battery"
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "ja"}
IDLE_KB = 120_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("console") / "data"
    made = init(data)
    done = shindan("users", "password", "administrator", "--data", data, input=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr
    with served(data, made) as running:
        yield running


def asked(address: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """An answer, however busy the machine is."""
    return httpx.get(address, headers=headers, timeout=PATIENCE)


def memory(server: Served) -> int:
    """Resident kilobytes of the server's process."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1])


def test_nothing_of_it_is_loaded_before_somebody_comes(server: Served) -> None:
    before = memory(server)
    maps = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert "markupsafe" not in maps, "the template engine is the console's"
    page = asked(f"{server.address}/console/login", headers=BROWSER)
    assert page.status_code == 200 and "サインイン" in page.text
    print(f"idle {before} kB, with the console {memory(server)} kB")
    assert before < IDLE_KB


def test_browsers_are_sent_there_and_others_read_how_the_service_is(server: Served) -> None:
    sent = asked(f"{server.address}/", headers=BROWSER)
    assert (sent.status_code, sent.headers["location"], sent.headers["vary"]) == (307, "/console/", "accept")
    assert "Background worker" in asked(f"{server.address}/").text
    assert "Background worker" in asked(f"{server.address}/status", headers=BROWSER).text
    assert asked(f"{server.address}/console", headers=BROWSER).headers["location"].endswith("/console/")


def test_a_password_opens_it_and_every_answer_has_its_headers_once(server: Served) -> None:
    with httpx.Client(base_url=server.address, headers=BROWSER, timeout=PATIENCE) as browser:
        page = browser.get("/console/login")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        assert csrf
        form = {"csrf": csrf[1], "user": "administrator", "password": PASSWORD}
        assert browser.post("/console/login", data=form, headers={"origin": server.address}).status_code == 303
        inside = browser.get("/console/account")
        assert inside.status_code == 200
        for answer in (page, inside):
            for name, value in {
                "referrer-policy": "same-origin",
                "x-frame-options": "DENY",
                "x-content-type-options": "nosniff",
            }.items():
                assert answer.headers.get_list(name) == [value]
            assert answer.headers["x-request-id"]
    assert asked(f"{server.address}/status").headers.get_list("referrer-policy") == ["no-referrer"]


def test_it_can_be_left_out(server: Served, tmp_path: Path) -> None:
    made = init(tmp_path / "data")
    with served(tmp_path / "data", made, SHINDAN_CONSOLE="false") as plain:
        assert "Background worker" in asked(f"{plain.address}/", headers=BROWSER).text
        assert asked(f"{plain.address}/console/", headers=BROWSER).status_code == 404


def test_init_says_how_the_first_administrator_comes_in(tmp_path: Path) -> None:
    said = shindan("init", "--data", tmp_path / "data").stdout
    assert "/console/ as administrator" in said
    command = re.search(r"^  shindan (users reset administrator.*)$", said, re.M)
    assert command
    password = shindan(*command[1].split()).stdout.strip()
    assert len(password) >= 12


@pytest.mark.parametrize(
    ("given", "said"),
    [({"oidc_groups": "ops"}, "oidc_groups"), ({"session_idle": 1}, "session_idle"), ({"oidc_groups": "=ReadOnly"}, "oidc_groups")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, given: dict[str, object], said: str) -> None:
    from shindan.settings import SettingsError, load

    with pytest.raises(SettingsError, match=said):
        load(tmp_path, **given)
    assert load(tmp_path, oidc_groups="a b=ReadOnly; c=d=Administrator").groups_of_oidc == (
        ("a b", "ReadOnly"),
        ("c=d", "Administrator"),
    )

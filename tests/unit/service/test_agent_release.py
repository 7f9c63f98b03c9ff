"""Releases of the agent: the same bytes each time, verified by openssl and gpgv, and runnable by a bare interpreter."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from shindan.service import agent_install, agent_package, agent_release, certificates
from shindan.service.agent_release import Reach, ReleaseError
from support import REPOSITORY, need_tool

REACH = Reach("https://shindan.example.org:8443", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")


def content(data: Path, name: str) -> bytes:
    found = agent_release.content(data, name)
    assert found is not None, name
    return found


def test_the_agent_holds_the_rooms_that_ship_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(agent_package.archive())) as packed:
        names = packed.namelist()
        assert {name.split("/")[1] for name in names if "/" in name} == {"__init__.py", *agent_package.ROOMS}
        assert {one.date_time for one in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert not [name for name in names if name.endswith(".pyc")]


def test_a_bare_interpreter_collects_with_it(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    path = tmp_path / agent_package.NAME
    path.write_bytes(agent_package.archive())
    command = [sys.executable, "-I", "-S", str(path), "collect", "--root", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert '"kind":"platform"' in done.stdout


def test_a_release_is_whole_and_says_what_it_is(tmp_path: Path) -> None:
    made = agent_release.make(tmp_path, REACH)
    assert sorted(path.name for path in made.folder.iterdir() if path.name[0] != ".") == sorted(agent_release.FILES)
    assert agent_release.endpoint(tmp_path) == REACH.endpoint
    manifest = dict(line.split("=", 1) for line in content(tmp_path, "release").decode().splitlines())
    packed = content(tmp_path, agent_package.NAME)
    assert manifest == {
        "version": agent_package.version(),
        "file": agent_package.NAME,
        "size": str(len(packed)),
        "sha256": hashlib.sha256(packed).hexdigest(),
    }
    assert (tmp_path / "keys/agent-release.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.system
@pytest.mark.parametrize("name", ["install", "release"])
@pytest.mark.parametrize("tampered", [False, True])
def test_openssl_and_gpgv_verify_it(tmp_path: Path, name: str, tampered: bool) -> None:
    need_tool("openssl", "openssl")
    need_tool("gpgv", "gpgv")
    folder = agent_release.make(tmp_path, REACH).folder
    if tampered:
        (folder / name).write_bytes((folder / name).read_bytes() + b"\n")
    openssl = ["openssl", "dgst", "-sha256", "-verify", "release.pub", "-signature", f"{name}.sig", name]
    gpgv = ["gpgv", "--homedir", str(folder), "--keyring", str(folder / "release.gpg"), f"{name}.asc", name]
    for command in (openssl, gpgv):
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert (done.returncode == 0) is not tampered, done.stderr


def test_a_release_stays_as_long_as_nothing_changes(tmp_path: Path) -> None:
    assert agent_release.ensure(tmp_path, REACH) == ""
    before = content(tmp_path, "release.sig")
    assert agent_release.ensure(tmp_path, REACH) == ""
    assert content(tmp_path, "release.sig") == before
    public = content(tmp_path, "release.pub")
    assert agent_release.ensure(tmp_path, Reach("https://elsewhere.example.org")) == ""
    assert b"https://elsewhere.example.org" in content(tmp_path, "install")
    assert agent_release.content(tmp_path, "ca.pem") is None
    assert content(tmp_path, "release.pub") == public, "hosts know this key"


def test_a_key_that_was_taken_away_is_missed_only_when_it_is_needed(tmp_path: Path) -> None:
    agent_release.ensure(tmp_path, REACH)
    away = (tmp_path / "keys/agent-release.key").rename(tmp_path / "elsewhere.key")
    assert agent_release.ensure(tmp_path, REACH) == ""
    new = Reach("https://new.example.org")
    assert "agent-release make" in agent_release.ensure(tmp_path, new)
    assert b"https://shindan.example.org" in content(tmp_path, "install"), "what was signed is served on"
    public = content(tmp_path, "release.pub")
    agent_release.make(tmp_path, new, away)
    assert agent_release.ensure(tmp_path, new) == ""
    assert content(tmp_path, "release.pub") == public
    assert not (tmp_path / "keys/agent-release.key").exists()


def test_old_releases_are_removed_but_for_the_last(tmp_path: Path) -> None:
    for number in range(4):
        agent_release.make(tmp_path, Reach(f"https://s{number}.example.org"))
    assert len([one for one in (tmp_path / "agent").iterdir() if one.is_dir()]) == 2


@pytest.mark.parametrize("text", ["", "# made 5\n", "# made x\nnothing"])
def test_what_is_no_key_is_refused(tmp_path: Path, text: str) -> None:
    (key := tmp_path / "some.key").write_text(text)
    with pytest.raises(ReleaseError, match="holds no key"):
        agent_release.make(tmp_path, REACH, key)
    with pytest.raises(ReleaseError, match="is not there"):
        agent_release.make(tmp_path, REACH, tmp_path / "missing.key")


@pytest.mark.parametrize("name", ["../keys/agent-release.key", "current", "", "agent-release.key", "install/"])
def test_nothing_else_of_the_data_folder_is_handed_out(tmp_path: Path, name: str) -> None:
    agent_release.ensure(tmp_path, REACH)
    assert agent_release.content(tmp_path, name) is None


def test_before_the_first_release_there_is_none(tmp_path: Path) -> None:
    assert agent_release.content(tmp_path, "install") is None
    assert agent_release.endpoint(tmp_path) == ""


def test_the_script_has_everything_filled_in() -> None:
    script = agent_install.script("https://a.example", "CERTIFICATE", "PUBLIC", b"keyring")
    assert not re.search(r"@[A-Z_]+@", script)
    for shell in ("sh", "bash"):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
    assert script.rstrip().splitlines()[-1].startswith('main "$@"'), "cut off in a pipe, it does nothing"


def test_lines_to_type_carry_a_pin_or_the_authority(tmp_path: Path) -> None:
    certificates.make(tmp_path, ["shindan.example.org"])
    tls = tmp_path / "tls"
    curl, wget = agent_install.lines("https://shindan.example.org", tls / "ca.pem", tls / "server.pem", "shat_a_b")
    key = ["openssl", "x509", "-in", str(tls / "server.pem"), "-pubkey", "-noout"]
    pem = subprocess.run(key, capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=pem, capture_output=True, check=True)
    digest = subprocess.run(
        ["openssl", "dgst", "-sha256", "-binary"], input=der.stdout, capture_output=True, check=True
    )
    encoded = subprocess.run(["base64", "-w0"], input=digest.stdout, capture_output=True, check=True).stdout.decode()
    assert f"--pinnedpubkey sha256//{encoded} " in curl
    assert (tls / "ca.pem").read_text().strip() in wget
    assert all(line.endswith("sudo bash install --token shat_a_b") for line in (curl, wget))


def test_with_a_public_authority_the_lines_are_short() -> None:
    lines = agent_install.lines("https://shindan.example.org", None, None, "shat_a_b")
    assert lines[0] == "wget -q https://shindan.example.org/linux/latest/install && sudo bash install --token shat_a_b"


@pytest.mark.parametrize("name", ["install", "uninstall", "shindan-agent", "shindan-agent.init"])
def test_scripts_are_posix(name: str) -> None:
    need_tool("dash", "dash")
    subprocess.run(["dash", "-n", str(REPOSITORY / "src/shindan/agent/linux" / name)], check=True)

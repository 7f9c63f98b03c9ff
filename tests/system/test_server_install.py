"""The service as it is installed for others: the wheel has all that it needs, and the units say what systemd takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from support import REPOSITORY, need_tool

pytestmark = [pytest.mark.slow, pytest.mark.system]

SERVER = REPOSITORY / "packaging/server"
UNITS = ("shindan.service", "shindan-backup.service", "shindan-backup.timer")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `pip wheel` makes of the project, without asking anybody for anything."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-q"]
    done = subprocess.run([*command, "-w", folder, REPOSITORY], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (made,) = folder.glob("shindan-*.whl")
    return made


def test_the_wheel_has_every_file_of_the_source(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("shindan/")}
    source = REPOSITORY / "src"
    files = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in files if name.startswith("shindan/")} == packed


def test_what_is_in_the_wheel_sets_up_a_service_and_judges_a_host(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    env = {**os.environ, "PYTHONPATH": str(installed)}

    def shindan(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "shindan.cli", *words], capture_output=True, text=True, env=env, cwd=tmp_path
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import shindan.cli; print(shindan.cli.__file__)"
    told = subprocess.run([sys.executable, "-c", where], capture_output=True, text=True, env=env, cwd=tmp_path).stdout
    assert told.startswith(str(installed))
    data = str(tmp_path / "data")
    assert json.loads(shindan("init", "--data", data, "--format", "json"))["access_key_id"]
    assert json.loads(shindan("agent-token", "create", "--data", data, "--format", "json"))["install"]
    host = str(REPOSITORY / "tests/hosts/debian-12/root")
    result = json.loads(shindan("scan", "--root", host, "--package", "cis", "--format", "json"))
    assert result["rules"][0]["benchmark"].startswith("Debian")


def test_the_units_are_what_systemd_takes(tmp_path: Path) -> None:
    need_tool("systemd-analyze", "systemd")
    for name in UNITS:
        text = (SERVER / name).read_text()
        (tmp_path / name).write_text(text.replace("/opt/shindan-server/bin/shindan", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", *(tmp_path / name for name in UNITS)], capture_output=True, text=True
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if any(name in line for name in UNITS)]
    assert done.returncode == 0 and said == [], done.stderr


def test_the_service_is_confined() -> None:
    need_tool("systemd-analyze", "systemd")
    command = [
        "systemd-analyze",
        "security",
        "--offline=true",
        "--no-pager",
        "--json=short",
        "--threshold=30",
        str(SERVER / UNITS[0]),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_container_has_what_the_page_says() -> None:
    lines = (SERVER / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    words = [line.split(" ", 1) for line in lines if line and not line.startswith("#")]
    known = {"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT", "CMD"}
    assert {word for word, _ in words} <= known
    assert [rest for word, rest in words if word == "USER"] == ["shindan"]
    copied = [rest.split()[:-1] for word, rest in words if word == "COPY" and "--from" not in rest]
    assert all((REPOSITORY / name).exists() for names in copied for name in names)


def test_the_compose_file_names_what_there_is() -> None:
    yaml = pytest.importorskip("yaml")
    said = yaml.safe_load((SERVER / "compose.yaml").read_text())
    service = said["services"]["shindan"]
    assert (SERVER / service["build"]["context"] / service["build"]["dockerfile"]).resolve() == SERVER / "Containerfile"
    assert set(service["secrets"]) | set(said["services"]["database"]["secrets"]) == set(said["secrets"])
    volumes = [one.partition(":")[0] for part in said["services"].values() for one in part["volumes"]]
    assert set(volumes) == set(said["volumes"])

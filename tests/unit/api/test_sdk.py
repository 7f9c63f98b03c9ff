"""The model that clients can install, when their own copy is gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import anyio
import botocore
import httpx
import pytest
from starlette.applications import Starlette

from shindan.api.sdk import FOLDER, PATH, archive, install_line, routes
from support import need_tool

CLIENT = """
import boto3, json
client = boto3.client("inspector", region_name="us-west-2", aws_access_key_id="a", aws_secret_access_key="b")
client.get_paginator("list_findings")
print(json.dumps([client.meta.endpoint_url, len(client.meta.service_model.operation_names)]))
"""


def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """An answer over ASGI."""

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=Starlette(routes=routes()))
        async with httpx.AsyncClient(transport=transport, base_url="https://shindan.example:8443") as client:
            return await client.get(path, headers=headers)

    return anyio.run(ask)


@pytest.fixture(scope="module")
def without_the_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from first, with a botocore that has lost its copy of the model."""
    site = tmp_path_factory.mktemp("site")
    theirs = Path(botocore.__file__).parent
    shutil.copytree(theirs, site / "botocore", ignore=lambda folder, names: _unused(Path(folder), theirs, names))
    return site


def _unused(folder: Path, theirs: Path, names: list[str]) -> list[str]:
    if folder != theirs / "data":
        return ["__pycache__"] if "__pycache__" in names else []
    return [name for name in names if (folder / name).is_dir()]


def _client(site: Path, models: Path | None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "HOME": str(models or site)}
    return subprocess.run([sys.executable, "-c", CLIENT], capture_output=True, text=True, env=environment, check=False)


@pytest.mark.slow
def test_boto3_without_its_own_copy_works_with_ours(without_the_model: Path, tmp_path: Path) -> None:
    lost = _client(without_the_model, None)
    assert "UnknownServiceError" in lost.stderr
    models = tmp_path / ".aws" / "models"
    zipfile.ZipFile(BytesIO(archive())).extractall(models)
    found = _client(without_the_model, tmp_path)
    assert found.returncode == 0, found.stderr
    assert json.loads(found.stdout) == ["https://inspector.us-west-2.amazonaws.com", 37]


def test_the_archive_has_the_three_files_and_their_licence() -> None:
    answer = get(PATH)
    assert answer.headers["content-type"] == "application/zip"
    names = zipfile.ZipFile(BytesIO(answer.content)).namelist()
    wanted = ("LICENSE", "NOTICE", "endpoint-rule-set-1.json", "paginators-1.json", "service-2.json")
    assert names == [f"{FOLDER}/{name}" for name in wanted]


def test_an_unchanged_archive_is_not_sent_again() -> None:
    assert get(PATH, {"if-none-match": get(PATH).headers["etag"]}).status_code == 304


def test_the_line_names_this_service_and_nothing_that_a_shell_would_run() -> None:
    assert get("/sdk").text == install_line("https://shindan.example:8443") + "\n"
    assert "$(" not in get("/sdk", {"host": "a$(id)"}).text


@pytest.mark.system
def test_the_line_installs_the_model(tmp_path: Path) -> None:
    need_tool("curl", "curl")
    (tmp_path / "served" / "sdk").mkdir(parents=True)
    (tmp_path / "served" / PATH[1:]).write_bytes(archive())
    line = install_line((tmp_path / "served").as_uri())
    subprocess.run(["sh", "-ec", line], env={**os.environ, "HOME": str(tmp_path)}, cwd=tmp_path, check=True)
    assert (tmp_path / ".aws" / "models" / FOLDER / "paginators-1.json").is_file()
    assert not (tmp_path / "inspector-model.zip").exists()

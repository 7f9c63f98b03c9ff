"""The house's table: which room may import which, and which library is whose. Imports go down only."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support import REPOSITORY

SOURCE = REPOSITORY / "src" / "shindan"
# room: (rooms it may import, third-party modules it may import)
ROOMS = {
    # ground
    "facts": ("", ""),
    "model": ("facts", ""),
    "versions": ("", ""),
    "locale": ("", "babel"),
    # senses
    "collect": ("facts", ""),
    "agent": ("facts collect", ""),
    "feeds": ("model versions", "httpx stamina defusedxml zstandard cvss msgspec"),
    "rules": ("facts model versions", ""),
    "render": ("model locale", "jinja2 rich typst"),
    "intake": ("facts model", "defusedxml msgspec"),
    "notify": ("model", "apprise boto3 botocore cryptography httpx jinja2"),
    "cloud": ("model", "boto3 botocore"),
    # memory
    "store": ("facts model versions", "sqlalchemy alembic zstandard"),
    # engine
    "engine": (
        "facts model versions locale collect feeds rules render intake notify cloud store",
        "cronsim dbos sqlalchemy",
    ),
    # service
    "service": (
        "facts model versions locale collect feeds rules render intake notify cloud store engine",
        "argon2 botocore cronsim cryptography httpx msgspec pyotp sqlalchemy yaml zstandard",
    ),
    # doors
    "api": ("facts model service", "msgspec starlette"),
    "gate": ("facts model service", "msgspec starlette"),
    "console": (
        "facts model locale service",
        "authlib babel httpx itsdangerous jinja2 joserfc markupsafe msgspec segno starlette",
    ),
    # roof
    "settings": ("model service", "msgspec"),
    "app": (
        "facts model versions locale collect feeds rules render intake notify cloud store engine service api gate console "
        "settings",
        "anyio jinja2 msgspec prometheus_client sqlalchemy starlette structlog uvicorn",
    ),
    # the door to the roof
    "cli": ("facts model locale collect render service settings app", "typer rich"),
}
ON_THE_AGENTS_PATH = ("", "facts", "collect", "agent")
MODULES_OF = {"argon2-cffi": "argon2", "pyyaml": "yaml"}
LOADED_BY_OTHERS = {"psycopg", "httptools", "uvloop"}  # SQLAlchemy by the database's address; uvicorn where they are
MODULES = sorted(SOURCE.rglob("*.py"))


def imports(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of every import, wherever it stands in the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            # `from shindan import feeds` names a room just as `import shindan.feeds` does.
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "shindan" else [module]
            yield from ((node.lineno, name) for name in names)


def complaint(room: str, name: str) -> str | None:
    """Why `room` may not import `name`; None if it may."""
    rooms, libraries = ROOMS[room]
    top, _, rest = name.partition(".")
    if top == "":
        return "is a relative import: write it from `shindan` on"
    if top == "shindan":
        other = rest.partition(".")[0]
        if other and other != room and other not in rooms.split():
            return f"goes up or sideways: `{room}` may know {rooms or 'nobody'}"
    elif top not in sys.stdlib_module_names and top not in libraries.split():
        return f"is a library that `{room}` has no leave for"
    return None


def broken(room: str, source: str) -> list[str]:
    """What in `source`, a module of `room`, breaks the table: one line each."""
    tree = ast.parse(source)
    found = [(line, name, complaint(room, name)) for line, name in imports(tree)]
    lines = [f"{line}: {name} {why}" for line, name, why in found if why]
    names = (node for node in ast.walk(tree) if isinstance(node, ast.Name | ast.Attribute))
    hidden = [node for node in names if getattr(node, "id", getattr(node, "attr", "")) == "TYPE_CHECKING"]
    return lines + [f"{node.lineno}: TYPE_CHECKING hides an import from this table" for node in hidden]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(SOURCE)))
def test_every_import_goes_down(module: Path) -> None:
    if module == SOURCE / "__init__.py":
        return  # held by the test of the agent's path
    room = module.relative_to(SOURCE).parts[0].removesuffix(".py")
    assert room in ROOMS, f"the room `{room}` has no row in the table"
    found = broken(room, module.read_text())
    assert not found


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("facts", "import shindan.model.errors"),
        ("collect", "from shindan.feeds import base"),
        ("feeds", "from shindan import rules"),
        ("feeds", "from . import base"),
        ("rules", "def late():\n    import httpx"),
        ("render", "from shindan.store.advisories import open_read_only"),
        ("service", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import shindan.cli"),
        ("model", "import typing as t\nif t.TYPE_CHECKING:\n    pass"),
    ],
    ids=["up", "sideways", "room by name", "relative", "late library", "up two", "hidden", "hidden by alias"],
)
def test_what_the_table_forbids_is_seen(room: str, source: str) -> None:
    assert broken(room, source)


def test_the_floors_have_no_circle() -> None:
    for room, (rooms, _) in ROOMS.items():
        earlier = list(ROOMS)[: list(ROOMS).index(room)]
        assert set(rooms.split()) <= set(earlier), f"`{room}` stands below a room it may know"


@pytest.mark.parametrize("room", ON_THE_AGENTS_PATH, ids=lambda room: room or "shindan")
def test_packages_on_the_agents_path_are_empty(room: str) -> None:
    assert (SOURCE / room / "__init__.py").read_text().strip() == ""


def test_every_room_has_a_tenant() -> None:
    rooms = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    empty = [room for room in rooms if not any(path.stat().st_size for path in (SOURCE / room).rglob("*.py"))]
    assert not empty


def test_every_dependency_is_used_and_has_its_line_of_reasons() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    used = {name.partition(".")[0] for path in MODULES for _, name in imports(ast.parse(path.read_text()))}
    reasons = (REPOSITORY / "docs/decisions/0002-dependencies.md").read_text()
    named = {re.split(r"[<>=~\[ ]", one)[0] for one in project["dependencies"]}
    tools = {re.split(r"[<>=~\[ ]", one)[0] for one in project["optional-dependencies"]["dev"]}
    modules = {name: MODULES_OF.get(name, name.replace("-", "_")) for name in named - LOADED_BY_OTHERS}
    assert {name for name, module in modules.items() if module not in used} == set(), "named, never imported"
    assert {name for name in named | tools if f"`{name}`" not in reasons} == set(), "no line in 0002-dependencies"

"""Packages told of by a text file: Python, npm, gems, Composer."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.lang_budget import Budget, Reading
from shindan.collect.lang_composer import ComposerReader
from shindan.collect.lang_gems import GemReader
from shindan.collect.lang_npm import NpmReader
from shindan.collect.lang_python import PythonReader, fields
from shindan.collect.lang_reader import Reader
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from unit.collect.trees import tree

READERS: dict[str, Reader] = {
    "pypi": PythonReader(),
    "npm": NpmReader(),
    "gem": GemReader(),
    "composer": ComposerReader(),
}


def read(folder: Path, ecosystem: str, content: str | bytes) -> list[tuple[str, str]]:
    """Name and version of what a reader finds in a file of this content."""
    folder.mkdir(exist_ok=True)
    (folder / "file").write_bytes(content.encode() if isinstance(content, str) else content)
    found = list(READERS[ecosystem].read(Reading(Root(str(folder)), Budget()), "/file"))
    assert {one.type for one in found} <= {ecosystem}
    assert {one.path for one in found} <= {"/file"}
    return [(one.name, one.version) for one in found]


STUB = '# -*- encoding: utf-8 -*-\n# stub: {} ruby lib\n\nGem::Specification.new do |s|\n  s.name = "wrong".freeze\n'
CASES = {
    "metadata": ("pypi", "Metadata-Version: 2.1\nName: requests\nVersion: 2.31.0\n\nbody", [("requests", "2.31.0")]),
    "fields in any case, with blanks and carriage returns": (
        "pypi", "name:  Flask \r\nVERSION: 3.0\r\n", [("Flask", "3.0")],
    ),
    "the description is no field": ("pypi", "Name: a\nVersion: 1\n\nName: b\nVersion: 2\n", [("a", "1")]),
    "a long summary before the version": ("pypi", "Name: a\nSummary: " + "x" * 9000 + "\nVersion: 1\n", [("a", "1")]),
    "package.json": ("npm", '{"name": "lodash", "version": "4.17.21", "x": {"name": "no"}}', [("lodash", "4.17.21")]),
    "a scope": ("npm", '{"version": "7.0.0", "name": "@babel/core"}', [("@babel/core", "7.0.0")]),
    "a byte order mark": ("npm", b'\xef\xbb\xbf{"name": "a", "version": "1.0.0"}', [("a", "1.0.0")]),
    "no version": ("npm", '{"name": "a"}', []),
    "a version that is no text": ("npm", '{"name": "a", "version": 1}', []),
    "stub": ("gem", STUB.format("rack 2.2.3"), [("rack", "2.2.3")]),
    "stub of another platform": ("gem", STUB.format("nokogiri 1.15.4 x86_64-linux"), [("nokogiri", "1.15.4")]),
    "assignments": (
        "gem", "Gem::Specification.new do |s|\n  s.name = 'a-b'\n  s.version = Gem::Version.new(\"1.2.pre\")\n",
        [("a-b", "1.2.pre")],
    ),
    "assignments of strings": ("gem", 's.name = "a".freeze\ns.version = "1"\n', [("a", "1")]),
    "Composer 2": (
        "composer", '{"packages": [{"name": "a/b", "version": "v1.2"}, {"name": "c/d"}, 5], "dev": true}',
        [("a/b", "v1.2")],
    ),
    "Composer 1": ("composer", '[{"name": "a/b", "version": "dev-main"}]', [("a/b", "dev-main")]),
}  # fmt: skip


@pytest.mark.parametrize(("ecosystem", "content", "expected"), CASES.values(), ids=CASES)
def test_a_file_tells(tmp_path: Path, ecosystem: str, content: str | bytes, expected: list[tuple[str, str]]) -> None:
    assert read(tmp_path, ecosystem, content) == expected


DAMAGED = {
    "empty metadata": ("pypi", "", "names no package"),
    "metadata without a version": ("pypi", "Name: a\n" + "X: y\n" * 50_000 + "Version: 1\n", "names no package"),
    "metadata of zeros": ("pypi", bytes(300_000), "names no package"),
    "no JSON": ("npm", "{", "is no JSON"),
    "JSON that is no object": ("npm", "[]", "is no JSON object"),
    "JSON without end": ("npm", "[" * 200_000, "is no JSON"),
    "JSON that is no UTF-8": ("npm", b'{"name": "\xff"}', "is no JSON"),
    "package.json of megabytes": ("npm", " " * 2_000_000, "longer than 1024 KB"),
    "a gem by a variable": ("gem", "s.name = NAME\ns.version = VERSION\n", "as plain text"),
    "installed.json that is a text": ("composer", '"x"', "no list of packages"),
    "installed.json without end": ("composer", "[" * 200_000, "is no JSON"),
}


@pytest.mark.parametrize(("ecosystem", "content", "why"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_told(tmp_path: Path, ecosystem: str, content: str | bytes, why: str) -> None:
    with pytest.raises(Unavailable, match=f"/file .*{why}"):
        read(tmp_path, ecosystem, content)


def test_numbers_of_a_million_digits_cost_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, "npm", '{"x": ' + "9" * 900_000 + ', "name": "a", "version": "1"}') == [("a", "1")]


@settings(max_examples=150)
@given(
    st.sampled_from(sorted(READERS)), st.binary(max_size=200) | st.text('{}[]":,nameversio\\u# stub\n =', max_size=80)
)
def test_any_bytes_are_packages_or_unavailable(ecosystem: str, content: bytes | str) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(Unavailable):
        assert all(name and version for name, version in read(Path(folder), ecosystem, content))


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1), st.integers(0, 99))
def test_fields_come_back(name: str, version: int) -> None:
    if name.strip() and len(name.splitlines()) == 1:
        assert fields(f"Name: {name}\nVersion: {version}\n".encode()) == (name.strip(), str(version))


def test_json_objects_keep_only_what_is_needed(tmp_path: Path) -> None:
    packages = [{"name": f"a/{i}", "version": "1", "require": {str(k): "x" for k in range(50)}} for i in range(200)]
    assert len(read(tmp_path, "composer", json.dumps({"packages": packages}))) == 200


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    root = tree(tmp_path, {"a": ""})
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unavailable, match="no regular file"):
        list(READERS["npm"].read(Reading(root, Budget()), "/pipe"))

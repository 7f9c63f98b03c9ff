"""The collector of language packages: where it looks, how far, and whose the files are."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path

import pytest

from shindan.collect import lang_reader, lang_walk, languages
from shindan.collect.command import main
from shindan.collect.lang_budget import Budget
from shindan.collect.lang_places import expanded, remote
from shindan.collect.languages import READERS, LanguagePackages
from shindan.collect.ownership import owners
from shindan.collect.root import Root
from shindan.facts.fact import Fact, check
from unit.collect import rpm_writers
from unit.collect.lang_files import elf, go_inline, jar, pom
from unit.collect.trees import gather, tree

METADATA = "Name: {}\nVersion: 1.0\n"


def package(name: str) -> str:
    return f'{{"name": "{name}", "version": "1.0.0"}}'


def found(root: Root, budget: Budget | None = None) -> tuple[dict[str, str], list[str]]:
    """Path to name of the packages, and the reasons of the gaps."""
    collector = LanguagePackages() if budget is None else LanguagePackages(lambda: budget)
    facts = gather(collector, root)
    named = {fact.data["path"]: fact.subject for fact in facts if fact.kind != "gap"}
    assert len(named) == len([fact for fact in facts if fact.kind != "gap"]), "a file was read twice"
    return named, [fact.data["reason"] for fact in facts if fact.kind == "gap"]


PLACES = {
    "a distribution's Python": "usr/lib/python3/dist-packages/a-1.egg-info",
    "a folder of egg-info": "usr/lib/python3.9/site-packages/a-1.egg-info/PKG-INFO",
    "pip as root": "usr/local/lib/python3.11/dist-packages/a-1.dist-info/METADATA",
    "pip as a user": "home/eve/.local/lib/python3.11/site-packages/a-1.dist-info/METADATA",
    "a virtualenv": "srv/shop/venv/lib/python3.12/site-packages/a-1.dist-info/METADATA",
    "pip --target": "opt/tool/deps/a-1.dist-info/METADATA",
    "what setuptools brings along": "opt/v/lib/python3/site-packages/setuptools/_vendor/a-1.dist-info/METADATA",
    "an egg": "opt/v/lib/python3/site-packages/a-1.egg/EGG-INFO/PKG-INFO",
    "npm -g": "usr/lib/node_modules/a/package.json",
    "Debian's modules for Node": "usr/share/nodejs/a/package.json",
    "an application's modules": "var/www/site/node_modules/a/package.json",
    "a scope": "app/node_modules/@s/a/package.json",
    "a module's own modules": "app/node_modules/b/node_modules/@s/c/node_modules/a/package.json",
    "pnpm's store": "app/node_modules/.pnpm/a@1/node_modules/a/package.json",
    "a version manager of Node": "root/.nvm/versions/node/v20/lib/node_modules/npm/package.json",
    "gems of Debian's ruby": "var/lib/gems/3.1.0/specifications/a-1.gemspec",
    "default gems": "usr/lib/ruby/gems/3.1.0/specifications/default/a-1.gemspec",
    "bundler": "opt/app/vendor/bundle/ruby/3.1.0/specifications/a-1.gemspec",
    "Composer": "var/www/site/vendor/composer/installed.json",
    "a folder as deep as is looked": "opt/x/" + "d/" * 12 + "a-1.dist-info/METADATA",
}
NOT_PLACES = {
    "an application's own package.json": "app/package.json",
    "a file that a module keeps inside": "app/node_modules/b/esm/package.json",
    "modules of a module of another name": "app/node_modules/b/lib/a/package.json",
    "a lock file": "app/composer.lock",
    "pip's cache": "root/.cache/a-1.dist-info/METADATA",
    "cargo's shelf": "home/eve/.cargo/a-1.dist-info/METADATA",
    "a place nobody named": "data/a-1.dist-info/METADATA",
    "a gemspec of sources": "opt/app/a.gemspec",
}
CONTENT = {
    "METADATA": METADATA.format("a"), "PKG-INFO": METADATA.format("a"), "a-1.egg-info": METADATA.format("a"),
    "package.json": package("a"), "a-1.gemspec": "# stub: a 1 ruby lib\n",
    "installed.json": '{"packages": [{"name": "a", "version": "1"}]}', "composer.lock": "{}", "a.gemspec": "# stub: a 1 x\n",
}  # fmt: skip


@pytest.mark.parametrize("path", PLACES.values(), ids=PLACES)
def test_packages_are_found_in(tmp_path: Path, path: str) -> None:
    root = tree(tmp_path, {path: CONTENT[path.rpartition("/")[2]]})
    assert found(root) == ({"/" + path: "a"}, [])


@pytest.mark.parametrize("path", NOT_PLACES.values(), ids=NOT_PLACES)
def test_no_package_is_found_in(tmp_path: Path, path: str) -> None:
    assert found(tree(tmp_path, {path: CONTENT[path.rpartition("/")[2]]})) == ({}, [])


@pytest.mark.parametrize(
    ("path", "mode", "seen"),
    [
        ("usr/local/bin/tool", 0o755, True),
        ("usr/bin/tool", 0o755, True),
        ("opt/tool-1.2/tool_v1.2", 0o755, True),
        ("usr/local/bin/go", 0o755, True),
        ("usr/local/bin/c", 0o755, True),
        ("opt/tool/tool", 0o644, False),
        ("opt/tool/tool.so", 0o755, False),
        ("app/node_modules/b/bin/tool", 0o755, False),
    ],
)
def test_programs_are_found_in(tmp_path: Path, path: str, mode: int, seen: bool) -> None:
    root = tree(tmp_path, {path: elf({".go.buildinfo": go_inline("go1.21.5", "")})})
    (tmp_path / path).chmod(mode)
    assert found(root)[0] == ({"/" + path: "stdlib"} if seen else {})


# ── links, overlaps, bounds ──


def test_links_are_not_followed_and_places_not_looked_through_twice(tmp_path: Path) -> None:
    root = tree(
        tmp_path / "host",
        {
            "opt/app/a-1.dist-info/METADATA": METADATA.format("a"),
            "opt/app/again": "-> .",
            "opt/app/up": "-> ../..",
            "opt/other": "-> app",
            "app": "-> /opt/app",
            "srv": f"-> {tmp_path}/secret",
            "home/eve": "-> /home/eve",
        },
    )
    tree(tmp_path / "secret", {"b-1.dist-info/METADATA": METADATA.format("b")})
    assert found(root) == ({"/opt/app/a-1.dist-info/METADATA": "a"}, [])


def test_named_folders_come_first_and_only_once(tmp_path: Path) -> None:
    files = {f"{place}/a-1.dist-info/METADATA": METADATA.format("a") for place in ("opt/x/y", "opt/x", "data/z")}
    root = tree(tmp_path, files)
    named = Root(root.path, ("/data", "/opt/x/y", "/nowhere"))
    assert [place.path for place in expanded(named, named.named)][:2] == ["/data", "/opt/x/y"]
    packages, gaps = found(named)
    assert list(packages) == [f"/{path}/a-1.dist-info/METADATA" for path in ("data/z", "opt/x/y", "opt/x")]
    assert gaps == ["not everything could be read: /nowhere is not there; --paths names it"]


def test_what_lies_too_deep_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"opt/x/" + "d/" * 15 + "a-1.dist-info/METADATA": METADATA.format("a")})
    assert found(root) == (
        {},
        [
            f"1 folders lie too deep to be looked at, such as /opt/x{'/d' * 13}; name the folders that matter with --paths"
        ],
    )


def test_modules_in_modules_go_as_deep_as_they_are(tmp_path: Path) -> None:
    path = "opt/x" + "/node_modules/a" * 30 + "/package.json"
    assert found(tree(tmp_path, {path: package("a")})) == ({"/" + path: "a"}, [])


def test_a_crowded_place_does_not_hide_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lang_walk, "PLACE_ENTRIES", 50)
    files = {f"home/eve/{i:03}/file": "" for i in range(100)}
    root = tree(tmp_path, {**files, "home/zoe/a-1.dist-info/METADATA": METADATA.format("a")})
    packages, gaps = found(root)
    assert packages == {"/home/zoe/a-1.dist-info/METADATA": "a"}
    assert "/home/eve has more than 50 files and folders: stopped at /home/eve" in gaps[0]


@pytest.mark.parametrize(
    ("budget", "what"),
    [
        (partial(Budget, entries=4), "4 files and folders"),
        (partial(Budget, size=1), "0 MB"),
        (partial(Budget, seconds=0), "0 seconds"),
    ],
    ids=["entries", "bytes", "seconds"],
)
def test_a_spent_budget_says_how_far_it_came(tmp_path: Path, budget: partial[Budget], what: str) -> None:
    files = {f"opt/a/{i}-1.dist-info/METADATA": METADATA.format("a") for i in range(5)}
    root = tree(tmp_path, {**files, "srv/file": "", "home/eve/file": ""})
    _, gaps = found(root, budget())
    assert gaps == [
        f"not everything could be read: stopped after {what}: /opt/a was not wholly looked at, and nothing of /opt, /srv, "
        "/home/eve; name the folders that matter with --paths"
    ]


def test_ten_thousand_files_cost_little(tmp_path: Path) -> None:
    for i in range(50):
        folder = tmp_path / f"opt/x/{i}"
        folder.mkdir(parents=True)
        for j in range(200):
            (folder / f"{j}.txt").touch()
    begun = time.process_time()
    assert found(Root(str(tmp_path))) == ({}, [])
    assert time.process_time() - begun < 2.0


def test_unreadable_files_are_told_and_bounded(tmp_path: Path) -> None:
    files = {f"opt/a/{i:03}-1.dist-info/METADATA": "" for i in range(300)}
    packages, gaps = found(tree(tmp_path, {**files, "opt/a/z-1.dist-info/METADATA": METADATA.format("z")}))
    assert list(packages.values()) == ["z"]
    assert len(gaps) == 1
    assert gaps[0].endswith("/opt/a/002-1.dist-info/METADATA names no package and version and 297 more")


def test_names_that_are_no_names_are_left_out(tmp_path: Path) -> None:
    files = {
        "opt/a/node_modules/x/package.json": '{"name": "a\\nb", "version": "1"}',
        "opt/a/node_modules/y/package.json": '{"name": "' + "y" * 600 + '", "version": "1"}',
    }
    assert found(tree(tmp_path, files)) == ({}, [])


def test_every_reader_on_disk_is_in_the_list() -> None:
    assert {type(reader) for reader in READERS} == set(lang_reader.Reader.__subclasses__())


def test_mounts_of_other_machines_are_read_from_the_live_host_only(tmp_path: Path) -> None:
    assert remote(tree(tmp_path, {"proc/self/mounts": "server:/x /home nfs4 rw 0 0\n"})) == []
    assert all(path.startswith("/") for path in remote(Root("/")))


def test_a_folder_of_another_machine_is_told_not_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(languages, "remote", lambda _: ["/opt/far/data"])
    root = tree(tmp_path, {"opt/far/data/a-1.dist-info/METADATA": METADATA.format("a")})
    assert found(root) == ({}, ["not everything could be read: /opt/far/data lies on another machine"])


# ── owners ──


def test_dpkg_names_the_owner(tmp_path: Path) -> None:
    jar_path = "/usr/share/java/a.jar"
    root = tree(
        tmp_path,
        {
            "usr/share/java/a.jar": jar({"in.jar": jar(pom("g", "in", "1")), **pom("g", "a", "1")}),
            "usr/local/lib/python3/dist-packages/b-1.dist-info/METADATA": METADATA.format("b"),
            "var/lib/dpkg/info/liba-java:amd64.list": f"/.\n/usr\n{jar_path}\n",
            "var/lib/dpkg/info/other.list": "/usr/share/java\n",
        },
    )
    facts = {fact.subject: fact.data for fact in gather(LanguagePackages(), root)}
    assert facts["g:a"] == {"type": "maven", "version": "1", "path": jar_path, "owner": "liba-java"}
    assert facts["g:in"]["path"] == jar_path + "!/in.jar"
    assert facts["g:in"]["owner"] == "liba-java"
    assert "owner" not in facts["b"]


@pytest.mark.parametrize("name", ["var/lib/rpm/Packages", "usr/lib/sysimage/rpm/Packages.db"])
def test_rpm_names_the_owner(tmp_path: Path, name: str) -> None:
    headers = [
        rpm_writers.package("bash", "5-1", basenames=["bash"], dirnames=["/usr/bin/"], dirindexes=[0]),
        rpm_writers.package(
            "python3-a",
            "1-1",
            basenames=["METADATA", "x", "A"],
            dirnames=["/usr/lib/a-1.dist-info/", "/y/"],
            dirindexes=[0, 1, 1],
        ),
        rpm_writers.package("odd", "1-1", basenames=["z"], dirnames=["/y/"], dirindexes=[7]),
        rpm_writers.package("empty", "1-1"),
    ]
    root = tree(tmp_path, {name: rpm_writers.berkeley(headers) if name.endswith("s") else rpm_writers.ndb(headers)})
    paths = ["/usr/lib/a-1.dist-info/METADATA", "/usr/bin/bash", "/y/A", "/y/z", "/no"]
    assert owners(root, paths) == (
        {"/usr/lib/a-1.dist-info/METADATA": "python3-a", "/usr/bin/bash": "bash", "/y/A": "python3-a"},
        [],
    )


def test_a_database_that_is_none_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"var/lib/rpm/Packages": "junk", "var/lib/dpkg/info/a.list": "/x\n"})
    owned, wrong = owners(root, ["/x"])
    assert owned == {"/x": "a"}
    assert len(wrong) == 1


APK = "P:py3-a\nV:1-r0\nF:usr\nF:usr/lib/python3.12/site-packages/a-1.dist-info\nR:METADATA\nZ:Q1\n\nP:b\nF:\nR:top\nF:lib\nR:b.so\n"


@pytest.mark.parametrize("database", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_apk_names_the_owner(tmp_path: Path, database: str) -> None:
    root = tree(tmp_path, {database: APK})
    paths = ["/usr/lib/python3.12/site-packages/a-1.dist-info/METADATA", "/top", "/lib/b.so", "/no"]
    assert owners(root, paths) == (
        {paths[0]: "py3-a", "/top": "b", "/lib/b.so": "b"},
        [],
    )


def test_a_list_of_files_from_before_folders_were_merged(tmp_path: Path) -> None:
    files = {"var/lib/dpkg/info/a.list": "/bin/a\n/lib/x\n"}
    merged = tree(tmp_path / "merged", {**files, "bin": "-> usr/bin"})
    assert owners(merged, ["/usr/bin/a", "/usr/lib/x"])[0] == {"/usr/bin/a": "a"}
    apart = tree(tmp_path / "apart", {**files, "bin/a": ""})
    assert owners(apart, ["/usr/bin/a", "/bin/a"])[0] == {"/bin/a": "a"}


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    root = tree(tmp_path, {"var/lib/dpkg/info/a.list": "/x\n", "lib/apk/db/installed": "P:b\nF:\nR:y\n"})
    os.mkfifo(tmp_path / "var/lib/dpkg/info/b.list")
    owned, wrong = owners(root, ["/x", "/y"])
    assert owned == {"/x": "a", "/y": "b"}
    assert wrong == ["/var/lib/dpkg/info/b.list is no regular file"]


# ── the command ──


def test_paths_on_the_command_line(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    root = tree(tmp_path, {"data/a-1.dist-info/METADATA": METADATA.format("a")})
    assert main(["--root", root.path, "--kinds", "language_package", "--paths", "/data, /data/"]) == 0
    assert b'"path":"/data/a-1.dist-info/METADATA"' in capfdbinary.readouterr().out


def test_paths_must_be_absolute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(tmp_path), "--paths", "data"]) == 2
    assert "--paths takes absolute paths" in capsys.readouterr().err


def test_a_fact_of_the_kind_is_well_formed() -> None:
    assert (
        check(Fact("language_package", "a", {"type": "npm", "version": "1"})) == "language_package 'a': path is missing"
    )

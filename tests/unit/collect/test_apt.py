"""apt's sources and lists: what is configured, where apt keeps it, and which list has a package."""

from __future__ import annotations

import gzip
import json
import lzma
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.apt_lists import _about, attribution
from shindan.collect.apt_sources import configured
from shindan.collect.packages_deb import DpkgPackages
from shindan.collect.repositories import AptRepositories
from shindan.collect.root import Root
from support import need_tool
from unit.collect.trees import STATUS, entry, gather, tree

Files = dict[str, str | bytes]
LISTS = "var/lib/apt/lists"
SOURCES = "etc/apt/sources.list"
PRO = "var/lib/ubuntu-advantage/status.json"

ONE_LINE = {
    "deb http://deb.debian.org/debian bookworm main contrib": (
        "http://deb.debian.org/debian",
        "bookworm",
        "main contrib",
        True,
    ),
    "deb\thttp://a/b\tc\td": ("http://a/b", "c", "d", True),
    "deb [ arch=amd64 signed-by=/k.gpg ] https://h/x s m # why": ("https://h/x", "s", "m", True),
    "deb [arch=amd64]https://h/x s m": ("https://h/x", "s", "m", True),
    "# deb http://a/b c d": ("http://a/b", "c", "d", False),
    "#deb http://a/b c d": ("http://a/b", "c", "d", False),
    "deb http://h/repo ./": ("http://h/repo", "./", "", True),
    "deb file:/srv/repo stable main/debug": ("file:/srv/repo", "stable", "main/debug", True),
    "deb-src http://a/b c d": None,
    "deb cdrom:[Debian 12 _Bookworm_]/ bookworm main": None,
    "# a deb http://a/b": None,
    "debhttp://a/b c d": None,
    "": None,
}


@pytest.mark.parametrize("line", ONE_LINE)
def test_one_line_style(tmp_path: Path, line: str) -> None:
    sources, wrong = configured(tree(tmp_path, {SOURCES: f"\n{line}\r\n"}))
    found = [(s.url, s.suite, " ".join(s.components), s.enabled) for s in sources]
    expected = ONE_LINE[line]
    assert (found, wrong) == ([] if expected is None else [expected], [])


def test_options_of_one_line(tmp_path: Path) -> None:
    line = "deb [Signed-By=/k.gpg trusted=yes arch=amd64,i386] http://a/b c d\n"
    (source,) = configured(tree(tmp_path, {SOURCES: line}))[0]
    assert (source.signed_by, source.trusted, source.style) == ("/k.gpg", True, "list")


@pytest.mark.parametrize(
    ("said", "enabled"), [("", True), ("Enabled: yes\n", True), ("Enabled: no\n", False), ("ENABLED:  False\n", False)]
)
def test_deb822_style(tmp_path: Path, said: str, enabled: bool) -> None:
    text = (
        f"# a comment\n\n\nTypes: deb deb-src\n{said}URIs: http://a/x\n http://b/x\nSuites: s1 s2\n"
        "# in between\nComponents: main\n contrib\nTrusted: yes\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
        "\nTypes: deb-src\nURIs: http://c/x\nSuites: s\nComponents: main\n"
    )
    sources, _ = configured(tree(tmp_path, {"etc/apt/sources.list.d/x.sources": text}))
    assert [(s.url, s.suite) for s in sources] == [(u, s) for u in ("http://a/x", "http://b/x") for s in ("s1", "s2")]
    assert {(s.components, s.enabled, s.signed_by, s.trusted) for s in sources} == {
        (("main", "contrib"), enabled, "", True)
    }


def test_files_that_apt_does_not_read_are_not_read(tmp_path: Path) -> None:
    line = "deb http://a/b c d\n"
    names = ["a.list", "b.list.save", "c.list~", "d e.list", ".sources", "f.txt"]
    sources, _ = configured(tree(tmp_path, {f"etc/apt/sources.list.d/{name}": line for name in names}))
    assert [source.file for source in sources] == ["/etc/apt/sources.list.d/a.list"]


def test_a_file_of_sources_that_cannot_be_read_is_a_gap(tmp_path: Path) -> None:
    root = tree(tmp_path, {SOURCES: "deb http://a/b c d\n", "etc/apt/sources.list.d/x.list": "-> x.list"})
    facts = gather(AptRepositories(), root)
    assert [fact.kind for fact in facts] == ["repository", "gap"]
    assert "x.list" in facts[1].data["reason"]


@given(st.text(st.sampled_from("deb #[]=:/ .\n\tTypesURIsSuites-xé\0"), max_size=300))
def test_hostile_sources_never_crash(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tree(tmp_path_factory.mktemp("apt"), {SOURCES: text, "etc/apt/sources.list.d/x.sources": text})
    gather(AptRepositories(), root)


@pytest.mark.system
@pytest.mark.parametrize(
    "line",
    [
        "http://deb.debian.org/debian bookworm main",
        "http://deb.debian.org/debian/ bookworm main",
        "http://h/debian// bookworm main",
        "https://user:secret@h:8080/under_score/~me stable/updates main",
        "http://h/a%20b+c@d=e stable non-free-firmware",
        "http://h/%2e%5f%C3%A9/%ff stable main",
        "http://[::1]:80/x stable main",
        "file:/srv/repo stable main",
        "file:///srv/repo ./",
        "mirror+file:/etc/apt/mirrors/debian.list bookworm main",
        "http://h/flat ./",
        "http://h/flat sub/dir/",
        "http://h/flat /",
        "copy:/srv/repo stable updates/main",
    ],
)
def test_apt_keeps_lists_where_we_look_for_them(tmp_path: Path, line: str) -> None:
    apt = need_tool("apt-get", "apt")
    root = tree(
        tmp_path, {SOURCES: f"deb {line}\n", STATUS: "", "var/lib/apt/lists/partial/x": "", "var/cache/apt/x": ""}
    )
    (source,) = configured(root)[0]
    command = [apt, "update", "--print-uris", "-o", f"Dir={tmp_path}", "-o", f"Dir::State::status={tmp_path}/{STATUS}"]
    printed = subprocess.check_output(command, text=True, errors="surrogateescape")
    paths = [
        name
        for name in re.findall(r"^'[^']*/Packages(?:\.\w+)?' (\S+)", printed, re.MULTILINE)
        if "binary-all" not in name
    ]
    assert paths, printed
    for path in paths:
        tree(tmp_path, {f"{LISTS}/{path}": "Package: a\nVersion: 1.0-1\nArchitecture: amd64\n"})
    found, wrong = attribution(root, [("a", "1.0-1", "amd64")])
    assert (found, wrong) == ({("a", "1.0-1", "amd64"): source.subject("".join(source.components))}, [])


DEBIAN = "deb.debian.org_debian_dists_bookworm_"
OTHER = "apt.example.org_debian_dists_bookworm_"
TWO = "deb https://apt.example.org/debian bookworm main\ndeb http://deb.debian.org/debian bookworm main\n"
FROM_DEBIAN = "http://deb.debian.org/debian bookworm main"
FROM_OTHER = "https://apt.example.org/debian bookworm main"
RELEASE = "Origin: Debian\nLabel: Debian\nSuite: stable\nCodename: bookworm\n"


def listed(name: str = "a", version: str = "1.0-1", arch: str = "amd64") -> str:
    return f"Package: {name}\nSource: x\nVersion: {version}\nArchitecture: {arch}\nDescription: b\n\n"


ATTRIBUTED: dict[str, tuple[Files, str | None]] = {
    "listed by one": ({DEBIAN + "main_binary-amd64_Packages": listed()}, FROM_DEBIAN),
    "another version": ({DEBIAN + "main_binary-amd64_Packages": listed(version="1.0-1+b1")}, None),
    "a longer version": ({DEBIAN + "main_binary-amd64_Packages": listed(version="11.0-1")}, None),
    "another architecture": ({DEBIAN + "main_binary-i386_Packages": listed(arch="i386")}, None),
    "another name": ({DEBIAN + "main_binary-amd64_Packages": listed(name="aa")}, None),
    "among others": (
        {DEBIAN + "main_binary-amd64_Packages": listed("0") + listed(version="0.9") + listed() + listed("z")}, FROM_DEBIAN,
    ),
    "by another component": ({DEBIAN + "contrib_binary-amd64_Packages": listed()}, None),
    "by two, and one is the distribution's": (
        {
            OTHER + "main_binary-amd64_Packages": listed(),
            DEBIAN + "main_binary-amd64_Packages": listed(),
            DEBIAN + "InRelease": RELEASE,
        },
        FROM_DEBIAN,
    ),
    "by two, and of neither is more known": (
        {OTHER + "main_binary-amd64_Packages": listed(), DEBIAN + "main_binary-amd64_Packages": listed()}, FROM_OTHER,
    ),
    "without a last empty line": ({DEBIAN + "main_binary-amd64_Packages": listed().rstrip()}, FROM_DEBIAN),
    "with the name further down": (
        {DEBIAN + "main_binary-amd64_Packages": "Architecture: amd64\nVersion: 1.0-1\nPackage: a\n\n"}, FROM_DEBIAN,
    ),
    "with the name further down, after others": (
        {
            DEBIAN + "main_binary-amd64_Packages": listed("0")
            + "Architecture: amd64\nVersion: 1.0-1\nPackage: a\n\n"
            + listed(version="0.9")
        },
        FROM_DEBIAN,
    ),
    "in gz": ({DEBIAN + "main_binary-amd64_Packages.gz": gzip.compress(listed().encode())}, FROM_DEBIAN),
    "in xz": ({DEBIAN + "main_binary-amd64_Packages.xz": lzma.compress(listed().encode())}, FROM_DEBIAN),
}  # fmt: skip


@pytest.mark.parametrize("case", ATTRIBUTED)
def test_a_package_belongs_to_the_list_that_has_its_very_version(tmp_path: Path, case: str) -> None:
    lists, expected = ATTRIBUTED[case]
    files: Files = {SOURCES: TWO, STATUS: entry("a"), **{f"{LISTS}/{name}": text for name, text in lists.items()}}
    (fact,) = gather(DpkgPackages(), tree(tmp_path, files))
    assert fact.data.get("repository") == expected


@given(
    stanzas=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("123"), st.booleans()), max_size=12),
    between=st.sampled_from(["\n\n", "\n\n\n"]),
    end=st.sampled_from(["", "\n", "\n\n"]),
    size=st.integers(1, 60),
)
@settings(max_examples=200)
def test_a_list_is_read_alike_wherever_its_blocks_end(
    stanzas: list[tuple[str, str, bool]], between: str, end: str, size: int
) -> None:
    texts = [
        f"Version: {version}\nPackage: {name}" if late else f"Package: {name}\nVersion: {version}"
        for name, version, late in stanzas
    ]
    data = (between.join(texts) + end).encode()
    blocks = (data[at : at + size] for at in range(0, len(data), size))
    found = [
        (name.decode(), re.findall(r"Version: (.)", stanza.decode())) for name, stanza in _about(blocks, {b"a", b"b"})
    ]
    assert found == [(name, [version]) for name, version, _ in stanzas if name in "ab"]


@pytest.mark.parametrize("name", ["Packages.lz4", "Packages.xz"])
def test_a_list_that_cannot_be_unpacked_is_a_gap_and_the_packages_stay(tmp_path: Path, name: str) -> None:
    files: Files = {SOURCES: TWO, STATUS: entry("a"), f"{LISTS}/{DEBIAN}main_binary-amd64_{name}": b"\x04\x22 torn"}
    package, gap = gather(DpkgPackages(), tree(tmp_path, files))
    assert "repository" not in package.data
    assert name in gap.data["reason"]
    assert "apt update" in gap.data["reason"]


def test_a_list_without_an_end_to_its_first_entry_is_given_up(tmp_path: Path) -> None:
    files: Files = {SOURCES: TWO, STATUS: entry("a"), f"{LISTS}/{DEBIAN}main_binary-amd64_Packages": b"x" * 6_000_000}
    package, gap = gather(DpkgPackages(), tree(tmp_path, files))
    assert (package.subject, "longer than" in gap.data["reason"]) == ("a", True)


@pytest.mark.system
def test_this_machine_s_packages_come_from_where_apt_cache_says() -> None:
    cache = need_tool("apt-cache", "apt")
    facts = [fact for fact in DpkgPackages().collect(Root("/")) if fact.data.get("repository")]
    if not facts:
        pytest.skip("this machine has no package lists")
    chosen = facts[:: max(1, len(facts) // 25)]
    policy = subprocess.check_output([cache, "policy", *(f.subject for f in chosen)], text=True, env={"LC_ALL": "C"})
    blocks = dict(block.split(":\n", 1) for block in _blocks(policy))
    for fact in chosen:
        url, suite, component = fact.data["repository"].split(" ")
        assert f"{url.rstrip('/')} {suite}/{component}" in blocks[fact.subject], fact


def _blocks(policy: str) -> list[str]:
    found: list[str] = []
    for line in policy.splitlines(keepends=True):
        if line.startswith(" "):
            found[-1] += line
        else:
            found.append(line)
    return found


def pro(folder: Path, status: str) -> Any:
    (fact,) = gather(AptRepositories(), tree(folder, {PRO: status}))
    return fact


def test_enabled_services_of_ubuntu_pro(tmp_path: Path) -> None:
    services = [{"name": "esm-infra", "status": "enabled"}, {"name": "fips", "status": "n/a"}]
    fact = pro(tmp_path, json.dumps({"attached": True, "services": services}))
    assert fact.subject == "ubuntu-pro"
    assert fact.data == {"attached": True, "services": {"esm-infra": "enabled", "fips": "n/a"}}


def test_a_host_that_is_not_attached_has_no_services(tmp_path: Path) -> None:
    """The client lists what would be available then, without a status."""
    fact = pro(tmp_path, json.dumps({"attached": False, "services": [{"name": "esm-infra", "available": "yes"}]}))
    assert fact.data == {"attached": False, "services": {}}


@pytest.mark.parametrize("status", ["", "[]", "{", '{"services": [1]}', '{"services": 5}', "[" * 100_000, "null"])
def test_a_torn_status_of_ubuntu_pro_is_a_gap(tmp_path: Path, status: str) -> None:
    fact = pro(tmp_path, status)
    assert (fact.kind, "pro status" in fact.data["reason"]) == ("gap", True)


@pytest.mark.system
def test_apt_s_own_helper_unpacks_lists_on_this_machine(tmp_path: Path) -> None:
    lists = sorted(Path("/var/lib/apt/lists").glob("*_Packages.lz4")) if shutil.which("apt-get") else []
    if not lists or not Path("/usr/lib/apt/apt-helper").exists():
        pytest.skip("this machine keeps no lists in lz4")
    assert next(iter(Root("/").blocks(str(lists[0])))).startswith(b"Package:")

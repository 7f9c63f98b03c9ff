"""From which repository a package came: dnf, yum and zypper themselves write it down, and we read it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from shindan.collect.packages_rpm import RpmPackages
from shindan.collect.root import Root
from support import need_tool
from unit.collect import rpm_writers as write
from unit.collect.rpm_tools import built
from unit.collect.trees import gather, tree

SCHEMA = """
CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT NOT NULL /* repository ID aka 'repoid' */);
CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER REFERENCES trans(id),
    item_id INTEGER REFERENCES item(id), repo_id INTEGER REFERENCES repo(id),
    action INTEGER NOT NULL, /* (enum) 1: install, 8: remove ... */ reason INTEGER NOT NULL, state INTEGER NOT NULL);
CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL, version TEXT NOT NULL,
    release TEXT NOT NULL, arch TEXT NOT NULL, CONSTRAINT rpm_unique_nevra UNIQUE (name, epoch, version, release, arch));
INSERT INTO repo VALUES (1, 'baseos'), (2, 'epel'), (3, '@System');
INSERT INTO rpm VALUES (1, 'bash', 0, '5.1', '1', 'x86_64'), (2, 'vim', 2, '8', '1', 'x86_64'),
    (3, 'gone', 0, '1', '1', 'noarch'), (4, 'old', 0, '1', '1', 'noarch');
"""


def repositories(root: Root) -> dict[str, str]:
    facts = gather(RpmPackages(), root)
    assert [fact.data for fact in facts if fact.kind == "gap"] == []
    return {fact.subject: fact.data.get("repository", "") for fact in facts}


def history(folder: Path, items: str, headers: list[bytes]) -> Root:
    root = tree(folder, {"var/lib/rpm/Packages.db": write.ndb(headers), "var/lib/dnf/.keep": ""})
    connection = sqlite3.connect(folder / "var/lib/dnf/history.sqlite")
    connection.executescript(SCHEMA)
    connection.execute(f"INSERT INTO trans_item (item_id, repo_id, action, trans_id, reason, state) VALUES {items}")
    connection.commit()
    connection.close()
    return root


BASH = write.package("bash", "0:5.1-1")
VIM = write.package("vim", "2:8-1")
OLD = write.package("old", "1-1", arch="noarch")


def test_the_last_time_a_package_was_brought_counts(tmp_path: Path) -> None:
    items = "(1, 1, 1, 1, 0, 0), (2, 1, 1, 1, 0, 0), (2, 3, 8, 2, 0, 0), (2, 2, 6, 3, 0, 0), (4, 3, 1, 1, 0, 0)"
    assert repositories(history(tmp_path, items, [BASH, VIM, OLD])) == {"bash": "baseos", "vim": "epel", "old": ""}


def test_a_torn_history_is_a_gap_and_costs_no_package(tmp_path: Path) -> None:
    root = history(tmp_path, "(1, 1, 1, 1, 0, 0)", [BASH])
    path = tmp_path / "var/lib/dnf/history.sqlite"
    path.write_bytes(path.read_bytes()[:5000])
    bash, gap = gather(RpmPackages(), root)
    assert (bash.subject, gap.kind) == ("bash", "gap")
    assert "/var/lib/dnf/history.sqlite" in gap.data["reason"]


@pytest.mark.parametrize(
    "lines",
    [
        '"bash-5.1-1.x86_64" = {from_repo="baseos"}\n"vim-2:8-1.x86_64" = {from_repo=""}\n',
        '[nevras."bash-5.1-1.x86_64"]\nfrom_repo = "baseos"\n[nevras.\'old-1-1.noarch\']\nfrom_repo = ""\n',
    ],
    ids=["inline", "tables"],
)
def test_dnf_5_writes_its_state_anew(tmp_path: Path, lines: str) -> None:
    root = history(tmp_path, "(1, 2, 1, 1, 0, 0)", [BASH, OLD])
    state = f'version = "1.0"\n[nevras]\n{lines}[other]\n"old-1-1.noarch" = {{from_repo="wrong"}}\n'
    tree(tmp_path, {"usr/lib/sysimage/libdnf5/nevras.toml": state})
    assert repositories(root) == {"bash": "baseos", "old": ""}


def test_yum_keeps_a_folder_a_package(tmp_path: Path) -> None:
    digest = "ab" * 20
    headers = [
        write.package("bash", "4.2-1.el7", sha1header=digest),
        write.package("nodigest", "1-1", buildtime=1400000000),
        write.package("unknown", "1-1"),
        write.package("../etc", "1-1"),
    ]
    files: dict[str, str | bytes] = {
        "var/lib/rpm/Packages": write.berkeley(headers),
        f"var/lib/yum/yumdb/b/{digest}-bash-4.2-1.el7-x86_64/from_repo": "base",
        "var/lib/yum/yumdb/n/nodigest.1400000000-nodigest-1-1-x86_64/from_repo": "installed",
    }
    found = repositories(tree(tmp_path, files))
    assert found == {"bash": "base", "nodigest": "", "unknown": "", "../etc": ""}


def test_zypper_s_log_tells_the_last_installation(tmp_path: Path) -> None:
    log = """# 2024-01-01 00:00:00 bash installed ok
# 2024|install|bash|5-1|x86_64|root@host|liar|abc|
2024-01-01 00:00:00|command|root@host|'zypper' 'install' 'bash'|
2024-01-01 00:00:00|install|bash|5.1-1|x86_64|root@host|old-repo|abc|
2024-01-02 00:00:00|remove |bash|5.1-1|x86_64|root@host|
2024-01-03 00:00:00|install|bash|5.1-1|x86_64||repo-oss|abc|
2024-01-03 00:00:00|install|vim|2:8-1|x86_64||repo-update|abc|
2024-01-03 00:00:00|install|cut
"""
    files: dict[str, str | bytes] = {
        "usr/lib/sysimage/rpm/Packages.db": write.ndb([BASH, VIM]),
        "var/log/zypp/history": log,
    }
    assert repositories(tree(tmp_path, files)) == {"bash": "repo-oss", "vim": "repo-update"}


def repository(folder: Path) -> Path:
    """A repository on disk with two packages."""
    create = need_tool("createrepo_c", "createrepo-c")
    repo = folder / "repo"
    repo.mkdir()
    for name, evr in (("alpha", "1:2-3"), ("beta", "0.1-1.el9")):
        shutil.copy(built(folder, name, evr, "BuildArch: noarch"), repo)
    subprocess.run([create, "-q", str(repo)], check=True)
    return repo


@pytest.mark.system
def test_a_history_that_dnf_wrote(tmp_path: Path) -> None:
    dnf = need_tool("dnf", "dnf")
    root = tmp_path / "root"
    tree(root, {"etc/yum.repos.d/mine.repo": f"[mine]\nname=Mine\nbaseurl=file://{repository(tmp_path)}\n"})
    command = [dnf, "-y", f"--installroot={root}", "--releasever=9", "--nogpgcheck", "--setopt=tsflags=justdb"]
    command += [f"--setopt=reposdir={root}/etc/yum.repos.d", "--setopt=plugins=0", "install", "alpha", "beta"]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    (database,) = root.rglob("rpmdb.sqlite")
    if database.parent != root / "var/lib/rpm":  # Debian's rpm keeps it in the home of root
        shutil.copytree(database.parent, root / "var/lib/rpm", dirs_exist_ok=True)
    assert repositories(Root(str(root))) == {"alpha": "mine", "beta": "mine"}


@pytest.mark.system
def test_a_log_that_zypper_wrote(tmp_path: Path) -> None:
    zypper = [need_tool("zypper", "zypper"), "--root", str(tmp_path / "root"), "--non-interactive", "--no-gpg-checks"]
    (tmp_path / "root").mkdir()
    repo = repository(tmp_path)
    subprocess.run([*zypper, "addrepo", f"file://{repo}", "mine"], check=True, capture_output=True)
    subprocess.run([*zypper, "install", "--no-recommends", "alpha", "beta"], check=True, capture_output=True)
    root = tmp_path / "root"
    (database,) = root.rglob("rpmdb.sqlite")
    shutil.copytree(database.parent, root / "usr/lib/sysimage/rpm", dirs_exist_ok=True)
    assert repositories(Root(str(root))) == {"alpha": "mine", "beta": "mine"}

"""Facts of kinds `account`, `group` and `home`: every field by name, no hash ever, homes only as far as they may be visited."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.account_names import names
from shindan.collect.accounts import Accounts, Groups, kind_of_password
from shindan.collect.homes import Homes, _hindrance
from shindan.collect.root import Root
from support import need_tool
from unit.collect.trees import gather, tree

HASH = "$6$saltsalt$abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    ("field", "told"),
    [
        ("", "none"),
        ("!", "unset"),
        ("!!", "unset"),
        ("*", "unset"),
        ("!*", "unset"),
        ("*LK*", "unset"),
        ("NP", "unset"),
        ("x", "unset"),
        (HASH, "hash:6"),
        ("!" + HASH, "locked"),
        ("!!" + HASH, "locked"),
        ("$y$j9T$salt$hash", "hash:y"),
        ("$2b$10$abcdefg", "hash:2b"),
        ("$md5,rounds=904$salt$$hash", "hash:md5"),
        ("$1$salt$hash", "hash:1"),
        ("ab.cdefghij12", "hash:des"),
        ("_J9..CCCCXBrApTxCVNo", "hash:bsdi"),
        ("!ab.cdefghij12", "locked"),
        ("ab.cdefghij123", "unset"),
    ],
)
def test_kinds_of_passwords(field: str, told: str) -> None:
    assert kind_of_password(field) == told


@settings(max_examples=200)
@given(st.text(max_size=120))
def test_no_hash_is_ever_told(field: str) -> None:
    told = kind_of_password(field)
    assert told in ("none", "unset", "locked") or (told.startswith("hash:") and len(told) <= 21)


def test_an_account_with_its_ages(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n\n# none\nanna:x:1000:1000:Anna,,,:/home/anna:/bin/sh\n"
            "old:ab.cdefghij12:1001:1001::/:/bin/sh\nopen::1002:1002::/:\nghost:x:1003:1003::/:/bin/sh\n+::::::\n",
            "etc/shadow": f"root:*:19000:0:99999:7:::\nanna:{HASH}:19001:1:365:14:30:20000:\n",
        },
    )
    facts = {fact.subject: fact.data for fact in gather(Accounts(), root)}
    assert facts["anna"] == {
        "uid": 1000, "gid": 1000, "home": "/home/anna", "shell": "/bin/sh", "line": 4, "shadowed": True,
        "password": "hash:6", "last_change": 19001, "min": 1, "max": 365, "warn": 14, "inactive": 30, "expire": 20000,
    }  # fmt: skip
    assert "inactive" not in facts["root"]
    assert facts["root"]["password"] == "unset"
    assert (facts["old"]["shadowed"], facts["old"]["password"]) == (False, "hash:des")
    assert (facts["open"]["shadowed"], facts["open"]["password"]) == (False, "none")
    assert facts["ghost"]["password"] == "unset"
    assert facts["+"] == {"uid": -1, "gid": -1, "home": "", "shell": "", "line": 8}
    assert "saltsalt" not in str(facts)


def test_the_day_is_told_where_a_change_lies_in_the_future(tmp_path: Path) -> None:
    today = int(time.time()) // 86400
    root = tree(
        tmp_path,
        {"etc/passwd": "a:x:1:1::/:\nb:x:2:2::/:\n", "etc/shadow": f"a:{HASH}:{today + 9}\nb:{HASH}:{today - 9}\n"},
    )
    facts = {fact.subject: fact.data for fact in gather(Accounts(), root)}
    assert facts["a"]["today"] in (today, today + 1)
    assert "today" not in facts["b"]


def test_where_nobody_may_look_no_password_is_guessed(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/passwd": "a:x:1:1::/:\n"})
    os.mkfifo(tmp_path / "etc/shadow")
    gap, account = gather(Accounts(), root)
    assert "nobody can say who has a password" in gap.data["reason"]
    assert "password" not in account.data


def test_groups(tmp_path: Path) -> None:
    root = tree(tmp_path, {"etc/group": "root:x:0:\nadm:x:4:syslog,anna\n+:::\ntorn:x\n"})
    facts = {fact.subject: fact.data for fact in gather(Groups(), root)}
    assert facts["adm"] == {"gid": 4, "members": ["syslog", "anna"], "line": 2}
    assert facts["root"]["members"] == []
    assert (facts["+"]["gid"], facts["torn"]["gid"]) == (-1, -1)


def test_homes_of_people_and_of_nobody_else(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "etc/passwd": "root:x:0:0::/root:/bin/bash\nanna:x:500:500::/home/anna:/bin/bash\nbert:x:501:501::/home/bert:/bin/bash\n"
            "web:x:502:502::/srv/web:/usr/sbin/nologin\nbot:x:503:503::/srv/bot:/opt/own\nnobody:x:65534:65534::/:/bin/bash\n"
            "odd:x:504:504::relative:/bin/bash\n",
            "etc/login.defs": "# UID_MIN 1\nUID_MIN\t\t500\n",
            "etc/shells": "# shells\n/bin/bash\n/usr/sbin/nologin\n",
            "home/anna/.netrc": "machine x password geheim",
            "home/anna/.bash_history": "-> /dev/null",
            "home/anna/.ssh/authorized_keys": "",
            "home/anna/letter": "",
            "home/anna/.unlisted": "",
        },
    )
    (tmp_path / "home/anna").chmod(0o750)
    (tmp_path / "home/anna/.netrc").chmod(0o644)
    facts = {fact.subject: fact.data for fact in gather(Homes(), root)}
    assert facts.keys() == {"anna", "bert", "odd"}
    assert (facts["anna"]["exists"], facts["anna"]["mode"], facts["anna"]["of"]) == (True, "0750", 500)
    assert [one["name"] for one in facts["anna"]["files"]] == [".netrc", ".ssh/authorized_keys"]
    assert facts["anna"]["files"][0]["mode"] == "0644"
    assert facts["bert"] == {"path": "/home/bert", "of": 501, "of_group": 501, "exists": False}
    assert "exists" not in facts["odd"]
    assert "geheim" not in str(facts)


def test_a_host_without_people_says_so(tmp_path: Path) -> None:
    facts = gather(Homes(), tree(tmp_path, {"etc/passwd": "root:x:0:0::/root:/bin/bash\n"}))
    assert [(fact.subject, fact.data["path"]) for fact in facts] == [("*", "")]


def test_homes_over_the_network_are_not_visited() -> None:
    assert _hindrance("/home/anna", {"/home": "nfs4"}) == "/home is a file system over the network (nfs4)"
    assert _hindrance("/home/anna", {"/home2": "nfs4"}) == ""
    assert _hindrance("", {}) == "'' is no path"


@pytest.mark.system
def test_getent_knows_the_same_accounts() -> None:
    getent = need_tool("getent", "libc-bin")
    for collector, database, path in ((Accounts(), "passwd", "/etc/passwd"), (Groups(), "group", "/etc/group")):
        said = subprocess.run([getent, "-s", "files", database], capture_output=True, text=True, check=True).stdout
        wanted = [(line.split(":")[0], int(line.split(":")[2])) for line in said.splitlines()]
        key = "uid" if database == "passwd" else "gid"
        found = [(one.subject, one.data[key]) for one in gather(collector, Root("/")) if one.kind != "gap"]
        assert found == wanted
        assert set(names(Root("/"), path)) == {number for _, number in wanted}


@settings(max_examples=100)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tree(tmp_path_factory.mktemp("host"), {"etc/passwd": content, "etc/shadow": content, "etc/group": content})
    for collector in (Accounts(), Groups(), Homes()):
        gather(collector, root)

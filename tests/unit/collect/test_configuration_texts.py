"""Facts of kind `text`: lines, patterns, and the secrets that stay on the host."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.collect.configuration_texts import MAX_TEXT, Texts
from shindan.collect.root import Root
from shindan.collect.secrets_in_texts import reduced, without_secrets
from unit.collect.trees import gather, tree


def read(root: Root) -> dict[str, dict[str, object]]:
    return {fact.subject: fact.data for fact in gather(Texts(), root)}


def test_lines_are_told_as_they_are(tmp_path: Path) -> None:
    found = read(
        tree(tmp_path, {"etc/sysctl.d/a.conf": "# one\r\n\nkernel.x = 1", "etc/login.defs": "", "etc/motd": b"\xff\n"})
    )
    assert found["/etc/sysctl.d/a.conf"] == {"lines": ["# one", "", "kernel.x = 1"]}
    assert found["/etc/login.defs"] == {"lines": []}
    assert found["/etc/motd"] == {"lines": ["\ufffd"]}


def test_what_is_not_there_and_what_was_followed_is_told(tmp_path: Path) -> None:
    found = read(tree(tmp_path, {"etc/os-release": ""}))
    assert found["/etc/fstab"] == {"absent": True}
    for folder in ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib"):
        assert found[folder + "/sysctl.d/*.conf"] == {"pattern": True}
        assert found[folder + "/systemd/journald.conf.d/*.conf"] == {"pattern": True}


def test_a_link_to_dev_null_masks_and_others_are_followed(tmp_path: Path) -> None:
    root = tree(
        tmp_path,
        {
            "etc/sysctl.d/10-a.conf": "-> /dev/null",
            "etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf",
            "etc/sysctl.conf": "x = 1\n",
            "etc/sysctl.d/dangling.conf": "-> /nowhere",
            "etc/sysctl.d/evil.conf": "-> /etc/shadow",
            "etc/shadow": "root:$6$salt$hashhashhash:1::::::\n",
        },
    )
    found = read(root)
    assert found["/etc/sysctl.d/10-a.conf"] == {"lines": [], "target": "/dev/null"}
    assert found["/etc/sysctl.d/99-sysctl.conf"] == {"lines": ["x = 1"], "target": "/etc/sysctl.conf"}
    assert "/etc/sysctl.d/dangling.conf" not in found
    assert found["/etc/sysctl.d/evil.conf"]["truncated"] is True
    assert "hashhash" not in str(found)


def test_a_large_file_is_told_as_such_without_lines(tmp_path: Path) -> None:
    found = read(tree(tmp_path, {"etc/motd": "x\n" * MAX_TEXT, "etc/profile.d/folder/x": ""}))
    assert found["/etc/motd"] == {"truncated": True, "reason": "/etc/motd is longer than 64 KiB"}
    assert "/etc/profile.d/folder" not in found


def test_what_leads_to_usr_is_read_once(tmp_path: Path) -> None:
    found = read(tree(tmp_path, {"lib": "-> usr/lib", "usr/lib/sysctl.d/50.conf": "a = 1\n"}))
    assert found["/usr/lib/sysctl.d/50.conf"] == {"lines": ["a = 1"]}
    assert found["/lib/sysctl.d/*.conf"] == {"pattern": True}
    assert "/lib/sysctl.d/50.conf" not in found


def test_too_many_files_are_a_gap_and_no_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shindan.collect.configuration_texts._MOST_OF_A_PATTERN", 2)
    facts = gather(Texts(), tree(tmp_path, {f"etc/sysctl.d/{number}.conf": "" for number in range(4)}))
    assert "/etc/sysctl.d/*.conf" not in {fact.subject for fact in facts}
    assert [fact.data["reason"] for fact in facts if fact.kind == "gap"] == ["/etc/sysctl.d/*.conf: more than 2 match"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("password   requisite  pam_pwquality.so retry=3 authtok_type=", None),
        ("auth required pam_unix.so nullok try_first_pass use_authtok", None),
        ("PASS_MAX_DAYS 99999", None),
        ("PasswordAuthentication no", None),
        ("Defaults passwd_tries=3, passwd_timeout=0", None),
        ("%wheel ALL=(ALL) NOPASSWD: ALL", None),
        ("anna ALL=(ALL) NOPASSWD: /usr/bin/passwd", None),
        ("smtp_sasl_password_maps = hash:/etc/postfix/sasl", None),
        ("password_hash_algorithm = sha512", None),
        ("keyfile /etc/chrony.keys", None),
        ("AuthorizedKeysFile .ssh/authorized_keys", None),
        ("gpgkey=https://example.org/key.asc", None),
        ("dictcheck = 1", None),
        ("password = geheim", "password = <secret>"),
        ('password: "zwei worte"', "password: <secret>"),
        ("export DB_PASSWORD=geheim; run", "export DB_PASSWORD=<secret>; run"),
        ("//nas/x /mnt cifs user=a,password=geheim,uid=0 0 0", "//nas/x /mnt cifs user=a,password=<secret>,uid=0 0 0"),
        ("//nas/x /mnt cifs user=a,pass=geheim 0 0", "//nas/x /mnt cifs user=a,pass=<secret> 0 0"),
        ("baseurl=https://anna:geheim@example.org/repo", "baseurl=https://<secret>@example.org/repo"),
        ("deb https://geheim@example.org stable main", "deb https://<secret>@example.org stable main"),
        ("password_pbkdf2 root grub.pbkdf2.sha512.10000.AB.CD", "password_pbkdf2 root <secret>"),
        ("password --md5 $1$abc$defghijklmnop", "password --md5 <secret>"),
        ("root:$6$salt$abcdefghijklmnop:19000", "root:<secret>:19000"),
        ("ldap_default_authtok = geheim", "ldap_default_authtok = <secret>"),
        ("bindpw geheim", "bindpw <secret>"),
        ("curl -H 'Authorization: Bearer abcdefghijklmnop'", "curl -H 'Authorization: Bearer <secret>'"),
        ("backup --password geheim --all", "backup --password <secret> --all"),
        ("AWS_SECRET_ACCESS_KEY=geheim", "AWS_SECRET_ACCESS_KEY=<secret>"),
        ("api_key = geheim", "api_key = <secret>"),
        ("rocommunity geheim 10.0.0.0/8", "rocommunity <secret>"),
    ],
)
def test_secrets_and_what_only_sounds_like_them(line: str, told: str | None) -> None:
    assert without_secrets(line) == (line if told is None else told)


def test_private_keys_are_taken_out_line_by_line() -> None:
    lines = ["a", "-----BEGIN OPENSSH PRIVATE KEY-----", "AAAA", "-----END OPENSSH PRIVATE KEY-----", "b"]
    assert list(reduced("/etc/motd", lines)) == ["a", "<secret>", "<secret>", "<secret>", "b"]


def test_of_tables_of_cron_only_known_tools_are_told() -> None:
    lines = ["# m h", "MAILTO=root", "5 4 * * * root /usr/sbin/aide --check", "1 1 * * * root mysql -pgeheim"]
    assert list(reduced("/etc/crontab", lines)) == ["", "MAILTO=root", lines[2], ""]
    assert list(reduced("/var/spool/cron/anna", lines[3:])) == [""]
    assert list(reduced("/etc/profile", ["umask 027"])) == ["umask 027"]


@settings(max_examples=200)
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\n"), max_size=80), max_size=8))
def test_as_many_lines_as_before_and_a_second_time_nothing_more(lines: list[str]) -> None:
    once = list(reduced("/etc/profile", lines))
    assert len(once) == len(lines)
    assert [without_secrets(line) for line in once] == once


@settings(max_examples=150)
@given(
    st.sampled_from(["password", "db.password", "API_KEY", "authtok", "client-secret", "auth_token"]),
    st.sampled_from(["=", " = ", ": "]),
    st.text(alphabet="abcXYZ0189!%&/+*~^", min_size=1, max_size=20),
)
def test_no_value_of_a_secret_key_is_told(key: str, sign: str, value: str) -> None:
    assert without_secrets(f"{key}{sign}{value}") == f"{key}{sign}<secret>"

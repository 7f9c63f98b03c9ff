"""Repositories of yum, dnf and zypper as configured; variables; module streams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shindan.collect.dnf_variables import resolved, variables
from shindan.collect.repositories_rpm import Modules, RpmRepositories
from unit.collect.trees import gather, tree

ELF_X86 = b"\x7fELF\x02\x01\x01" + bytes(9) + b"\x03\0\x3e\0"
Files = dict[str, str | bytes]


def repositories(folder: Path, files: Files) -> dict[str, dict[str, Any]]:
    facts = gather(RpmRepositories(), tree(folder, {"bin/sh": ELF_X86, **files}))
    assert len({fact.subject for fact in facts}) == len(facts)
    return {fact.subject: fact.data for fact in facts}


ALMA = 'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'


def test_a_repository_with_all_its_options(tmp_path: Path) -> None:
    text = """# a comment
[baseos]
name=AlmaLinux $releasever - BaseOS
mirrorlist=https://mirrors.almalinux.org/mirrorlist/$releasever/baseos
# baseurl=https://repo.almalinux.org/almalinux/$releasever/BaseOS/$basearch/os/
enabled = 1
gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-AlmaLinux-$releasever
"""
    found = repositories(tmp_path, {"etc/os-release": ALMA, "etc/yum.repos.d/almalinux.repo": text})
    assert found == {
        "baseos": {
            "enabled": True,
            "file": "/etc/yum.repos.d/almalinux.repo",
            "format": "yum",
            "mirrorlist": "https://mirrors.almalinux.org/mirrorlist/9/baseos",
            "title": "AlmaLinux 9 - BaseOS",
            "signed_by": "file:///etc/pki/rpm-gpg/RPM-GPG-KEY-AlmaLinux-9",
            "gpgcheck": True,
        }
    }


def test_several_addresses_over_several_lines(tmp_path: Path) -> None:
    text = (
        "[a]\nbaseurl=http://one/$basearch,\n  http://two/${basearch}\n\n\thttp://three/$unknown\nmetalink=http://m\n"
    )
    (found,) = repositories(tmp_path, {"etc/os-release": ALMA, "etc/yum.repos.d/a.repo": text}).values()
    assert (found["url"], found["mirrors"]) == ("http://one/x86_64", ["http://two/x86_64", "http://three/$unknown"])
    assert found["metalink"] == "http://m"


@pytest.mark.parametrize(
    ("said", "main", "enabled", "gpgcheck", "trusted"),
    [
        ("", "", True, None, None),
        ("enabled=0", "", False, None, None),
        ("enabled=False", "gpgcheck=1", False, True, None),
        ("enabled=yes\ngpgcheck=no", "gpgcheck=1", True, False, True),
        ("gpgcheck=0\nrepo_gpgcheck=1", "", True, False, None),
        ("", "gpgcheck=0\nrepo_gpgcheck=1", True, False, None),
        ("enabled=maybe", "", True, None, None),
    ],
)
def test_switches(
    tmp_path: Path, said: str, main: str, enabled: bool, gpgcheck: bool | None, trusted: bool | None
) -> None:
    files: Files = {"etc/yum.conf": f"[main]\n{main}\n", "etc/yum.repos.d/a.repo": f"[a]\nbaseurl=http://a\n{said}\n"}
    (found,) = repositories(tmp_path, files).values()
    assert (found["enabled"], found.get("gpgcheck"), found.get("trusted")) == (enabled, gpgcheck, trusted)


def test_every_folder_and_file_that_configures_repositories(tmp_path: Path) -> None:
    files: Files = {
        "etc/yum.conf": "[main]\nreposdir=/opt/repos, /etc/yum.repos.d\n[in-main]\nbaseurl=http://main\n",
        "opt/repos/own.repo": "[own]\nbaseurl=http://own\n",
        "etc/yum.repos.d/a.repo": "[a]\nbaseurl=http://a\n[b]\nbaseurl=http://b\n",
        "etc/yum.repos.d/a.repo.rpmsave": "[saved]\nbaseurl=http://saved\n",
        "etc/distro.repos.d/d.repo": "[d]\nbaseurl=http://d\n",
        "usr/share/dnf5/repos.d/five.repo": "[five]\nbaseurl=http://five\n",
        "etc/zypp/repos.d/z.repo": "[z]\nenabled=1\nbaseurl=http://z\ntype=rpm-md\n",
        "etc/dnf/repos.override.d/99-config_manager.repo": "[f*]\nenabled=0\n",
    }
    found = repositories(tmp_path, files)
    assert list(found) == ["in-main", "own", "a", "b", "d", "five", "z"]
    assert [id_ for id_, data in found.items() if data["format"] == "zypp"] == ["z"]
    assert [id_ for id_, data in found.items() if not data["enabled"]] == ["five"]


VARIABLES: dict[str, tuple[Files, str]] = {
    "Red Hat's family takes the major version": ({"etc/os-release": ALMA}, "9"),
    "RHEL 7 calls it 7Server": ({"etc/os-release": 'ID="rhel"\nVERSION_ID="7.9"\n'}, "7Server"),
    "RHEL 8 does not": ({"etc/os-release": 'ID="rhel"\nVERSION_ID="8.10"\n'}, "8"),
    "CentOS 6 has no os-release": ({"etc/redhat-release": "CentOS release 6.10 (Final)\n"}, "6"),
    "openSUSE takes the whole version": ({"etc/os-release": 'ID="opensuse-leap"\nVERSION_ID="15.6"\n'}, "15.6"),
    "Amazon Linux 2023 is dated": (
        {
            "etc/os-release": 'ID="amzn"\nVERSION_ID="2023"\n',
            "etc/system-release": "Amazon Linux release 2023.5.20240708 (Amazon Linux)\n",
        },
        "2023.5.20240708",
    ),
    "Amazon Linux 2 is not": (
        {"etc/os-release": 'ID="amzn"\nVERSION_ID="2"\n', "etc/system-release": "Amazon Linux release 2 (Karoo)\n"}, "2",
    ),
    "Amazon Linux 1 sets it": (
        {"etc/os-release": 'ID="amzn"\nVERSION_ID="2018.03"\n', "etc/yum.conf": "[main]\nreleasever=latest\n"}, "latest",
    ),
    "a host that is kept on a minor release": (
        {"etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n', "etc/dnf/vars/releasever": "9.2\n"}, "9.2",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", VARIABLES)
def test_what_releasever_stands_for(tmp_path: Path, case: str) -> None:
    files, expected = VARIABLES[case]
    found = repositories(tmp_path, {**files, "etc/yum.repos.d/a.repo": "[a]\nbaseurl=http://a/$releasever/\n"})
    assert found["a"]["url"] == f"http://a/{expected}/"


def test_a_host_s_own_variables(tmp_path: Path) -> None:
    files: Files = {
        "etc/os-release": ALMA,
        "etc/yum/vars/awsregion": "eu-west-1\n",
        "etc/dnf/vars/awsregion": "eu-north-1\nmore\n",
        "etc/dnf/vars/no-name": "x\n",
        "bin/sh": ELF_X86,
    }
    known = variables(tree(tmp_path, files))
    assert known["awsregion"] == "eu-north-1"
    assert known["releasever_major"] == "9"
    assert "no-name" not in known
    assert resolved("$awsregion/${basearch}/$basearchive/$", known) == "eu-north-1/x86_64/$basearchive/$"


def test_content_sets_of_a_registered_host_are_repositories_by_their_labels(tmp_path: Path) -> None:
    text = "[rhel-9-for-x86_64-baseos-eus-rpms]\nname=EUS\nbaseurl=https://cdn.redhat.com/eus\nenabled=1\n"
    found = repositories(tmp_path, {"etc/yum.repos.d/redhat.repo": text})
    assert found["rhel-9-for-x86_64-baseos-eus-rpms"]["file"] == "/etc/yum.repos.d/redhat.repo"


@pytest.mark.parametrize("text", ["", "junk\nmore = junk\n", "[]\na=b\n", "\x00\xff[", " indented\n", "[a\nb=c\n"])
def test_what_is_no_configuration_yields_nothing(tmp_path: Path, text: str) -> None:
    assert repositories(tmp_path, {"etc/yum.repos.d/a.repo": text}) == {}


def test_a_file_that_is_too_long_is_a_gap(tmp_path: Path) -> None:
    root = tree(
        tmp_path, {"etc/yum.repos.d/a.repo": "#\n" * 3_000_000, "etc/yum.repos.d/b.repo": "[b]\nbaseurl=http://b\n"}
    )
    assert [(fact.kind, fact.subject) for fact in gather(RpmRepositories(), root)] == [
        ("repository", "b"),
        ("gap", "rpm-repositories"),
    ]


def test_module_streams_of_dnf_4(tmp_path: Path) -> None:
    files: Files = {
        "etc/dnf/modules.d/nginx.module": "[nginx]\nname=nginx\nstream=1.16\nprofiles=common, minimal\nstate=enabled\n",
        "etc/dnf/modules.d/php.module": "[php]\nname=php\nstream=\nprofiles=\nstate=disabled\n",
        "etc/dnf/modules.d/perl.module": "[perl]\nname=perl\nstream=\nprofiles=\nstate=\n",
        "etc/dnf/modules.d/README": "x",
    }
    found = {fact.subject: fact.data for fact in gather(Modules(), tree(tmp_path, files))}
    assert {name: (data["state"], data.get("stream"), data.get("profiles")) for name, data in found.items()} == {
        "nginx": ("enabled", "1.16", ["common", "minimal"]),
        "perl": ("default", None, None),
        "php": ("disabled", None, None),
    }


@pytest.mark.parametrize(
    "text",
    [
        'version = "1.0"\n[modules]\n[modules.nodejs]\nenabled_stream = "20"\ninstalled_profiles = ["common","dev"]\nstate = "Enabled"\n',
        'version = "1.0"\n[modules]\nnodejs = {enabled_stream="20",installed_profiles=["common","dev"],state="Enabled"}\n',
    ],
    ids=["tables", "inline"],
)
def test_module_streams_of_dnf_5(tmp_path: Path, text: str) -> None:
    (fact,) = gather(Modules(), tree(tmp_path, {"usr/lib/sysimage/libdnf5/modules.toml": text}))
    assert (fact.subject, fact.data["state"], fact.data["stream"]) == ("nodejs", "enabled", "20")
    assert fact.data["profiles"] == ["common", "dev"]

"""The platform, from os-release down to the oldest relatives."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from shindan.collect.os_release import OsRelease
from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable
from support import need_tool
from unit.collect.trees import STATUS, entry, gather, tree

Files = dict[str, str | bytes]


def platform(folder: Path, files: Files) -> dict[str, str]:
    (fact,) = gather(OsRelease(), tree(folder, files))
    assert (fact.kind, fact.subject) == ("platform", "os")
    return dict(fact.data)


TESTING = 'PRETTY_NAME="Debian GNU/Linux forky/sid"\nID=debian\nVERSION_CODENAME=forky\n'
CASES: dict[str, tuple[Files, tuple[str, str, str]]] = {
    "os-release": ({"etc/os-release": 'ID=debian\nVERSION_ID="12"\n'}, ("debian", "12", "debian")),
    "the vendor's copy": ({"usr/lib/os-release": "ID=alpine\nVERSION_ID=3.20.3\n"}, ("alpine", "3.20.3", "alpine")),
    "single quotes": ({"etc/os-release": "ID='ubuntu'\nVERSION_ID='24.04'\n"}, ("ubuntu", "24.04", "debian")),
    "capitals": ({"etc/os-release": "ID=Debian\nVERSION_ID=12\n"}, ("debian", "12", "debian")),
    "an unknown descendant": (
        {"etc/os-release": 'ID=newcomer\nID_LIKE="ubuntu debian"\nVERSION_ID=1\n'}, ("newcomer", "1", "debian"),
    ),
    "an unknown orphan": ({"etc/os-release": "ID=orphan\nVERSION_ID=1\n"}, ("orphan", "1", "orphan")),
    "a rolling system": ({"etc/os-release": "ID=arch\nBUILD_ID=rolling\n"}, ("arch", "rolling", "arch")),
    "lsb-release": (
        {"etc/lsb-release": 'DISTRIB_ID=Ubuntu\nDISTRIB_RELEASE=10.04\nDISTRIB_DESCRIPTION="Ubuntu 10.04"\n'},
        ("ubuntu", "10.04", "debian"),
    ),
    "lsb-release of Red Hat's, which names nothing": (
        {"etc/lsb-release": "LSB_VERSION=base-4.0\n", "etc/redhat-release": "CentOS release 6.10 (Final)\n"},
        ("centos", "6.10", "rhel"),
    ),
    "debian_version alone": ({"etc/debian_version": "5.0.10\n"}, ("debian", "5", "debian")),
    "debian_version of a testing": ({"etc/debian_version": "forky/sid\n"}, ("debian", "14", "debian")),
    "RHEL 6": (
        {"etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n"}, ("rhel", "6.10", "rhel"),
    ),
    "Oracle 6, which calls itself Red Hat too": (
        {
            "etc/oracle-release": "Oracle Linux Server release 6.10\n",
            "etc/redhat-release": "Red Hat Enterprise Linux Server release 6.10 (Santiago)\n",
        },
        ("ol", "6.10", "rhel"),
    ),
    "Amazon of 2014": ({"etc/system-release": "Amazon Linux AMI release 2014.03\n"}, ("amzn", "2014.03", "amazon")),
    "SLES 11": (
        {"etc/SuSE-release": "SUSE Linux Enterprise Server 11 (x86_64)\nVERSION = 11\nPATCHLEVEL = 4\n"},
        ("sles", "11.4", "suse"),
    ),
    "Ubuntu 14.04": (
        {"etc/os-release": 'NAME="Ubuntu"\nVERSION="14.04.6 LTS, Trusty Tahr"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="14.04"\n'},
        ("ubuntu", "14.04", "debian"),
    ),
    "Debian 8": (
        {"etc/os-release": 'PRETTY_NAME="Debian GNU/Linux 8 (jessie)"\nID=debian\nVERSION_ID="8"\n', "etc/debian_version": "8.11\n"},
        ("debian", "8", "debian"),
    ),
    "CentOS 5": ({"etc/redhat-release": "CentOS release 5.11 (Final)\n"}, ("centos", "5.11", "rhel")),
    "CentOS 6": ({"etc/centos-release": "CentOS release 6.10 (Final)\n"}, ("centos", "6.10", "rhel")),
    "CentOS 7": (
        {
            "etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="7"\n',
            "etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n",
        },
        ("centos", "7", "rhel"),
    ),
    "CentOS Stream by its one line": ({"etc/centos-release": "CentOS Stream release 8\n"}, ("centos", "8", "rhel")),
    "RHEL 7": ({"etc/os-release": 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="7.9"\n'}, ("rhel", "7.9", "rhel")),
    "Scientific Linux 6": ({"etc/redhat-release": "Scientific Linux release 6.10 (Carbon)\n"}, ("scientific", "6.10", "rhel")),
    "CloudLinux 6": ({"etc/redhat-release": "CloudLinux Server release 6.10 (Pavel)\n"}, ("cloudlinux", "6.10", "rhel")),
    "Rocky 9": ({"etc/os-release": 'ID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'}, ("rocky", "9.4", "rhel")),
    "Alma 8 by its one line": (
        {"etc/almalinux-release": "AlmaLinux release 8.10 (Cerulean Leopard)\n"}, ("almalinux", "8.10", "rhel"),
    ),
    "Oracle 5": (
        {"etc/redhat-release": "Enterprise Linux Enterprise Linux Server release 5.11 (Carthage)\n"}, ("ol", "5.11", "rhel"),
    ),
    "Oracle 9": ({"etc/os-release": 'ID="ol"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n'}, ("ol", "9.4", "rhel")),
    "Fedora": ({"etc/os-release": "ID=fedora\nVERSION_ID=41\n"}, ("fedora", "41", "rhel")),
    "Fedora by its one line": ({"etc/fedora-release": "Fedora release 14 (Laughlin)\n"}, ("fedora", "14", "rhel")),
    "Amazon Linux 1": (
        {"etc/os-release": 'NAME="Amazon Linux AMI"\nID="amzn"\nID_LIKE="rhel fedora"\nVERSION_ID="2018.03"\n'},
        ("amzn", "2018.03", "amazon"),
    ),
    "Amazon Linux 2023": (
        {"etc/os-release": 'ID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n'}, ("amzn", "2023", "amazon"),
    ),
    "SLES 15": ({"etc/os-release": 'ID="sles"\nID_LIKE="suse"\nVERSION_ID="15.5"\n'}, ("sles", "15.5", "suse")),
    "SLES 12 of old": (
        {"etc/SuSE-release": "SUSE Linux Enterprise Server 12 (x86_64)\nVERSION = 12\nPATCHLEVEL = 0\n"},
        ("sles", "12", "suse"),
    ),
    "openSUSE 13": ({"etc/SuSE-release": "openSUSE 13.2 (x86_64)\nVERSION = 13.2\n"}, ("opensuse", "13.2", "suse")),
    "Leap": (
        {"etc/os-release": 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\nVERSION_ID="15.6"\n'}, ("opensuse-leap", "15.6", "suse"),
    ),
    "Tumbleweed": (
        {"etc/os-release": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\nVERSION_ID="20240101"\n'},
        ("opensuse-tumbleweed", "20240101", "suse"),
    ),
    "Alpine edge": (
        {"etc/os-release": "ID=alpine\nVERSION_ID=3.21.0_alpha20240807\n"}, ("alpine", "3.21.0_alpha20240807", "alpine"),
    ),
    "Wolfi": ({"etc/os-release": 'ID=wolfi\nVERSION_ID="20230201"\n'}, ("wolfi", "20230201", "alpine")),
    "alpine-release": ({"etc/alpine-release": "3.2.3\n"}, ("alpine", "3.2.3", "alpine")),
    "Ubuntu 26.04": ({"usr/lib/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="26.04"\n'}, ("ubuntu", "26.04", "debian")),
    "Debian 13": (
        {"usr/lib/os-release": 'ID=debian\nVERSION_ID="13"\nVERSION_CODENAME=trixie\n', "etc/debian_version": "13.1\n"},
        ("debian", "13", "debian"),
    ),
    "CentOS 8": ({"etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="8"\n'}, ("centos", "8", "rhel")),
    "CentOS Stream 10": (
        {"etc/os-release": 'NAME="CentOS Stream"\nID="centos"\nID_LIKE="rhel fedora"\nVERSION_ID="10"\n'},
        ("centos", "10", "rhel"),
    ),
    "RHEL 8": ({"etc/os-release": 'ID="rhel"\nID_LIKE="fedora"\nVERSION_ID="8.10"\n'}, ("rhel", "8.10", "rhel")),
    "RHEL 10": ({"etc/os-release": 'ID="rhel"\nID_LIKE="centos fedora"\nVERSION_ID="10.0"\n'}, ("rhel", "10.0", "rhel")),
    "Alma 10": (
        {"etc/os-release": 'ID="almalinux"\nID_LIKE="rhel centos fedora"\nVERSION_ID="10.0"\n'},
        ("almalinux", "10.0", "rhel"),
    ),
    "Rocky 8 by its one line": ({"etc/rocky-release": "Rocky Linux release 8.4 (Green Obsidian)\n"}, ("rocky", "8.4", "rhel")),
    "Oracle 7": ({"etc/os-release": 'ID="ol"\nID_LIKE="fedora"\nVERSION_ID="7.9"\n'}, ("ol", "7.9", "rhel")),
    "Amazon Linux 2": ({"etc/os-release": 'ID="amzn"\nID_LIKE="centos rhel fedora"\nVERSION_ID="2"\n'}, ("amzn", "2", "amazon")),
    "SLES 12": ({"etc/os-release": 'NAME="SLES"\nID="sles"\nVERSION_ID="12.5"\n'}, ("sles", "12.5", "suse")),
    "Alpine": ({"etc/os-release": "ID=alpine\nVERSION_ID=3.16.9\n"}, ("alpine", "3.16.9", "alpine")),
    "Chainguard": ({"etc/os-release": 'ID=chainguard\nVERSION_ID="20230214"\n'}, ("chainguard", "20230214", "alpine")),
    "testing": ({"etc/os-release": TESTING, "etc/debian_version": "forky/sid\n"}, ("debian", "14", "debian")),
    "testing by its sources": (
        {"etc/os-release": TESTING, "etc/apt/sources.list": "deb http://d/debian testing main\ndeb http://d/debian sid main\n"},
        ("debian", "14", "debian"),
    ),
    "unstable by its sources": (
        {"etc/os-release": TESTING, "etc/apt/sources.list": "deb http://d/debian unstable main\n"},
        ("debian", "sid", "debian"),
    ),
    "a codename from the future": (
        {"etc/os-release": "ID=debian\nVERSION_CODENAME=zurg\n"}, ("debian", "sid", "debian"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_platform_is_told_by(tmp_path: Path, case: str) -> None:
    files, expected = CASES[case]
    found = platform(tmp_path, files)
    assert (found["id"], found["version_id"], found["family"]) == expected


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "neither"),
        ({"etc/os-release": ""}, "neither"),
        ({"etc/os-release": b"\xff\xfe\0\0ID\0"}, "neither"),
        ({"etc/os-release": "ID=ubuntu\n"}, "does not say its version"),
        ({"etc/redhat-release": "Whatever release 1\n"}, "neither"),
        ({"etc/debian_version": "\n"}, "neither"),
        ({"etc/os-release": "x" * 5_000_000}, "neither"),
    ],
)
def test_what_names_no_system_is_unavailable(tmp_path: Path, files: Files, reason: str) -> None:
    with pytest.raises(Unavailable, match=reason):
        platform(tmp_path, files)


def test_the_point_release_is_apart(tmp_path: Path) -> None:
    os_release = 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
    found = platform(tmp_path, {"etc/os-release": os_release, "etc/debian_version": "12.11\n"})
    assert (found["version_id"], found["point"], found["codename"]) == ("12", "12.11", "bookworm")
    assert found["name"] == "Debian GNU/Linux 12 (bookworm)"


@pytest.mark.parametrize(
    ("files", "point", "cpe"),
    [
        ({"etc/os-release": 'ID="centos"\nVERSION_ID="7"\nCPE_NAME="cpe:/o:centos:centos:7"\n',
          "etc/centos-release": "CentOS Linux release 7.9.2009 (Core)\n"}, "7.9.2009", "cpe:/o:centos:centos:7"),
        ({"etc/os-release": 'ID="amzn"\nVERSION_ID="2023"\n',
          "etc/system-release": "Amazon Linux release 2023.5.20240708 (Amazon Linux)\n"}, "2023.5.20240708", None),
        ({"etc/redhat-release": "CentOS release 6.10 (Final)\n", "etc/system-release-cpe": "cpe:/o:centos:linux:6:GA\n"},
         None, "cpe:/o:centos:linux:6:GA"),
        ({"etc/os-release": 'ID="rhel"\nVERSION_ID="9.4"\n',
          "etc/redhat-release": "Red Hat Enterprise Linux release 9.4 (Plow)\n"}, None, None),
        ({"etc/os-release": 'ID="centos"\nVERSION_ID="9"\n', "etc/centos-release": "CentOS Stream release 9\n"}, None, None),
    ],
)  # fmt: skip
def test_what_tells_the_release_more_closely(tmp_path: Path, files: Files, point: str | None, cpe: str | None) -> None:
    found = platform(tmp_path, files)
    assert (found.get("point"), found.get("cpe")) == (point, cpe)


def elf(machine: int, bits: int = 64, little: bool = True) -> bytes:
    """The beginning of a program."""
    head = b"\x7fELF" + bytes([bits // 32, 1 if little else 2, 1]) + bytes(9)
    return head + struct.pack("<HH" if little else ">HH", 3, machine) + bytes(44)


@pytest.mark.parametrize(
    ("files", "arch"),
    [
        ({"var/lib/dpkg/arch-native": "arm64\n"}, "arm64"),
        ({STATUS: entry("base-files", arch="all") + entry("dpkg", arch="armel")}, "armel"),
        ({STATUS: entry("libc6", arch="all"), "bin/sh": elf(62)}, "amd64"),
        ({"bin/sh": "-> /bin/dash", "bin/dash": elf(183)}, "arm64"),
        ({"bin/sh": elf(3, bits=32)}, "i386"),
        ({"bin/sh": elf(21)}, "ppc64el"),
        ({"bin/sh": elf(22, little=False)}, "s390x"),
        ({"bin/sh": elf(999)}, None),
        ({"bin/sh": b"\x7fELF"}, None),
        ({"bin/sh": "#!/bin/true\n"}, None),
        ({}, None),
    ],
)
def test_the_architecture_is_read_from_the_host_s_own_files(tmp_path: Path, files: Files, arch: str | None) -> None:
    found = platform(tmp_path, {"etc/os-release": "ID=debian\nVERSION_ID=12\n", **files})
    assert found.get("arch") == arch


def test_other_families_call_it_as_uname_does(tmp_path: Path) -> None:
    assert platform(tmp_path, {"etc/os-release": "ID=rhel\nVERSION_ID=9.4\n", "bin/sh": elf(62)})["arch"] == "x86_64"


@pytest.mark.system
def test_this_machine_is_what_dpkg_says() -> None:
    native = subprocess.check_output([need_tool("dpkg"), "--print-architecture"], text=True).strip()
    (fact,) = gather(OsRelease(), Root("/"))
    if fact.data["family"] == "debian":
        assert fact.data["arch"] == native

"""Writes the small fake hosts that stand for one release each; `scripts/golden` then writes their facts.

    .venv/bin/python tests/hosts/release_hosts.py

Names, vendors and key ids are those of real packages; each version is in the distribution's form, and before the fix
that the platform's row of `proven.csv` names (not each such build was published).
"""

from __future__ import annotations

import sys
from pathlib import Path

HOSTS = Path(__file__).resolve().parent
sys.path[:0] = [str(HOSTS.parent), str(HOSTS.parent.parent / "src")]

from hosts.rpm_databases import of  # noqa: E402
from unit.collect import rpm_writers as write  # noqa: E402
from unit.collect.trees import entry  # noqa: E402

# name of the host: (id, release, codename, source, version)
DEB = {
    "ubuntu-14.04": ("ubuntu", "14.04", "trusty", "bash", "4.3-6ubuntu1"),
    "ubuntu-16.04": ("ubuntu", "16.04", "xenial", "bash", "4.3-14ubuntu1.2"),
    "ubuntu-18.04": ("ubuntu", "18.04", "bionic", "bash", "4.4.18-2ubuntu1.2"),
    "ubuntu-20.04": ("ubuntu", "20.04", "focal", "bash", "5.0-6ubuntu1.1"),
    "ubuntu-22.04": ("ubuntu", "22.04", "jammy", "curl", "7.81.0-1ubuntu1.24"),
    "ubuntu-24.04": ("ubuntu", "24.04", "noble", "curl", "8.5.0-2ubuntu10.9"),
    "ubuntu-24.10": ("ubuntu", "24.10", "oracular", "sudo", "1.9.15p5-3ubuntu5"),
    "ubuntu-25.04": ("ubuntu", "25.04", "plucky", "sudo", "1.9.16p2-1ubuntu1"),
    "ubuntu-25.10": ("ubuntu", "25.10", "questing", "curl", "8.14.1-2ubuntu1.3"),
    "ubuntu-26.04": ("ubuntu", "26.04", "resolute", "curl", "8.18.0-1ubuntu2.1"),
    "debian-8": ("debian", "8", "jessie", "sudo", "1.8.10p3-1+deb8u5"),
    "debian-9": ("debian", "9", "stretch", "sudo", "1.8.19p1-2.1+deb9u2"),
    "debian-10": ("debian", "10", "buster", "tar", "1.30+dfsg-6"),
    "debian-11": ("debian", "11", "bullseye", "sudo", "1.9.5p2-3+deb11u1"),
    "debian-12-first": ("debian", "12", "bookworm", "sudo", "1.9.13p3-1+deb12u1"),
    "debian-13": ("debian", "13", "trixie", "libxslt", "1.1.35-1.2"),
}
BINARIES = {"libxslt": "libxslt1.1"}
NAMES = {"ubuntu": "Ubuntu {}", "debian": "Debian GNU/Linux {}"}
UBUNTU = "Maintainer: Ubuntu Developers <ubuntu-devel-discuss@lists.ubuntu.com>"
DEBIAN = "Maintainer: Debian Testers <testers@lists.debian.org>"

# name of the host: (form of the database, vendor, key, file that names the release, its text, name, version)
RED_HAT, CENTOS, ORACLE = "Red Hat, Inc.", "CentOS", "Oracle America"
ROCKY, SUSE = "Rocky Enterprise Software Foundation", "SUSE LLC <https://www.suse.com/>"
OS_RELEASE = "etc/os-release"
RPM = {
    "rhel-6": (
        "berkeley", RED_HAT, "199e2f91fd431d51", "etc/redhat-release",
        "Red Hat Enterprise Linux Server release 6.5 (Santiago)\n", "bash", "4.1.2-15.el6_4",
    ),
    "rhel-7": (
        "berkeley", RED_HAT, "199e2f91fd431d51", OS_RELEASE,
        'NAME="Red Hat Enterprise Linux Server"\nID="rhel"\nVERSION_ID="7.0"\n', "bash", "4.2.45-5.el7",
    ),
    "rhel-8": (
        "berkeley", RED_HAT, "199e2f91fd431d51", OS_RELEASE,
        'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="8.10"\n', "libtiff", "4.0.9-31.el8",
    ),
    "rhel-9": (
        "sqlite", RED_HAT, "199e2f91fd431d51", OS_RELEASE,
        'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="9.3"\n', "libtiff", "4.4.0-10.el9",
    ),
    "rhel-10": (
        "sqlite", RED_HAT, "199e2f91fd431d51", OS_RELEASE,
        'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="10.0"\n', "389-ds-base", "3.0.6-3.el10",
    ),
    "centos-8": (
        "berkeley", CENTOS, "05b555b38483c65d", OS_RELEASE,
        'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="8"\nPRETTY_NAME="CentOS Linux 8"\n', "libtiff", "4.0.9-20.el8",
    ),
    "centos-stream-8": (
        "berkeley", CENTOS, "05b555b38483c65d", OS_RELEASE,
        'NAME="CentOS Stream"\nID="centos"\nVERSION_ID="8"\nPRETTY_NAME="CentOS Stream 8"\n', "libtiff", "4.0.9-31.el8",
    ),
    "centos-stream-9": (
        "sqlite", CENTOS, "05b555b38483c65d", OS_RELEASE,
        'NAME="CentOS Stream"\nID="centos"\nVERSION_ID="9"\nPRETTY_NAME="CentOS Stream 9"\n', "libtiff", "4.4.0-10.el9",
    ),
    "centos-stream-10": (
        "sqlite", CENTOS, "05b555b38483c65d", OS_RELEASE,
        'NAME="CentOS Stream"\nID="centos"\nVERSION_ID="10"\nPRETTY_NAME="CentOS Stream 10 (Coughlan)"\n',
        "389-ds-base", "3.0.6-3.el10",
    ),
    "almalinux-8": (
        "berkeley", "AlmaLinux", "51d6647ec21ad6ea", OS_RELEASE,
        'NAME="AlmaLinux"\nID="almalinux"\nVERSION_ID="8.10"\n', "curl", "7.61.1-34.el8_10.12",
    ),
    "almalinux-10": (
        "sqlite", "AlmaLinux", "dee5c11cc2a1e572", OS_RELEASE,
        'NAME="AlmaLinux"\nID="almalinux"\nVERSION_ID="10.0"\n', "xz", "1:5.6.2-3.el10",
    ),
    "rocky-8": (
        "berkeley", ROCKY, "15af5dac6d745a60", OS_RELEASE,
        'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="8.10"\n', "java-11-openjdk", "1:11.0.24.0.8-3.el8",
    ),
    "rocky-9": (
        "sqlite", ROCKY, "702d426d350d275d", OS_RELEASE,
        'NAME="Rocky Linux"\nID="rocky"\nVERSION_ID="9.0"\n', "xz", "5.2.5-7.el9",
    ),
    "oracle-6": (
        "berkeley", ORACLE, "72f97b74ec551f03", "etc/oracle-release",
        "Oracle Linux Server release 6.5\n", "bash", "4.1.2-15.el6_4",
    ),
    "oracle-7": (
        "berkeley", ORACLE, "72f97b74ec551f03", OS_RELEASE,
        'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="7.0"\n', "bash", "4.2.45-5.el7",
    ),
    "oracle-8": (
        "berkeley", ORACLE, "82562ea9ad986da3", OS_RELEASE,
        'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="8.9"\n', "osbuild", "93-1.0.1.el8",
    ),
    "oracle-9": (
        "sqlite", ORACLE, "bc4d06a08d8b756f", OS_RELEASE,
        'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="9.1"\n', "sudo", "1.9.5p2-7.el9",
    ),
    "oracle-10": (
        "sqlite", ORACLE, "bc4d06a08d8b756f", OS_RELEASE,
        'NAME="Oracle Linux Server"\nID="ol"\nVERSION_ID="10.0"\n', "firefox", "128.11.0-1.0.1.el10_0",
    ),
    "amazonlinux-1": (
        "berkeley", "Amazon.com", "bcb4a85b21c0f39f", OS_RELEASE,
        'NAME="Amazon Linux AMI"\nID="amzn"\nVERSION_ID="2014.03"\n', "bash", "4.1.2-15.18.amzn1",
    ),
    "amazonlinux-2-first": (
        "berkeley", "Amazon.com", "11cf1f95c87f5b1a", OS_RELEASE,
        'NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2"\n', "kernel", "4.9.62-21.56.amzn2",
    ),
    "amazonlinux-2023-first": (
        "sqlite", "Amazon Linux", "e951904ad832c631", OS_RELEASE,
        'NAME="Amazon Linux"\nID="amzn"\nVERSION_ID="2023"\n', "rsyslog", "8.2204.0-3.amzn2023.0.1",
    ),
    "fedora-38": (
        "sqlite", "Fedora Project", "809a8d7ceb10b464", OS_RELEASE,
        'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=38\n', "libcap", "2.48-6.fc38",
    ),
    "sles-12": (
        "berkeley", SUSE, "70af9e8139db7c82", OS_RELEASE,
        'NAME="SLES"\nID="sles"\nVERSION_ID="12.5"\n', "apache2", "2.4.51-35.19.1",
    ),
    "sles-15-sp5": (
        "ndb", SUSE, "70af9e8139db7c82", OS_RELEASE,
        'NAME="SLES"\nID="sles"\nVERSION_ID="15.5"\n', "libopenssl1_1", "1.1.1l-150500.17.6.1",
    ),
    "opensuse-leap-15.2": (
        "berkeley", "openSUSE", "b88b2fd43dbdc284", OS_RELEASE,
        'NAME="openSUSE Leap"\nID="opensuse-leap"\nVERSION_ID="15.2"\n', "fastjar", "0.98-lp152.3.2",
    ),
    "opensuse-tumbleweed": (
        "ndb", "openSUSE", "b88b2fd43dbdc284", OS_RELEASE,
        'NAME="openSUSE Tumbleweed"\nID="opensuse-tumbleweed"\nVERSION_ID="20210901"\n', "tar", "1.34-1.1",
    ),
}  # fmt: skip
PLACES = {
    "berkeley": "var/lib/rpm/Packages",
    "sqlite": "var/lib/rpm/rpmdb.sqlite",
    "ndb": "usr/lib/sysimage/rpm/Packages.db",
}

# name of the host: (os-release, name, version)
APK = {
    "alpine-3.16": ('ID=alpine\nVERSION_ID=3.16.9\nPRETTY_NAME="Alpine Linux v3.16"\n', "apache2", "2.4.34-r1"),
    "wolfi-2022": ('ID=wolfi\nNAME="Wolfi"\nVERSION_ID="20220914"\n', "binutils", "2.39-r0"),
    "chainguard": ('ID=chainguard\nNAME="Chainguard"\nVERSION_ID="20230214"\n', "binutils", "2.39-r0"),
}


def deb(host: str) -> None:
    """A host of Debian or Ubuntu."""
    id_, release, codename, source, version = DEB[host]
    root, name = HOSTS / host / "root", NAMES[id_].format(release)
    binary = BINARIES.get(source, source)
    more = [DEBIAN if id_ == "debian" else UBUNTU, *([f"Source: {source}"] if binary != source else [])]
    said = f'PRETTY_NAME="{name}"\nID={id_}\nVERSION_ID="{release}"\nVERSION_CODENAME={codename}\n'
    put(root / OS_RELEASE, said.encode())
    put(root / "var/lib/dpkg/status", entry(binary, version, *more).encode())


def rpm(host: str) -> None:
    """A host with rpm: one package, and the key that signed it."""
    form, vendor, key, file, said, name, version = RPM[host]
    root = HOSTS / host / "root"
    headers = [write.package(name, version, **of(vendor, key)), write.key(key[8:], "50000000")]
    put(root / file, said.encode())
    place = root / PLACES[form]
    if form == "sqlite":
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        write.sqlite(place, headers, 1024)
    else:
        put(place, write.berkeley(headers, page_size=512, buckets=2) if form == "berkeley" else write.ndb(headers))


def apk(host: str) -> None:
    """A host with apk."""
    said, name, version = APK[host]
    root = HOSTS / host / "root"
    put(root / OS_RELEASE, said.encode())
    put(root / "etc/apk/arch", b"x86_64\n")
    put(root / "lib/apk/db/installed", f"P:{name}\nV:{version}\nA:x86_64\nL:GPL-3.0-or-later\no:{name}\n\n".encode())


def put(path: Path, data: bytes) -> None:
    """Writes a file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    for each in DEB:
        deb(each)
    for each in RPM:
        rpm(each)
    for each in APK:
        apk(each)

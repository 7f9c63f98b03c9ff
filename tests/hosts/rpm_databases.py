"""Writes the databases of the fake hosts that have rpm. `git diff --stat`, then `scripts/golden`, then read the diff.

Names, versions, vendors and key ids are those of real packages; signatures carry the key id and nothing else.
"""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

HOSTS = Path(__file__).resolve().parent
sys.path[:0] = [str(HOSTS.parent), str(HOSTS.parent.parent / "src")]

from unit.collect import rpm_writers as write  # noqa: E402

BUILT, INSTALLED = 1_650_000_000, 1_660_000_000


def signed(key: str) -> bytes:
    """A signature of version 3 in an old packet, by this key."""
    body = bytes([3, 5, 0, 0, 0, 0, 0]) + bytes.fromhex(key) + b"\x01\x08\0\0\0\x08\xff"
    return b"\x89" + len(body).to_bytes(2, "big") + body


def of(vendor: str, key: str) -> dict[str, write.Value]:
    """What all packages of one vendor have in common."""
    return {"vendor": vendor, "rsaheader": signed(key), "buildtime": BUILT, "installtime": INSTALLED}


def files(*paths: str) -> dict[str, write.Value]:
    """A list of files as a header keeps it."""
    folders = sorted({path.rpartition("/")[0] + "/" for path in paths})
    return {
        "basenames": [path.rpartition("/")[2] for path in paths],
        "dirnames": folders,
        "dirindexes": [folders.index(path.rpartition("/")[0] + "/") for path in paths],
    }


def almalinux_9() -> None:
    """SQLite; the last package stands in the write-ahead log alone."""
    alma = of("AlmaLinux", "d36cb86cb86b3716")
    kernel = "5.14.0-70.13.1.el9_0"
    headers = [
        write.package("bash", "5.1.8-4.el9", **alma),
        write.package("openssl-libs", "1:3.0.1-23.el9_0", **alma, sourcerpm="openssl-3.0.1-23.el9_0.src.rpm"),
        write.package("perl-Errno", "1.30-479.el9", **alma, sourcerpm="perl-5.32.1-479.el9.src.rpm"),
        write.package(
            "kernel-core", kernel, **alma, sourcerpm=f"kernel-{kernel}.src.rpm",
            **files(f"/boot/vmlinuz-{kernel}.x86_64", f"/lib/modules/{kernel}.x86_64/vmlinuz"),
        ),
        write.key("b86b3716", "61e69f29"),
    ]  # fmt: skip
    late = write.package(
        "nodejs", "1:18.9.1-1.module_el9.1.0+19+e1ac4ca2", **alma, modularitylabel="nodejs:18:9010020221009220316:rhel9"
    )
    place = HOSTS / "almalinux-9/root/var/lib/rpm"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rpmdb.sqlite")
        write.sqlite(path, headers, 1024)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO Packages (blob) VALUES (?)", (late,))
        connection.commit()
        for name in ("rpmdb.sqlite", "rpmdb.sqlite-wal"):
            shutil.copy(path.with_name(name), place / name)
        connection.close()
    _dnf_history(HOSTS / "almalinux-9/root/var/lib/dnf/history.sqlite")


def _dnf_history(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as connection:
        connection.executescript(
            """PRAGMA page_size = 1024;
            CREATE TABLE repo (id INTEGER PRIMARY KEY, repoid TEXT NOT NULL /* repository ID aka 'repoid' */);
            CREATE TABLE trans_item (id INTEGER PRIMARY KEY AUTOINCREMENT, trans_id INTEGER, item_id INTEGER,
                repo_id INTEGER, action INTEGER NOT NULL, /* (enum) */ reason INTEGER NOT NULL, state INTEGER NOT NULL);
            CREATE TABLE rpm (item_id INTEGER UNIQUE NOT NULL, name TEXT NOT NULL, epoch INTEGER NOT NULL,
                version TEXT NOT NULL, release TEXT NOT NULL, arch TEXT NOT NULL);
            INSERT INTO repo VALUES (1, 'baseos'), (2, 'appstream'), (3, 'anaconda');
            INSERT INTO rpm VALUES (1, 'bash', 0, '5.1.8', '4.el9', 'x86_64'),
                (2, 'openssl-libs', 1, '3.0.1', '23.el9_0', 'x86_64'), (3, 'perl-Errno', 0, '1.30', '479.el9', 'x86_64'),
                (4, 'nodejs', 1, '18.9.1', '1.module_el9.1.0+19+e1ac4ca2', 'x86_64');
            INSERT INTO trans_item VALUES (1, 1, 1, 3, 1, 1, 1), (2, 2, 2, 1, 6, 1, 1), (3, 2, 3, 2, 1, 1, 1),
                (4, 3, 4, 2, 1, 1, 1);"""
        )
    connection.close()


def centos_7() -> None:
    """Berkeley DB, and yum's folder a package."""
    centos = of("CentOS", "24c6a8a7f4a80eb5")
    kernels = ("3.10.0-1062.el7", "3.10.0-1062.12.1.el7")
    repositories = {"bash": "base", "openssl-libs": "updates"}
    headers = [
        write.package("bash", "4.2.46-33.el7", **centos, sha1header="ba" * 20),
        write.package(
            "openssl-libs", "1:1.0.2k-19.el7", **centos, sha1header="05" * 20, sourcerpm="openssl-1.0.2k-19.el7.src.rpm"
        ),
        *(write.package("kernel", one, **centos, **files(f"/boot/vmlinuz-{one}.x86_64")) for one in kernels),
        write.package("nginx", "1:1.20.1-9.el7", **of("Fedora Project", "6a2faea2352c64e5")),
        write.key("f4a80eb5", "53a7ff4b"),
    ]
    root = HOSTS / "centos-7/root"
    _file(root / "var/lib/rpm/Packages", write.berkeley(headers, page_size=1024, buckets=4))
    folders = {
        "bash": f"b/{'ba' * 20}-bash-4.2.46-33.el7-x86_64",
        "openssl-libs": f"o/{'05' * 20}-openssl-libs-1.0.2k-19.el7-x86_64",
    }
    for name, repository in repositories.items():
        _file(root / "var/lib/yum/yumdb" / folders[name] / "from_repo", repository.encode())
    nginx = f"nginx.{BUILT}-nginx-1.20.1-9.el7-x86_64"
    _file(root / "var/lib/yum/yumdb/n" / nginx / "from_repo", b"epel")


def amazonlinux_2() -> None:
    """Berkeley DB of the other byte order than its Intel machines would write: the reader must not care."""
    amazon = of("Amazon Linux", "11cf1f95c87f5b1a")
    kernel = "4.14.314-237.533.amzn2"
    headers = [
        write.package("bash", "4.2.46-34.amzn2", **amazon, sha1header="ba" * 20),
        write.package(
            "openssl-libs", "1:1.0.2k-24.amzn2.0.6", **amazon, sourcerpm="openssl-1.0.2k-24.amzn2.0.6.src.rpm"
        ),
        write.package("kernel", kernel, **amazon, **files(f"/boot/vmlinuz-{kernel}.x86_64")),
        write.package("docker", "20.10.23-1.amzn2.0.1", **amazon, sha1header="d0" * 20),
        write.key("c87f5b1a", "593863f8"),
    ]
    root = HOSTS / "amazonlinux-2/root"
    _file(root / "var/lib/rpm/Packages", write.berkeley(headers, ">", 4096, 2))
    yumdb = root / "var/lib/yum/yumdb"
    _file(yumdb / f"b/{'ba' * 20}-bash-4.2.46-34.amzn2-x86_64/from_repo", b"amzn2-core")
    _file(yumdb / f"d/{'d0' * 20}-docker-20.10.23-1.amzn2.0.1-x86_64/from_repo", b"amzn2extra-docker")


def opensuse_leap_15() -> None:
    """ndb below /usr."""
    suse = of("SUSE LLC <https://www.suse.com/>", "70af9e8139db7c82")
    release = "5.14.21-150500.55.31-default"
    headers = [
        write.package("bash", "4.4-150400.25.22", **suse),
        write.package("libopenssl1_1", "1.1.1l-150500.17.22.1", **suse, sourcerpm="openssl-1_1-1.1.1l-150500.17.22.1.src.rpm"),
        write.package(
            "kernel-default", "5.14.21-150500.55.31.1", **suse, **files(f"/usr/lib/modules/{release}/vmlinuz"),
            sourcerpm="kernel-default-5.14.21-150500.55.31.1.nosrc.rpm",
        ),
        write.package("ffmpeg-4", "4.4.4-lp155.9.1", **of("openSUSE", "35a2f86e29b700a4")),
        write.key("39db7c82", "5f68629b"),
    ]  # fmt: skip
    _file(HOSTS / "opensuse-leap-15/root/usr/lib/sysimage/rpm/Packages.db", write.ndb(headers))


def centos_6() -> None:
    """Berkeley DB in small pages, and the GRUB of old."""
    centos = of("CentOS", "0946fca2c105b9de")
    kernels = ("2.6.32-754.el6", "2.6.32-754.35.1.el6")
    headers = [
        write.package("bash", "4.1.2-48.el6", **centos),
        write.package("openssl", "1.0.1e-57.el6", **centos),
        *(write.package("kernel", one, **centos, **files(f"/boot/vmlinuz-{one}.x86_64")) for one in kernels),
        write.key("c105b9de", "4e0fd3a3"),
    ]
    _file(HOSTS / "centos-6/root/var/lib/rpm/Packages", write.berkeley(headers, page_size=512, buckets=2))


def amazonlinux_2023() -> None:
    """SQLite, and a live patch that is no kernel."""
    amazon = of("Amazon Linux", "e951904ad832c631")
    kernel = "6.1.79-99.164.amzn2023"
    headers = [
        write.package("bash", "5.2.15-1.amzn2023.0.2", **amazon),
        write.package(
            "openssl-libs", "1:3.0.8-1.amzn2023.0.11", **amazon, sourcerpm="openssl-3.0.8-1.amzn2023.0.11.src.rpm"
        ),
        write.package("kernel", kernel, **amazon, **files(f"/boot/vmlinuz-{kernel}.x86_64")),
        write.package("kernel-livepatch-6.1.79-99.164", "1.0-0.amzn2023", **amazon),
        write.key("d832c631", "6515c85e"),
    ]
    place = HOSTS / "amazonlinux-2023/root/var/lib/rpm"
    place.mkdir(parents=True, exist_ok=True)
    (place / "rpmdb.sqlite").unlink(missing_ok=True)
    write.sqlite(place / "rpmdb.sqlite", headers, 1024)


def fedora_41() -> None:
    """SQLite below /usr, where /var/lib/rpm is a link to; dnf 5."""
    fedora = of("Fedora Project", "d0622462e99d6ad1")
    headers = [
        write.package("bash", "5.2.32-1.fc41", **fedora),
        write.package("vim-minimal", "2:9.1.785-1.fc41", **fedora, sourcerpm="vim-9.1.785-1.fc41.src.rpm"),
        write.key("e99d6ad1", "64d2612c"),
    ]
    root = HOSTS / "fedora-41/root"
    place = root / "usr/lib/sysimage/rpm"
    place.mkdir(parents=True, exist_ok=True)
    (place / "rpmdb.sqlite").unlink(missing_ok=True)
    write.sqlite(place / "rpmdb.sqlite", headers, 1024)
    link = root / "var/lib/rpm"
    link.parent.mkdir(parents=True, exist_ok=True)
    if not link.is_symlink():
        link.symlink_to("../../usr/lib/sysimage/rpm")


def sles_15() -> list[bytes]:
    """The headers of `sles-15`, whose ndb is not of our own writer: rpm 4.18's `rpmpkg.c` wrote it, and removed one."""
    suse = of("SUSE LLC <https://www.suse.com/>", "70af9e8139db7c82")
    kernel, release = "5.3.18-59.37.2", "5.3.18-59.37-default"
    return [
        write.package("bash", "4.4-19.6.1", **suse),
        write.package("removed", "1-1", **suse),
        write.package("libopenssl1_1", "1.1.1d-11.30.1", **suse, sourcerpm="openssl-1_1-1.1.1d-11.30.1.src.rpm"),
        write.package("docker", "20.10.9_ce-156.1", **suse),
        write.package(
            "kernel-default", kernel, **suse, **files(f"/boot/vmlinuz-{release}"),
            sourcerpm=f"kernel-default-{kernel}.nosrc.rpm",
        ),
        write.key("50a3dd1c", "50f35137"),
    ]  # fmt: skip


def _file(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


if __name__ == "__main__":
    almalinux_9()
    centos_7()
    amazonlinux_2()
    opensuse_leap_15()
    centos_6()
    amazonlinux_2023()
    fedora_41()

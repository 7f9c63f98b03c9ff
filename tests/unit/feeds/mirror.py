"""A Debian mirror made by a test: suites that it signs itself, sources, and binary packages."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import subprocess
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from support import need_tool


@dataclass(frozen=True)
class Key:
    """A throw-away OpenPGP key: its home, its exported ring, the same in ASCII armour, and its fingerprint."""

    home: Path
    ring: Path
    armoured: str
    fingerprint: str

    def clearsign(self, text: str) -> bytes:
        """The text in RFC 9580's cleartext framework."""
        return _gpg(self.home, "--clearsign", "--digest-algo", "SHA512", text=text)


def make_key(folder: Path, name: str) -> Key:
    """A key of its own, made by gpg."""
    home = folder / f"gnupg-{name}"
    home.mkdir(mode=0o700)
    _gpg(home, "--passphrase", "", "--quick-gen-key", f"{name} <{name}@example.org>", "ed25519", "sign", "never")
    ring = folder / f"{name}.gpg"
    ring.write_bytes(_gpg(home, "--export"))
    listed = _gpg(home, "--with-colons", "--list-keys").decode()
    fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr:"))
    return Key(home, ring, _gpg(home, "--armor", "--export").decode(), fingerprint)


def _gpg(home: Path, *argv: str, text: str = "") -> bytes:
    tool = need_tool("gpg", "gnupg")
    need_tool("gpgv", "gpgv")
    options = ["--homedir", str(home), "--batch", "--yes", "--pinentry-mode", "loopback", "--no-autostart"]
    if "--quick-gen-key" in argv or "--clearsign" in argv:
        options.remove("--no-autostart")
    done = subprocess.run([tool, *options, *argv], input=text.encode(), capture_output=True, check=True)
    return done.stdout


def stop_agent(key: Key) -> None:
    """Ends the agent that gpg started for a key."""
    subprocess.run(["gpgconf", "--homedir", str(key.home), "--kill", "all"], capture_output=True, check=False)


@dataclass
class Archive:
    """A mirror below `root`. `suites` maps a suite to the paragraphs of its indices."""

    root: Path
    sources: dict[str, list[str]] = field(default_factory=dict)
    binaries: dict[str, list[str]] = field(default_factory=dict)

    def source(
        self, suite: str, package: str, version: str, changelog: str, *, form: str = "quilt", absent: bool = False
    ) -> Path:
        """Adds a source, in one of the three source formats; `absent` leaves its file off the mirror."""
        upstream = version.rpartition("-")[0].rpartition(":")[2] or version
        names = {
            "quilt": f"{package}_{version}.debian.tar.xz",
            "1.0": f"{package}_{version}.diff.gz",
            "native": f"{package}_{version}.tar.xz",
        }
        content = {"quilt": _quilt, "1.0": _diff, "native": _native}[form](package, changelog)
        directory = f"pool/main/{package[0]}/{package}"
        path = self._put(f"{directory}/{names[form]}", content)
        files = [_listed(names[form], content)]
        if form != "native":
            files.insert(0, _listed(f"{package}_{upstream}.orig.tar.xz", b"orig"))
        self.sources.setdefault(suite, []).append(
            f"Package: {package}\nBinary: {package}\nVersion: {version}\nDirectory: {directory}\n"
            f"Checksums-Sha256:\n" + "\n".join(files) + "\n"
        )
        if absent:
            path.unlink()
        return path

    def binary(self, suite: str, package: str, source: str, version: str, changelog: str, arch: str = "amd64") -> Path:
        """Adds a binary package with its changelog; an empty one stands for a link to another's documentation."""
        content = make_deb(package, changelog)
        name = f"pool/main/{source[0]}/{source}/{package}_{version}_{arch}.deb"
        self.binaries.setdefault(suite, []).append(
            f"Package: {package}\nSource: {source}\nVersion: {version}\nArchitecture: {arch}\nFilename: {name}\n"
            f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
        )
        return self._put(name, content)

    def publish(self, suite: str, key: Key, *, sources: bool = True, **fields: str) -> Path:
        """Writes the suite's indices and signs them; `fields` (`_` for `-`) lead over the usual ones."""
        indices = {"main/source/Sources.xz": "\n".join(self.sources.get(suite, []))} if sources else {}
        if suite in self.binaries:
            indices["main/binary-amd64/Packages.xz"] = "\n".join(self.binaries[suite])
        listed = []
        for name, text in indices.items():
            content = lzma.compress(text.encode(), preset=0)
            digest = hashlib.sha256(content).hexdigest()
            listed.append(f" {digest} {len(content):8} {name}")
            self._put(f"dists/{suite}/{name}", content)
            self._put(f"dists/{suite}/{Path(name).parent}/by-hash/SHA256/{digest}", content)
        said = {
            "Origin": "Debian",
            "Suite": suite.replace("bookworm", "stable"),
            "Codename": suite,
            "Version": "12",
            "Date": "Mon, 23 Nov 2026 08:10:14 UTC",
            "Acquire-By-Hash": "yes",
        } | {name.replace("_", "-"): value for name, value in fields.items()}
        head = "".join(f"{name}: {value}\n" for name, value in said.items() if value)
        signed = key.clearsign(f"{head}SHA256:\n" + "\n".join(listed) + "\n")
        return self._put(f"dists/{suite}/InRelease", signed)

    def _put(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


def make_deb(package: str, changelog: str, member: str = "data.tar.xz") -> bytes:
    """A binary package (deb(5)); without a changelog its documentation is a link."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w:xz") as tar:
        if changelog:
            _add(tar, f"./usr/share/doc/{package}/changelog.Debian.gz", gzip.compress(changelog.encode(), mtime=0))
        else:
            link = tarfile.TarInfo(f"./usr/share/doc/{package}")
            link.type, link.linkname = tarfile.SYMTYPE, "other"
            tar.addfile(link)
    parts = {"debian-binary": b"2.0\n", "control.tar.xz": lzma.compress(b"odd"), member: inner.getvalue()}
    return b"!<arch>\n" + b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
        for name, content in parts.items()
    )


def _listed(name: str, content: bytes) -> str:
    return f" {hashlib.sha256(content).hexdigest()} {len(content)} {name}"


def _quilt(package: str, changelog: str) -> bytes:
    return _tar({"debian/control": b"Source: x\n", "debian/changelog": changelog.encode()})


def _native(package: str, changelog: str) -> bytes:
    return _tar({f"{package}/main.c": b"int x;\n", f"{package}/debian/changelog": changelog.encode()})


def _diff(package: str, changelog: str) -> bytes:
    lines = changelog.splitlines()
    added = "".join(f"+{line}\n" for line in lines)
    text = (
        f"--- {package}.orig/Makefile\n+++ {package}/Makefile\n@@ -1 +1 @@\n-a\n+pkg (9.9) not; the=changelog\n"
        f"--- {package}.orig/debian/changelog\n+++ {package}/debian/changelog\n@@ -0,0 +1,{len(lines)} @@\n{added}"
        f"--- {package}.orig/debian/rules\n+++ {package}/debian/rules\n@@ -0,0 +1 @@\n+  * CVE-1999-9999\n"
    )
    return gzip.compress(text.encode(), mtime=0)


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as tar:
        for name, content in files.items():
            _add(tar, name, content)
    return packed.getvalue()


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))

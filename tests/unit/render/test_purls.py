"""Purls of packages: what the reference implementation reads, and what the tools that read them expect."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packageurl import PackageURL

from shindan.intake.purls import parse
from shindan.model.result import Package
from shindan.render.purls import purl_of

CASES = {
    "deb": (Package("bash", "5.2.15-2", "deb", "amd64", "bash", "5.2.15-2"), "debian:12", "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12"),
    "deb of another source": (Package("libstdc++6", "12.2.0-14", "deb", "amd64", "gcc-12", "12.2.0-14"), "ubuntu:22.04", "pkg:deb/ubuntu/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=ubuntu-22.04&upstream=gcc-12"),
    "deb, the source's version differs": (Package("login", "1:4.13-1+b1", "deb", "amd64", "shadow", "1:4.13-1"), "debian:12", "pkg:deb/debian/login@1:4.13-1%2Bb1?arch=amd64&distro=debian-12&upstream=shadow%401:4.13-1"),
    "rpm with epoch": (Package("dbus-libs", "1:1.12.8-1.el8", "rpm", "x86_64", "dbus", "1:1.12.8-1.el8"), "rhel:8", "pkg:rpm/redhat/dbus-libs@1.12.8-1.el8?arch=x86_64&distro=rhel-8&epoch=1&upstream=dbus-1.12.8-1.el8.src.rpm"),
    "rpm, epoch zero": (Package("tar", "0:1.34-6", "rpm", "x86_64", "tar", "0:1.34-6"), "fedora:40", "pkg:rpm/fedora/tar@1.34-6?arch=x86_64&distro=fedora-40"),
    "apk": (Package("libcrypto3", "3.0.8-r0", "apk", "x86_64", "openssl", "3.0.8-r0"), "alpine:3.17", "pkg:apk/alpine/libcrypto3@3.0.8-r0?arch=x86_64&distro=alpine-3.17&upstream=openssl"),
    "pypi": (Package("My_Package", "1", "pypi", "", "My_Package", "1"), "debian:12", "pkg:pypi/my-package@1"),
    "npm": (Package("@babel/core", "7.0.0", "npm", "", "", ""), "debian:12", "pkg:npm/%40babel/core@7.0.0"),
    "maven": (Package("org.apache:log4j", "2.14", "maven", "", "", ""), "debian:12", "pkg:maven/org.apache/log4j@2.14"),
    "golang": (Package("golang.org/x/net", "v0.17.0", "golang", "", "", ""), "debian:12", "pkg:golang/golang.org/x/net@v0.17.0"),
    "another kind": (Package("A Program", "1", "windows", "", "", ""), "windows:10", "pkg:generic/A%20Program@1"),
}  # fmt: skip


@pytest.mark.parametrize(("package", "platform", "purl"), CASES.values(), ids=CASES)
def test_a_package_has_its_purl(package: Package, platform: str, purl: str) -> None:
    assert purl_of(package, platform) == purl
    judged = PackageURL.from_string(purl)
    assert (judged.type, judged.version) == (parse(purl).type, parse(purl).version)
    # It escapes the colon or not, from version to version; what it reads is the same.
    assert PackageURL.from_string(judged.to_string()) == judged


WORD = st.text(st.characters(codec="utf-8", exclude_characters="/:"), min_size=1, max_size=8)


@given(WORD, WORD, WORD, WORD)
@settings(max_examples=150)
def test_any_package_is_read_back(name: str, version: str, arch: str, source: str) -> None:
    purl = parse(purl_of(Package(name, version, "deb", arch, source, version), "debian:12"))
    assert (purl.name, purl.version, purl.qualifiers["arch"]) == (name, version, arch)
    assert purl.qualifiers.get("upstream", name) == source

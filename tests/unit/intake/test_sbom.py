"""Bills of materials as Syft, Trivy and cdxgen write them become the facts that a collector would have yielded."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.facts.fact import Fact
from shindan.intake import read
from shindan.model.errors import InventoryUnreadable
from shindan.model.inventory import Inventory

Document = dict[str, Any]


def write(folder: Path, content: Document | str | bytes) -> Path:
    path = folder / "sbom"
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def facts_of(folder: Path, content: Document | str | bytes) -> list[Fact]:
    return list(read(write(folder, content)))


def reasons(facts: list[Fact]) -> list[str]:
    return [fact.data["reason"] for fact in facts if fact.kind == "gap"]


def cyclonedx(*components: Document, **more: Any) -> Document:
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": list(components), **more}


def component(purl: str, version: str = "", properties: dict[str, str] | None = None, **more: Any) -> Document:
    listed = [{"name": name, "value": value} for name, value in (properties or {}).items()]
    return {"type": "library", "name": "named", "version": version, "purl": purl, "properties": listed, **more}


SYFT_DEBIAN = {
    "type": "operating-system",
    "name": "debian",
    "version": "12",
    "description": "Debian GNU/Linux 12 (bookworm)",
    "properties": [
        {"name": "syft:distro:id", "value": "debian"},
        {"name": "syft:distro:prettyName", "value": "Debian GNU/Linux 12 (bookworm)"},
        {"name": "syft:distro:versionID", "value": "12"},
    ],
}

PACKAGES: dict[str, tuple[Document, Fact]] = {
    "Syft, deb, the source under another name": (
        component("pkg:deb/debian/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=debian-12&upstream=glibc", "2.36-9+deb12u4", publisher="GNU Libc Maintainers <debian-glibc@lists.debian.org>"),
        Fact("package", "libc6", {"type": "deb", "version": "2.36-9+deb12u4", "arch": "amd64", "source": "glibc", "source_version": "2.36-9+deb12u4", "maintainer": "GNU Libc Maintainers <debian-glibc@lists.debian.org>"}),
    ),
    "Syft, deb, the source has a version of its own": (
        component("pkg:deb/debian/libgcc-s1@12.2.0-14?arch=amd64&distro=debian-12&upstream=gcc-12%4012.2.0-14%2Bx", "12.2.0-14"),
        Fact("package", "libgcc-s1", {"type": "deb", "version": "12.2.0-14", "arch": "amd64", "source": "gcc-12", "source_version": "12.2.0-14+x"}),
    ),
    "Syft, deb, no upstream: the source is told by nobody": (
        component("pkg:deb/debian/adduser@3.134?arch=all&distro=debian-12", "3.134"),
        Fact("package", "adduser", {"type": "deb", "version": "3.134", "arch": "all"}),
    ),
    "Syft, deb, an epoch in the version": (
        component("pkg:deb/debian/login@1%3A4.13%2Bdfsg1-1%2Bb1?arch=amd64&upstream=shadow%401%3A4.13%2Bdfsg1-1&distro=debian-12", "1:4.13+dfsg1-1+b1"),
        Fact("package", "login", {"type": "deb", "version": "1:4.13+dfsg1-1+b1", "arch": "amd64", "source": "shadow", "source_version": "1:4.13+dfsg1-1"}),
    ),
    "Trivy, deb, epoch as a qualifier, source as properties": (
        component(
            "pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&distro=debian-12.4&epoch=1", "1:2.38.1-5+b1",
            {"aquasecurity:trivy:SrcName": "util-linux", "aquasecurity:trivy:SrcVersion": "2.38.1", "aquasecurity:trivy:SrcRelease": "5"},
        ),
        Fact("package", "bsdutils", {"type": "deb", "version": "1:2.38.1-5+b1", "arch": "amd64", "source": "util-linux", "source_version": "2.38.1-5"}),
    ),
    "Trivy, deb, the source has an epoch": (
        component(
            "pkg:deb/debian/bash@5.2.15-2%2Bb2?arch=amd64&distro=debian-12.4&epoch=1", "5.2.15-2+b2",
            {"aquasecurity:trivy:SrcName": "bash", "aquasecurity:trivy:SrcVersion": "5.2.15", "aquasecurity:trivy:SrcRelease": "2", "aquasecurity:trivy:SrcEpoch": "1"},
        ),
        Fact("package", "bash", {"type": "deb", "version": "1:5.2.15-2+b2", "arch": "amd64", "source": "bash", "source_version": "1:5.2.15-2"}),
    ),
    "Syft, rpm, a source rpm without epoch": (
        component("pkg:rpm/rhel/dbus-libs@1.12.8-1.el8?arch=x86_64&distro=rhel-8.3&epoch=1&upstream=dbus-1.12.8-1.el8.src.rpm", "1:1.12.8-1.el8", publisher="Red Hat, Inc."),
        Fact("package", "dbus-libs", {"type": "rpm", "version": "1:1.12.8-1.el8", "arch": "x86_64", "source": "dbus", "source_version": "1:1.12.8-1.el8", "vendor": "Red Hat, Inc."}),
    ),
    "Syft, rpm, epoch zero is none, a module stream": (
        component("pkg:rpm/rhel/npm@6.14.11-1.14.16.0.1?arch=x86_64&epoch=0&rpmmod=nodejs:14&upstream=nodejs-14.16.0-2.module.src.rpm", "6.14.11-1.14.16.0.1"),
        Fact("package", "npm", {"type": "rpm", "version": "6.14.11-1.14.16.0.1", "arch": "x86_64", "source": "nodejs", "source_version": "14.16.0-2.module", "module": "nodejs:14"}),
    ),
    "Trivy, rpm": (
        component(
            "pkg:rpm/centos/binutils@2.30-93.el8?arch=aarch64&distro=centos-8.3.2011", "2.30-93.el8",
            {"aquasecurity:trivy:SrcName": "binutils", "aquasecurity:trivy:SrcVersion": "2.30", "aquasecurity:trivy:SrcRelease": "93.el8", "aquasecurity:trivy:Modularitylabel": "a:b:1:c"},
        ),
        Fact("package", "binutils", {"type": "rpm", "version": "2.30-93.el8", "arch": "aarch64", "source": "binutils", "source_version": "2.30-93.el8", "module": "a:b:1:c"}),
    ),
    "an epoch that only the component's version has": (
        component("pkg:rpm/redhat/openssl-libs@3.0.7-25.el9_3?arch=x86_64", "1:3.0.7-25.el9_3"),
        Fact("package", "openssl-libs", {"type": "rpm", "version": "1:3.0.7-25.el9_3", "arch": "x86_64"}),
    ),
    "Syft, apk": (
        component("pkg:apk/alpine/libcrypto3@3.0.8-r0?arch=x86_64&upstream=openssl&distro=alpine-3.17.2", "3.0.8-r0"),
        Fact("package", "libcrypto3", {"type": "apk", "version": "3.0.8-r0", "arch": "x86_64", "source": "openssl", "source_version": "3.0.8-r0"}),
    ),
    "pypi": (component("pkg:pypi/Django@4.2", "4.2", {"syft:location:0:path": "/opt/x/METADATA"}), Fact("language_package", "Django", {"type": "pypi", "version": "4.2", "path": "/opt/x/METADATA"})),
    "npm with a scope": (component("pkg:npm/%40babel/core@7.0.0", properties={"aquasecurity:trivy:FilePath": "app/package.json"}), Fact("language_package", "@babel/core", {"type": "npm", "version": "7.0.0", "path": "app/package.json"})),
    "maven": (component("pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1", properties={"SrcFile": "/a.jar"}), Fact("language_package", "org.apache.logging.log4j:log4j-core", {"type": "maven", "version": "2.14.1", "path": "/a.jar"})),
    "golang": (component("pkg:golang/golang.org/x/net@v0.17.0"), Fact("language_package", "golang.org/x/net", {"type": "golang", "version": "v0.17.0", "path": ""})),
    "gem": (component("pkg:gem/rails@7.0.0"), Fact("language_package", "rails", {"type": "gem", "version": "7.0.0", "path": ""})),
    "cargo": (component("pkg:cargo/serde@1.0.1"), Fact("language_package", "serde", {"type": "cargo", "version": "1.0.1", "path": ""})),
    "composer": (component("pkg:composer/symfony/http-kernel@v5.4"), Fact("language_package", "symfony/http-kernel", {"type": "composer", "version": "v5.4", "path": ""})),
}  # fmt: skip


@pytest.mark.parametrize(("item", "fact"), PACKAGES.values(), ids=PACKAGES)
def test_a_component_becomes_a_fact(item: Document, fact: Fact, tmp_path: Path) -> None:
    assert [f for f in facts_of(tmp_path, cyclonedx(item)) if f.kind in ("package", "language_package")] == [fact]


PLATFORMS: dict[str, tuple[list[Document], str]] = {
    "Syft names it by properties": ([SYFT_DEBIAN], "debian:12"),
    "Trivy names it with its point release": ([{"type": "operating-system", "name": "debian", "version": "12.4"}], "debian:12"),
    "Trivy calls RHEL redhat": ([{"type": "operating-system", "name": "redhat", "version": "8.3"}], "rhel:8"),
    "Trivy calls Amazon Linux by its code name too": ([{"type": "operating-system", "name": "amazon", "version": "2 (Karoo)"}], "amzn:2"),
    "Trivy, SLES": ([{"type": "operating-system", "name": "suse linux enterprise server", "version": "15.3"}], "sles:15.3"),
    "cdxgen names it in every purl": ([component("pkg:deb/ubuntu/adduser@3.118ubuntu5?arch=all&distro_name=jammy&distro=ubuntu-22.04")], "ubuntu:22.04"),
    "only a code name": ([component("pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie")], "debian:8"),
    "Trivy, apk: the distro is a bare release": ([component("pkg:apk/alpine/musl@1.2.4-r2?arch=x86_64&distro=3.18.4")], "alpine:3.18"),
    "a purl of RHEL": ([component("pkg:rpm/rhel/tar@1.34-6.el9?distro=rhel-9.3&arch=x86_64")], "rhel:9"),
    "the component outweighs the purls": ([component("pkg:deb/debian/x@1?distro=debian-11"), SYFT_DEBIAN], "debian:12"),
    "most of the purls": ([component(f"pkg:deb/debian/x{n}@1?distro=debian-{12 if n else 11}") for n in range(3)], "debian:12"),
}  # fmt: skip


@pytest.mark.parametrize(("items", "key"), PLATFORMS.values(), ids=PLATFORMS)
def test_the_platform_is_told(items: list[Document], key: str, tmp_path: Path) -> None:
    platform = Inventory(facts_of(tmp_path, cyclonedx(*items))).platform
    assert platform is not None
    assert platform.key == key


def test_the_platform_has_the_architecture_of_most_packages_and_its_name(tmp_path: Path) -> None:
    items = [
        component(f"pkg:deb/debian/x{n}@1?arch={arch}")
        for n, arch in enumerate(["all", "all", "all", "arm64", "arm64", "i386"])
    ]
    (platform,) = [f for f in facts_of(tmp_path, cyclonedx(*items, SYFT_DEBIAN)) if f.kind == "platform"]
    assert platform.data == {
        "id": "debian",
        "version_id": "12",
        "name": "Debian GNU/Linux 12 (bookworm)",
        "arch": "arm64",
    }


GAPS: dict[str, tuple[list[Document], str]] = {
    "no purl": ([{"type": "library", "name": "a", "version": "1"}], "1 components have no purl: a"),
    "a purl that is none": ([component("a-purl-1", "1.0.1")], "1 components have a purl that cannot be read: named"),
    "no version": ([component("pkg:npm/a")], "1 components have no version: named"),
    "an ecosystem that is not judged": ([component(f"pkg:nuget/A{n}@1") for n in range(5)], "5 components are of the kind `nuget`, which is not judged: named, named, named …"),
    "no operating system": ([component("pkg:deb/debian/x@1")], "it names no operating system: neither a component nor a `distro` in a purl"),
    "two releases in one document": ([component("pkg:deb/debian/x@1?distro=debian-12"), component("pkg:deb/debian/y@1?distro=debian-12"), component("pkg:deb/debian/z@1?distro=debian-11")], "1 packages say that they are of debian 11, another release"),
    "nobody names source packages": ([component("pkg:deb/debian/x@1?distro=debian-12")], "none of its 1 packages names its source package: advisories that speak of source packages are found only where both have one name"),
    "excluded by its author": ([component("pkg:npm/a@1", scope="excluded")], "1 components are marked as excluded: named"),
}  # fmt: skip


@pytest.mark.parametrize(("items", "reason"), GAPS.values(), ids=GAPS)
def test_what_cannot_be_used_is_a_gap_with_its_count(items: list[Document], reason: str, tmp_path: Path) -> None:
    assert reason in reasons(facts_of(tmp_path, cyclonedx(*items)))


def test_files_containers_and_lock_files_are_no_packages_and_no_gap(tmp_path: Path) -> None:
    items: list[Document] = [
        {"type": "file", "name": "/etc/x"},
        {"type": "application", "name": "app/package-lock.json"},
        {"type": "container", "name": "image", "version": "sha256:0"},
    ]
    about = {"component": {"type": "container", "name": "image", "purl": "pkg:oci/debian@sha256%3A00"}}
    assert facts_of(tmp_path, cyclonedx(*items, metadata=about)) == []


def test_nested_components_and_those_of_several_layers_count_once(tmp_path: Path) -> None:
    inner = component("pkg:npm/a@1")
    outer = component("pkg:npm/b@1", components=[inner, component("pkg:npm/a@2")])
    facts = facts_of(tmp_path, cyclonedx(outer, copy.deepcopy(inner)))
    assert [(fact.subject, fact.data["version"]) for fact in facts] == [("b", "1"), ("a", "1"), ("a", "2")]


SPDX_PACKAGES: list[Document] = [
    {"name": "image", "versionInfo": "sha256:00", "primaryPackagePurpose": "CONTAINER", "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:oci/x@sha256%3A00"}]},
    {"name": "debian", "versionInfo": "12.4", "primaryPackagePurpose": "OPERATING-SYSTEM"},
    {"name": "bsdutils", "versionInfo": "1:2.38.1-5+b1", "sourceInfo": "built package from: util-linux 2.38.1-5", "supplier": "Organization: util-linux packagers <a@example.org>", "externalRefs": [
        {"referenceCategory": "SECURITY", "referenceType": "cpe23Type", "referenceLocator": "cpe:2.3:a:x:x:1:*:*:*:*:*:*:*"},
        {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&distro=debian-12.4&epoch=1"},
    ]},
    {"name": "rails", "versionInfo": "7.0.0", "supplier": "NOASSERTION", "sourceInfo": "acquired package info from installed gem metadata file: /usr/lib/rails.gemspec", "externalRefs": [{"referenceCategory": "PACKAGE_MANAGER", "referenceType": "purl", "referenceLocator": "pkg:gem/rails@7.0.0"}]},
    {"name": "mystery", "versionInfo": "1"},
]  # fmt: skip
SPDX_FACTS = [
    Fact("package", "bsdutils", {"type": "deb", "version": "1:2.38.1-5+b1", "arch": "amd64", "source": "util-linux", "source_version": "2.38.1-5", "maintainer": "util-linux packagers <a@example.org>"}),
    Fact("language_package", "rails", {"type": "gem", "version": "7.0.0", "path": "/usr/lib/rails.gemspec"}),
    Fact("platform", "os", {"id": "debian", "version_id": "12.4", "arch": "amd64"}),
    Fact("gap", "SPDX", {"reason": "1 components have no purl: mystery", "kinds": ["package", "language_package"]}),
]  # fmt: skip

TAGS = """SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
DocumentComment: <text>Package
PackageName: not this one</text>

##### Package: debian
PackageName: debian
PackageVersion: 12.4
PrimaryPackagePurpose: OPERATING-SYSTEM
PackageName: bsdutils
PackageVersion: 1:2.38.1-5+b1
PackageSupplier: Organization: util-linux packagers <a@example.org>
PackageSourceInfo: <text>built package from: util-linux 2.38.1-5</text>
ExternalRef: SECURITY cpe23Type cpe:2.3:a:x:x:1:*:*:*:*:*:*:*
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/bsdutils@2.38.1-5%2Bb1?arch=amd64&distro=debian-12.4&epoch=1
PackageName: rails
PackageVersion: 7.0.0
PackageSupplier: NOASSERTION
PackageSourceInfo: <text>acquired package info from installed gem metadata file: /usr/lib/rails.gemspec</text>
ExternalRef: PACKAGE-MANAGER purl pkg:gem/rails@7.0.0
PackageName: mystery
PackageVersion: 1
FileName: ./usr/bin/x
"""


def spdx_3() -> Document:
    agent = {"type": "Organization", "spdxId": "urn:agent", "name": "util-linux packagers <a@example.org>"}
    packages = []
    for number, item in enumerate(SPDX_PACKAGES):
        purls = [ref["referenceLocator"] for ref in item.get("externalRefs", []) if ref["referenceType"] == "purl"]
        element: Document = {
            "type": "software_Package",
            "spdxId": f"urn:{number}",
            "name": item["name"],
            "software_packageVersion": item["versionInfo"],
        }
        purpose = {"CONTAINER": "container", "OPERATING-SYSTEM": "operatingSystem"}.get(
            item.get("primaryPackagePurpose", "")
        )
        if purpose:
            element["software_primaryPurpose"] = purpose
        if "sourceInfo" in item:
            element["software_sourceInfo"] = item["sourceInfo"]
        if item.get("supplier", "").startswith("Organization"):
            element["suppliedBy"] = "urn:agent"
        if purls and number % 2:
            element["software_packageUrl"] = purls[0]
        elif purls:
            element["externalIdentifier"] = [
                {"type": "ExternalIdentifier", "externalIdentifierType": "packageUrl", "identifier": purls[0]}
            ]
        packages.append(element)
    return {
        "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        "@graph": [agent, *packages, {"type": "Relationship"}],
    }


@pytest.mark.parametrize(
    "content",
    [{"spdxVersion": "SPDX-2.3", "packages": SPDX_PACKAGES}, TAGS, spdx_3()],
    ids=["SPDX 2.3 as JSON", "SPDX 2.3 as tag-value", "SPDX 3.0 as JSON-LD"],
)
def test_spdx_says_the_same_in_every_form(content: Document | str, tmp_path: Path) -> None:
    assert facts_of(tmp_path, content) == SPDX_FACTS


XML = """<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1">
  <metadata><component type="container"><name>image</name></component></metadata>
  <components>
    <component type="library"><publisher>GNU</publisher><name>libc6</name><version>2.36-9</version>
      <purl>pkg:deb/debian/libc6@2.36-9?arch=amd64&amp;upstream=glibc</purl>
      <components><component type="library"><name>a</name><version>1</version><purl>pkg:npm/a@1</purl>
        <properties><property name="syft:location:0:path">/a</property></properties></component></components>
    </component>
    <component type="operating-system"><name>debian</name><version>12</version>
      <properties><property name="syft:distro:prettyName">Debian 12</property></properties></component>
  </components>
</bom>"""


def test_cyclonedx_xml_says_what_its_json_says(tmp_path: Path) -> None:
    assert facts_of(tmp_path, XML) == [
        Fact("package", "libc6", {"type": "deb", "version": "2.36-9", "arch": "amd64", "source": "glibc", "source_version": "2.36-9", "maintainer": "GNU"}),
        Fact("language_package", "a", {"type": "npm", "version": "1", "path": "/a"}),
        Fact("platform", "os", {"id": "debian", "version_id": "12", "name": "Debian 12", "arch": "amd64"}),
    ]  # fmt: skip


def test_a_gzipped_document_and_one_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    text = json.dumps(cyclonedx(component("pkg:npm/a@1"))).encode()
    for content in (gzip.compress(text), b"\xef\xbb\xbf" + text):
        assert [fact.subject for fact in facts_of(tmp_path, content)] == ["a"]


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no JSON"),
    "cut short": (json.dumps(cyclonedx(component("pkg:npm/a@1"))).encode()[:-20], "no JSON"),
    "a list": (b"[]", "holds no JSON object"),
    "nested too deeply": (b'{"components":' + b"[" * 200_000, "nested too deeply|no JSON"),
    "another JSON": (b'{"hello": 1}', "is no inventory that can be read"),
    "gzip cut short": (gzip.compress(b"{}" * 5000)[:-10], "cannot read"),
    "XML cut short": (XML[:-30].encode(), "is no XML"),
    "another XML": (b"<html/>", "its root element is `html`"),
    "a bomb of entities": (b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><bom>&b;</bom>', "is refused"),
    "no text": (b"\x00\xff\xfe" * 100, "no JSON"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_inventory_is_refused_with_a_reason(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(InventoryUnreadable, match=message):
        facts_of(tmp_path, content)


def test_a_file_that_is_not_there_and_one_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InventoryUnreadable, match="No such file"):
        read(tmp_path / "missing")
    monkeypatch.setattr("shindan.intake.document.LARGEST", 1024)
    with pytest.raises(InventoryUnreadable, match="larger than"):
        read(write(tmp_path, gzip.compress(b" " * 2000)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "name", "version", "purl", "components", "properties", "value", "scope", "supplier"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "components",
                "metadata",
                "packages",
                "@graph",
                "SrcPackages",
                "libraries",
                "errors",
                "windowsKB",
                "runningKernel",
            ]
        ),
        VALUES,
    ),
    st.sampled_from(["CycloneDX", "SPDX", "3", "vuls"]),
)
@settings(max_examples=150)
def test_any_shape_of_document_yields_facts_or_gaps(
    tmp_path_factory: pytest.TempPathFactory, body: Document, form: str
) -> None:
    marks: dict[str, Document] = {
        "CycloneDX": {"bomFormat": "CycloneDX"},
        "SPDX": {"spdxVersion": "SPDX-2.3"},
        "3": {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []},
        "vuls": {"jsonVersion": 4, "family": "debian", "scannedAt": ""},
    }
    for fact in facts_of(tmp_path_factory.getbasetemp(), {**marks[form], **body}):
        assert fact.subject

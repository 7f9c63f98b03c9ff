"""`Sources` and `Packages`: which version of which source, by any compression and at any block border."""

from __future__ import annotations

import contextlib
import gzip
import lzma
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shindan.feeds import deb_indices
from shindan.feeds.deb_indices import SourceEntry, SourceFile, sources
from shindan.model.errors import FeedError
from support import test_data

SOURCES = """\
Package: hello
Binary: hello, hello-doc
Version: 2.10-3
Checksums-Sha1:
 1111 100 hello_2.10-3.debian.tar.xz
Checksums-Sha256:
 aaaa 1500 hello_2.10-3.dsc
 bbbb 700000 hello_2.10.orig.tar.gz
 cccc 12000 hello_2.10-3.debian.tar.xz
Directory: pool/main/h/hello

Package: old
Version: 1:1.0-1
Checksums-Sha256:
 dddd 1500 old_1.0.orig.tar.gz
 eeee 300 old_1.0-1.diff.gz
Directory: pool/main/o/old

Package: native
Version: 3
Checksums-Sha256:
 ffff 1500 native_3.dsc
 9999 4000 native_3.tar.xz
Directory: pool/main/n/native

Version: 9
"""
PACKAGES = """\
Package: libhello1
Source: hello (2.10-3)
Version: 2.10-3+b1
Filename: pool/main/h/hello/libhello1.deb

Package: native
Version: 3
Filename: pool/main/n/native/native.deb

Package: hello-tools
Source: hello
Version: 2.10-3
Filename: pool/main/h/hello/hello-tools.deb
"""


def test_sources_and_the_file_with_the_changelog(tmp_path: Path) -> None:
    path = tmp_path / "Sources"
    path.write_text(SOURCES)
    assert list(sources(path)) == [
        SourceEntry("hello", "2.10-3", SourceFile("pool/main/h/hello/hello_2.10-3.debian.tar.xz", "cccc", 12000)),
        SourceEntry("old", "1:1.0-1", SourceFile("pool/main/o/old/old_1.0-1.diff.gz", "eeee", 300)),
        SourceEntry("native", "3", SourceFile("pool/main/n/native/native_3.tar.xz", "9999", 4000)),
    ]


def test_a_binarys_entry_tells_its_source(tmp_path: Path) -> None:
    path = tmp_path / "Packages.gz"
    path.write_bytes(gzip.compress(PACKAGES.encode()))
    assert [(entry.package, entry.version) for entry in sources(path)] == [
        ("hello", "2.10-3"), ("native", "3"), ("hello", "2.10-3"),
    ]  # fmt: skip


@given(block=st.integers(min_value=1, max_value=400))
@settings(max_examples=60)
def test_block_borders_do_not_matter(tmp_path_factory: pytest.TempPathFactory, block: int) -> None:
    path = tmp_path_factory.mktemp("index") / "Sources"
    path.write_text(SOURCES)
    whole, usual = list(sources(path)), deb_indices._BLOCK
    deb_indices._BLOCK = block
    try:
        assert list(sources(path)) == whole
    finally:
        deb_indices._BLOCK = usual


def test_a_torn_index_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Sources.xz"
    path.write_bytes(lzma.compress(SOURCES.encode())[:-20])
    with pytest.raises(FeedError, match="torn"):
        list(sources(path))


def test_a_stanza_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Sources.gz"
    path.write_bytes(gzip.compress(b"Package: " + b"x" * 40_000_000))
    with pytest.raises(FeedError, match="is no index"):
        list(sources(path))


@given(content=st.binary(max_size=300))
@settings(max_examples=150)
def test_no_content_breaks_the_reading(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("index") / "Sources"
    path.write_bytes(content)
    with contextlib.suppress(FeedError):  # it may look like a torn archive
        for entry in sources(path):
            assert entry.package and entry.version


@pytest.mark.data
def test_every_source_of_a_real_index() -> None:
    path = test_data("debian/apt/bookworm/bookworm-security_main_source_Sources.xz")
    found = list(sources(path))
    assert len(found) == 700
    assert len({entry.package for entry in found}) == 632
    assert all(entry.packaging is not None for entry in found)

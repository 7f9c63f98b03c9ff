"""Members of the sample archives, unpacked for one test."""

from __future__ import annotations

import tarfile
from pathlib import Path

from shindan.feeds.containers import open_stream
from support import test_data

VULS = "samples/vuls-data-update-fixtures.tar.zst"
VUNNEL = "samples/vunnel-test-fixtures.tar.zst"


def unpacked(folder: Path, archive: str, part: str) -> Path:
    """`folder`, with the archive's members whose names hold `part`. Skips the test where the archive is absent."""
    path = test_data(archive)
    found = False
    with open_stream(path) as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        for member in tar:
            if part in member.name and member.isfile():
                tar.extract(member, folder, filter="data")
                found = True
    assert found, f"{archive} holds nothing with {part}"
    return folder

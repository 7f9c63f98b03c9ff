"""An export of findings in Security Hub's format, imported there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO

from shindan.cloud.security_hub import Imported, import_findings
from shindan.model.errors import ShindanError


class NoExport(ShindanError):
    """The file is no export of findings for Security Hub."""


def push(stream: BinaryIO, region: str, endpoint: str | None = None) -> Imported:
    """Imports an export in the form ASFF, a batch a line. Raises NoExport, CloudError."""
    return import_findings(_batches(stream, region), region, endpoint)


def _batches(stream: BinaryIO, region: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    for line in stream:
        try:
            findings = json.loads(line)["Findings"]
        except (ValueError, KeyError, TypeError) as error:
            raise NoExport(f"a line of the export cannot be read: {error}") from error
        for one in findings:
            # A product is one of the region that it is imported in.
            one["ProductArn"] = one["ProductArn"].replace(f":{one['Region']}:", f":{region}:", 1)
            one["Region"] = region
        yield findings

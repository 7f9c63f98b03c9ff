"""Findings into AWS Security Hub: batches as BatchImportFindings takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shindan.cloud.instance import CloudError

_ATTEMPTS = 8


class Imported(NamedTuple):
    """How many findings were taken, how many refused, and why the first of these was."""

    imported: int = 0
    failed: int = 0
    why: str = ""


def import_findings(
    batches: Iterable[Sequence[Mapping[str, Any]]], region: str, endpoint: str | None = None
) -> Imported:
    """Imports batches of at most 100 findings, with the credentials that every AWS tool takes. Raises CloudError.

    What was imported before is updated: the findings' ids stay the same.
    """
    client = _client(region, endpoint)
    total = Imported()
    from botocore.exceptions import BotoCoreError, ClientError

    for batch in batches:
        try:
            answer = client.batch_import_findings(Findings=list(batch))
        except (BotoCoreError, ClientError) as error:
            raise CloudError(f"Security Hub refused a batch after {total.imported:,} findings: {error}") from error
        failed = answer.get("FailedFindings") or [{}]
        why = total.why or str(failed[0].get("ErrorMessage", ""))
        total = Imported(total.imported + answer["SuccessCount"], total.failed + answer["FailedCount"], why)
    return total


def _client(region: str, endpoint: str | None) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise CloudError("importing into Security Hub needs boto3", remedy="pip install 'shindan[aws]'") from None
    retries = {"max_attempts": _ATTEMPTS, "mode": "standard"}
    return boto3.client("securityhub", region_name=region, endpoint_url=endpoint, config=Config(retries=retries))

"""A part of a batch, taken in; the last one brings the whole batch to the service."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any

from shindan.model.agent import BatchHeader
from shindan.service import agent_batches
from shindan.service.agent_parts import LARGEST, Parts
from shindan.service.agent_refused import AgentRefused
from shindan.service.service import Service

BATCH_ID = re.compile(r"[0-9a-f]{32}")
_NO_GOOD = frozenset({"WrongSum", "WrongDigest", "Malformed", "TooLarge", "UnknownRun"})
"""Refusals after which what came of the batch is of no use."""


class Ingest:
    """Takes parts of one installation's batches; from several threads."""

    def __init__(self, service: Service, parts: Parts) -> None:
        self._service = service
        self._parts = parts

    def have(self, host: str, batch: str) -> Mapping[str, Any]:
        """What was answered to a batch, or how much of it is here."""
        known = agent_batches.answered(self._service, host, batch)
        return {"have": self._parts.have(host, batch)} if known is None else known

    def part(self, host: str, batch: str, header: BatchHeader, offset: int, content: bytes) -> Mapping[str, Any]:
        """How much of the batch is here with this part, or what comes of the whole. Raises AgentRefused."""
        if header.size > LARGEST:
            raise AgentRefused("TooLarge", f"a batch has at most {LARGEST:,} bytes")
        known = agent_batches.answered(self._service, host, batch)
        if known is not None:
            return known
        if header.size == 0:
            return self._empty(host, batch, header, content)
        have = self._parts.append(host, batch, offset, content, header.size)
        return {"have": have} if have < header.size else self._whole(host, batch, header)

    def _empty(self, host: str, batch: str, header: BatchHeader, content: bytes) -> Mapping[str, Any]:
        if content:
            raise AgentRefused("Malformed", "a batch that was said to be empty has a body")
        if header.what == "inventory":
            return agent_batches.unchanged(self._service, host, batch, header)
        return agent_batches.take(self._service, host, batch, header, io.BytesIO())

    def _whole(self, host: str, batch: str, header: BatchHeader) -> Mapping[str, Any]:
        try:
            with self._parts.whole(host, batch) as stream:
                told = agent_batches.take(self._service, host, batch, header, stream)
        except AgentRefused as error:
            if error.code in _NO_GOOD:
                self._parts.drop(host, batch)
            raise
        except FileNotFoundError:
            return self._elsewhere(host, batch)
        self._parts.drop(host, batch)
        return told

    def _elsewhere(self, host: str, batch: str) -> Mapping[str, Any]:
        """Another connection has just brought the same batch to its end."""
        known = agent_batches.answered(self._service, host, batch)
        if known is None:
            raise AgentRefused("WrongOffset", "go on from byte 0", have=0)
        return known

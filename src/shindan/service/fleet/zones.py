"""The account's zones of networks in the document: one text, as `shindan scan --zones` reads it."""

from __future__ import annotations

from shindan.service import tailoring
from shindan.service.fleet.document import Fleet
from shindan.service.fleet.kind import Context, Existing, Fields, Key, Wanted
from shindan.store import tailoring as stored

_KEY: Key = ("zones",)


class Zones:
    """See `Kind`; there is one or none."""

    word = "zones"

    def name(self, key: Key) -> str:
        """See `Kind.name`."""
        return "of networks"

    def wanted(self, context: Context, fleet: Fleet) -> dict[Key, Wanted]:
        """See `Kind.wanted`."""
        return {_KEY: Wanted("zones", {"text": fleet.zones})} if fleet.zones else {}

    def existing(self, context: Context) -> dict[Key, Existing]:
        """See `Kind.existing`."""
        text = stored.zones_text(context.connection, context.caller.account)
        return {_KEY: Existing(context.caller.account, {"text": text})} if text else {}

    def create(self, context: Context, key: Key, fields: Fields) -> str:
        """See `Kind.create`."""
        tailoring.set_zones(context.service, context.caller, fields["text"])
        return context.caller.account

    def change(self, context: Context, key: Key, was: Existing, fields: Fields) -> None:
        """See `Kind.change`."""
        tailoring.set_zones(context.service, context.caller, fields["text"])

    def fixed(self, was: Fields, fields: Fields) -> str:
        """See `Kind.fixed`."""
        return ""

    def loss(self, context: Context, was: Existing) -> str:
        """See `Kind.loss`."""
        return ""

    def remove(self, context: Context, key: Key, was: Existing) -> None:
        """See `Kind.remove`: those that ship hold again."""
        tailoring.set_zones(context.service, context.caller, "")

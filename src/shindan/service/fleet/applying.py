"""Brings an account to what a document says, in one transaction: all of it, or nothing.

A dry run does the same and takes it back, so that it tells what would be refused, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from shindan.engine.clock import milliseconds
from shindan.model.refusals import AccessDenied, CodedRefusal, InvalidInput, Refusal
from shindan.service import checks
from shindan.service.audited import audited
from shindan.service.caller import Caller
from shindan.service.fleet.channels import Sealed
from shindan.service.fleet.document import Fleet
from shindan.service.fleet.kind import Context, Existing, Fields, FleetError, Key, Kind, Wanted
from shindan.service.fleet.kinds import KINDS
from shindan.service.rights import must
from shindan.service.service import Service
from shindan.store import accounts, applied
from shindan.store.one_transaction import OneTransaction

Action = Literal["create", "update", "replace", "delete"]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as the document says; `fields` are what was and what is to be, `loss` what goes with it."""

    kind: str
    name: str
    action: Action
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    loss: str = ""


class _TakenBack(Exception):
    """Ends a dry run's transaction."""


def apply(
    service: Service,
    caller: Caller,
    fleet: Fleet,
    *,
    dry_run: bool = False,
    prune: bool = False,
    replacing: bool = False,
) -> list[Change]:
    """Makes, changes and (`prune`) removes what the document asks for; what was not as it says, in order.

    Only what a document of this name made is removed. A template that is to be another one is removed with its runs and
    made anew, if `replacing` says that this is meant. Needs `ApplyFleet` and the right to each single change. Raises
    FleetError that names the place in the document, AccessDenied, RunInProgress.
    """
    changes: list[Change] = []
    with audited(service, caller, "ApplyFleet", fleet.fleet[:140]) as change:
        must(caller, "ApplyFleet")
        checks.text(fleet.fleet, "INVALID_FLEET", "the name of a fleet", checks.LONGEST_NAME)
        try:
            with service.database.write() as connection:
                accounts.lock(connection, caller.account)
                # Topics are believed: nobody outside is asked while the database waits.
                within = replace(service, database=OneTransaction(service.database, connection), notifier=None)
                context = Context(within, connection, caller)
                applying = _Applying(context, fleet, prune=prune, replacing=replacing or dry_run)
                for kind in KINDS:
                    changes += applying.brought(kind)
                for kind in reversed(KINDS):
                    changes += applying.pruned(kind)
                if changes:
                    change.done(
                        connection,
                        fleet.fleet,
                        changes=[f"{one.action} {one.kind} {one.name}" for one in changes][:500],
                    )
                if dry_run:
                    raise _TakenBack
        except _TakenBack:
            pass
    return changes


@dataclass(frozen=True, slots=True)
class _Applying:
    context: Context
    fleet: Fleet
    prune: bool
    replacing: bool

    def brought(self, kind: Kind) -> Iterator[Change]:
        """Makes and changes what the document wants of a kind."""
        existing = kind.existing(self.context)
        for key, wanted in kind.wanted(self.context, self.fleet).items():
            with _placed(wanted.place):
                was = existing.get(key)
                made = self._create(kind, key, wanted) if was is None else self._change(kind, key, was, wanted)
            if made is not None:
                yield made

    def pruned(self, kind: Kind) -> Iterator[Change]:
        """Removes what a document of this name made and this one does not have."""
        if not self.prune:
            return
        context, account = self.context, self.context.caller.account
        mine = applied.of_kind(context.connection, account, kind.word, self.fleet.fleet)
        wanted = kind.wanted(context, self.fleet)
        for key, was in kind.existing(context).items():
            if was.id in mine and key not in wanted:
                loss = kind.loss(context, was)
                with _placed(f"{kind.word} {kind.name(key)}"):
                    kind.remove(context, key, was)
                applied.forget(context.connection, account, kind.word, was.id)
                yield Change(kind.word, kind.name(key), "delete", _sides(was.fields, {}), loss)

    def _create(self, kind: Kind, key: Key, wanted: Wanted) -> Change:
        self._note(kind, kind.create(self.context, key, wanted.fields))
        return Change(kind.word, kind.name(key), "create", _sides({}, wanted.fields))

    def _change(self, kind: Kind, key: Key, was: Existing, wanted: Wanted) -> Change | None:
        fields = _sides(was.fields, wanted.fields)
        if not fields:
            return None
        fixed = kind.fixed(was.fields, wanted.fields)
        if not fixed:
            kind.change(self.context, key, was, wanted.fields)
            return Change(kind.word, kind.name(key), "update", fields)
        loss = kind.loss(self.context, was)
        if loss and not self.replacing:
            message = f"{fixed} ({', '.join(fields)}): it would be removed {loss}, and made anew"
            raise FleetError("", message, code="REPLACEMENT_NEEDED", remedy="say --replace if that is meant")
        kind.remove(self.context, key, was)
        applied.forget(self.context.connection, self.context.caller.account, kind.word, was.id)
        self._note(kind, kind.create(self.context, key, {**was.fields, **wanted.fields}))
        return Change(kind.word, kind.name(key), "replace" if loss else "update", fields, loss)

    def _note(self, kind: Kind, id_: str) -> None:
        context = self.context
        applied.note(context.connection, context.caller.account, kind.word, id_, self.fleet.fleet, milliseconds())


def _sides(was: Fields, wanted: Fields) -> dict[str, tuple[Any, Any]]:
    """What is other than it is to be; what is only on one side has None on the other."""
    names = wanted if was and wanted else {**was, **wanted}
    other = (name for name in names if was.get(name) != wanted.get(name))
    return {name: (_told(was.get(name)), _told(wanted.get(name))) for name in other}


def _told(value: Any) -> Any:
    """A value as it may be shown to whoever applies the document."""
    return repr(value) if isinstance(value, Sealed) else value


@contextmanager
def _placed(place: str) -> Iterator[None]:
    """Puts the place in the document before what a verb refuses."""
    try:
        yield
    except FleetError as error:
        raise _at(place, error) from None
    except InvalidInput as error:
        raise FleetError(place, str(error), code=error.code) from error
    except AccessDenied:
        raise
    except Refusal as error:
        code = error.code if isinstance(error, CodedRefusal) else error.type
        raise FleetError(place, str(error), code=code, remedy=error.remedy) from error


def _at(place: str, error: FleetError) -> FleetError:
    text = str(error)
    if text.startswith(place):
        return error
    return FleetError(place, text, code=error.code, remedy=error.remedy)

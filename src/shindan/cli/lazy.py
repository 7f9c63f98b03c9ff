"""A group whose commands are loaded when they are called: `--help` must answer at once, however many there are."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup
from typer.main import get_command, get_group

from shindan.cli.teaching import taught


class Place(NamedTuple):
    """Where a command is: module and attribute (a function, or a typer.Typer), and its help in a line."""

    module: str
    attribute: str
    help: str


class LazyGroup(TyperGroup):
    """Shows `places` by their lines, and imports the one that is called."""

    places: dict[str, Place] = {}  # noqa: RUF012 - each group's own class sets it once

    def list_commands(self, ctx: Any) -> list[str]:
        """See `TyperGroup.list_commands`."""
        return list(self.places)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """See `TyperGroup.get_command`."""
        if cmd_name not in self.commands and cmd_name in self.places:
            self.commands[cmd_name] = loaded(self.places[cmd_name], cmd_name)
        return self.commands.get(cmd_name)

    def resolve_command(self, ctx: Any, args: Any) -> Any:
        """See `TyperGroup.resolve_command`; a mistyped name is compared with all."""
        if args and args[0] not in self.places:
            self.commands = {name: loaded(place, name) for name, place in self.places.items()}
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """See `TyperGroup.format_commands`."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.help) for name, place in self.places.items()])


def loaded(place: Place, name: str) -> Any:
    """The command of a place."""
    found = getattr(import_module(place.module), place.attribute)
    if isinstance(found, typer.Typer):
        return taught(get_group(found))
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name)(found)
    return taught(get_command(alone))

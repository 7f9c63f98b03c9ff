"""The options by which commands make and change a channel, in one list: what was given is one value to the command."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, get_type_hints

from shindan.cli import channel_options as options

OPTIONS: Mapping[str, Any] = {
    "on": options.EventOption,
    "least": options.LeastOption,
    "kev": options.KevOption,
    "new_only": options.NewOption,
    "package": options.PackageOption,
    "tag": options.TagOption,
    "rules": options.RulesOption,
    "every": options.EveryOption,
    "at": options.AtOption,
    "zone": options.ZoneOption,
    "most": options.MostOption,
    "language": options.LanguageOption,
    "ticket": options.PresetOption,
    "template": options.OpenOption,
    "close_template": options.CloseOption,
    "close_path": options.ClosePathOption,
    "method": options.MethodOption,
    "close_method": options.CloseMethodOption,
    "key": options.KeyOption,
    "ticket_per": options.PerOption,
    "parameter": options.ParameterOption,
    "header": options.HeaderOption,
}
"""In the order of the help."""

_CONDITIONS = ("on", "least", "kev", "new_only", "package", "tag", "rules")
_PACE = ("every", "at", "zone", "most", "language")
_TICKETS = (
    "ticket", "template", "close_template", "close_path", "method", "close_method", "key", "ticket_per", "parameter",
)  # fmt: skip


class Wished(NamedTuple):
    """What was given, as the service reads it. `tickets` are apart: `anew` says that they begin with a preset."""

    plain: dict[str, Any]
    tickets: dict[str, Any]
    anew: bool


def wished(given: Mapping[str, Any]) -> Wished:
    """What the options say. Raises a usage error for a file that cannot be read."""

    def some(names: tuple[str, ...]) -> list[Any]:
        return [given[name] for name in names]

    plain = options.headers(given["header"]) | options.conditions(*some(_CONDITIONS)) | options.pace(*some(_PACE))
    return Wished(plain, options.ticketing(*some(_TICKETS)), bool(given["ticket"]))


def takes_wish(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameter `wish` is what all of `OPTIONS` say; they stand in its place in the help."""

    @functools.wraps(command)
    def run(**given: Any) -> None:
        wish = wished({name: given.pop(name) for name in OPTIONS})
        command(**given, wish=wish)

    hints = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command).parameters.values():
        if one.name == "wish":
            for name, option in OPTIONS.items():
                parameters.append(one.replace(name=name, annotation=option, default=None))
        else:
            parameters.append(one.replace(annotation=hints[one.name]))
    # Typer asks for both.
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run

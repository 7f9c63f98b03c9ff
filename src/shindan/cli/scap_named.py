"""SCAP content as people name it for a template: a file that is here, or a file's name."""

from __future__ import annotations

from pathlib import Path

import typer


def scap_attributes(content: str | None, profile: str | None) -> list[tuple[str, str]]:
    """The attributes of a template that name content and profile; none where no content is given. A usage error for
    what cannot be meant.
    """
    if content is None:
        if profile is not None:
            raise typer.BadParameter("a profile is of SCAP content: give --scap, too", param_hint="--profile")
        return []
    from shindan.model.scap import ScapNamed, named

    if profile is None:
        raise typer.BadParameter("give the profile by --profile, too", param_hint="--scap")
    path = Path(content)
    if path.is_file():
        from shindan.service.scap import Refused, digest_of, offered_id

        try:
            wanted = ScapNamed(path.name, offered_id(path, profile), digest_of(path))
        except (Refused, OSError) as error:
            raise typer.BadParameter(str(error), param_hint="--scap") from None
    else:
        wanted = ScapNamed(content, profile)
    pairs = list(wanted.attributes.items())
    try:
        named(pairs)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--scap") from None
    return pairs

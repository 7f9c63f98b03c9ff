"""`shindan feeds key | export` and `import BUNDLE`: advisories carried by hand to where no network reaches."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.options import DataOption
from shindan.cli.terminal import say

TrustOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--trust",
        metavar="FILE",
        help="Bundle: a public key that may sign it, beside those in DATA/trusted-keys/*.pub; may be repeated.",
        show_default=False,
    ),
]
MaxAgeOption = Annotated[
    float | None,
    typer.Option(
        "--max-age",
        metavar="DAYS",
        min=0,
        help="Bundle: refuse feeds that are older than so many days.",
        show_default=False,
    ),
]


def key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where the private key goes; FILE.pub beside it.")],
) -> None:
    """Make the key that signs bundles: FILE (yours alone) and FILE.pub (for whoever takes bundles in).

    Example: shindan feeds key bundle.key
    """
    from shindan.service.bundle_keys import create_key

    typer.echo(create_key(path), nl=False)
    say(f"{path}: the private key, keep it; {path}.pub goes to DATA/trusted-keys/ of those who import")


def export(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="The file to write.")],
    key_file: Annotated[Path, typer.Option("--key", metavar="FILE", help="The private key (`shindan feeds key`).")],
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="NAME", help="Only these generations (`shindan feeds status`).", show_default=False
        ),
    ] = None,
    valid: Annotated[float, typer.Option(metavar="DAYS", min=0, help="How long it may be taken in.")] = 30.0,
    max_age: MaxAgeOption = None,
    data: DataOption = None,
) -> None:
    """Write the generations in force as one signed file.

    Example: shindan feeds update --all && shindan feeds export advisories.bundle --key bundle.key
    """
    from shindan.service.bundle import export as write
    from shindan.service.data_folder import data_folder

    done = write(data_folder(data), bundle, key_file, names=tuple(names or ()), valid_days=valid, max_age=max_age)
    pieces = len(done.manifest.pieces)
    say(
        f"{bundle}: {pieces} generation{'' if pieces == 1 else 's'}, {done.size / 1e6:.1f} MB,"
        f" serial {done.manifest.serial}, to be taken in until {done.manifest.expires[:10]}, signed by {done.key}"
    )


def import_bundle(
    bundle: Path, data: Path | None, trust: list[Path] | None, max_age: float | None, *, force: bool
) -> None:
    """Takes a bundle in: all of it or nothing."""
    from shindan.service.bundle import import_
    from shindan.service.bundle_keys import trusted_keys
    from shindan.service.data_folder import data_folder

    folder = data_folder(data)
    done = import_(folder, bundle, trusted_keys(folder, tuple(trust or ())), max_age=max_age, force=force)
    say(f"{bundle}: serial {done.manifest.serial} of {done.manifest.created[:10]}, signed by {done.key}")
    for generation in done.generations:
        say(f"  {generation.name}: {generation.advisories:,} advisories; newest record {generation.newest[:10]}")
    if done.kept:
        say(f"  not in the bundle, in force as before: {', '.join(done.kept)}")

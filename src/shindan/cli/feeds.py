"""`shindan feeds`: which advisories are at hand, and how to get and replace them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shindan.cli.bundles import MaxAgeOption, TrustOption, export, import_bundle, key
from shindan.cli.options import DataOption, FactsOption, RootOption
from shindan.cli.tables import check_format, show
from shindan.cli.terminal import complain, progress, say

feeds = typer.Typer(
    name="feeds",
    help="Advisory feeds: list, update, import, status, remove, rollback, key, export.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_STATUS = {
    "name": "generation",
    "newest": "newest record",
    "age": "age, days",
    "advisories": "advisories",
    "rows": "rows",
    "enrichments": "enrichments",
    "platforms": "releases",
    "knows": "knows",
}

FormatOption = Annotated[str, typer.Option("--format", metavar="table|json", help="How to print.")]


@feeds.command("list")
def list_feeds(form: FormatOption = "table") -> None:
    """List the feeds that exist, with the publisher's address of each.

    Point one at a mirror or a local folder with SHINDAN_FEED_<NAME>_URL.
    """
    check_format(form)
    from shindan.service.feed_rows import as_json, known_rows
    from shindan.service.feeds import known_feeds

    rows = known_rows(known_feeds())
    if form == "json":
        typer.echo(as_json(rows))
    else:
        show(rows, {"name": "feed", "title": "what", "knows": "knows", "url": "address"}, "no feeds")


@feeds.command()
def update(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every feed, for every release.")] = False,
    root: RootOption = None,
    facts: FactsOption = None,
    data: DataOption = None,
) -> None:
    """Fetch feeds and put the new generations in force.

    Without names: what this host needs (or the host given by --root or --facts). A feed that fails leaves its old
    generation in force; the exit code is then 1.

    Example: shindan feeds update --all
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.feeds import FeedDesk
    from shindan.service.hosts import read_host
    from shindan.service.needs import needs_of

    host = read_host(root, facts)
    with progress() as report:
        desk = FeedDesk(data_folder(data), report)
        needs = needs_of(host.inventory, host.subjects, everything=everything)
        results = desk.update(needs, tuple(names or ()))
    failed = [result for result in results if result.outcome == "failed"]
    for result in results:
        if result.outcome == "failed":
            complain(f"{result.feed}: {result.text}", result.remedy)
        else:
            say(f"{result.feed}: {result.outcome}{', ' + result.text if result.text else ''}")
    if failed or not results:
        raise typer.Exit(1)


@feeds.command("import")
def import_feed(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME|BUNDLE", help="The feed whose form the file has (`shindan feeds list`); or a bundle, alone."
        ),
    ],
    path: Annotated[
        Path | None,
        typer.Argument(metavar="[PATH]", help="A file, archive or folder in the publisher's form.", show_default=False),
    ] = None,
    label: Annotated[
        str, typer.Option("--as", metavar="LABEL", help="Keep it beside others of this feed; the same label replaces.")
    ] = "",
    sources: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Debian Sources or Packages indices, for the inferences of `debian`.",
            show_default=False,
        ),
    ] = None,
    trust: TrustOption = None,
    max_age: MaxAgeOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Bundle: take one that is older than the last of its key.")
    ] = False,
    data: DataOption = None,
) -> None:
    """Load advisories from a file: a downloaded feed, your own in OSV form, or a signed bundle.

    Examples: shindan feeds import osv our-advisories.zip --as ours
    shindan feeds import debian tracker.json.gz --sources /srv/mirror/indices
    shindan feeds import advisories.bundle --trust bundle.key.pub
    """
    if path is None:
        import_bundle(Path(name), data, trust, max_age, force=force)
        return
    from shindan.service.data_folder import data_folder
    from shindan.service.feeds import FeedDesk

    with progress() as report:
        generation = FeedDesk(data_folder(data), report).import_(name, path, label=label, sources=sources)
    say(
        f"{generation.name}: {generation.advisories:,} advisories, {generation.rows:,} rows,"
        f" {generation.enrichments:,} enrichments; newest record {generation.newest[:10]}"
    )
    for note in generation.notes:
        say(f"  note: {note}")


feeds.command()(key)
feeds.command()(export)


@feeds.command()
def status(form: FormatOption = "table", data: DataOption = None) -> None:
    """Show the generations in force: age, size, releases covered, limits.

    Example: shindan feeds status
    """
    check_format(form)
    from shindan.service.data_folder import data_folder
    from shindan.service.feed_rows import as_json, status_rows
    from shindan.service.feeds import FeedDesk

    rows = status_rows(FeedDesk(data_folder(data)).generations())
    if form == "json":
        typer.echo(as_json(rows))
        return
    show(rows, _STATUS, "no generation is in force: run `shindan feeds update`")
    for row in rows:
        for note in row["notes"]:
            typer.echo(f"{row['name']}: {note}")


@feeds.command()
def remove(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As shown by status: `osv`, `osv@ours`.")],
    data: DataOption = None,
) -> None:
    """Take a generation out of force.

    Example: shindan feeds remove osv@ours
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.feeds import FeedDesk

    FeedDesk(data_folder(data)).remove(name)
    say(f"{name}: removed")


@feeds.command()
def rollback(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As shown by status: `debian`, `osv@ours`.")],
    data: DataOption = None,
) -> None:
    """Go back to the generation that was in force before the last import or update.

    Example: shindan feeds rollback debian
    """
    from shindan.service.data_folder import data_folder
    from shindan.service.feeds import FeedDesk

    generation = FeedDesk(data_folder(data)).rollback(name)
    say(f"{name}: back to the generation of {generation.created}")

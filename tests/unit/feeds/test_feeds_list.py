"""The list of feeds: whole, in order, and every feed on disk is in it."""

from __future__ import annotations

import ast
from pathlib import Path

from shindan import feeds
from shindan.feeds.feeds import FEEDS
from shindan.rules.cve.families import FEED_RANK

FOLDER = Path(feeds.__file__).parent
MEMBERS = {"name", "title", "url", "knows", "role", "parser_version", "serves", "fetch", "parse"}


def members(definition: ast.ClassDef) -> set[str]:
    """Names that a class defines itself."""
    found: set[str] = set()
    for node in definition.body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found.add(node.target.id)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def test_every_feed_on_disk_is_in_the_list() -> None:
    on_disk = {
        (path.stem, node.name)
        for path in FOLDER.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and {"name", "fetch", "parse"} <= members(node)
    }
    listed = {(type(feed).__module__.rpartition(".")[2], type(feed).__name__) for feed in FEEDS}
    assert on_disk == listed


def test_a_feed_has_every_member_and_is_called_as_its_file() -> None:
    for feed in FEEDS:
        assert set(dir(feed)) >= MEMBERS, feed
        assert type(feed).__module__.rpartition(".")[2].startswith(feed.name.replace("-", "_").split("_")[0]), feed.name


def test_names_are_unique_and_the_usual_ones_stand_in_order() -> None:
    names = [feed.name for feed in FEEDS]
    assert len(set(names)) == len(names)
    usual = ["debian", "osv", "archive", "kev", "epss", "nvd"]
    assert [name for name in names if name in usual] == usual


def test_who_leads_is_the_name_of_a_feed_or_of_one_to_come() -> None:
    assert {"debian", "osv", "archive"} <= set(FEED_RANK)


def test_enrichments_say_so_twice() -> None:
    assert all((feed.role == "enrichment") == (feed.knows == "enrichment") for feed in FEEDS)

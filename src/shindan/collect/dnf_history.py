"""From which repository dnf installed each package. Python 3.6 grammar.

dnf 4 keeps `history.sqlite` (libdnf, `libdnf/transaction/sql/create.sql`): an item is a package's name, epoch, version,
release and architecture, a transaction item says which repository it came from and what was done with it. dnf 5 keeps
`nevras.toml` beside its packages (libdnf5, `system/state.cpp`), written anew after each transaction.
"""

from contextlib import ExitStack
from typing import Any, Dict, Iterator, Tuple

from shindan.collect.bounded_file import BoundedFile
from shindan.collect.damaged import Damaged
from shindan.collect.dnf_toml import records
from shindan.collect.root import Root, first_of
from shindan.collect.sqlite_pages import Pages
from shindan.collect.sqlite_tables import table_rows, tables
from shindan.collect.unavailable import Unavailable

_HISTORY = "/var/lib/dnf/history.sqlite"
_STATES = ("/usr/lib/sysimage/libdnf5/nevras.toml", "/var/lib/dnf/system/nevras.toml")
_MOST = 100000

# libdnf, `TransactionItemAction`: installed, came as a downgrade, obsoleted another, came as an upgrade, reinstalled.
_BROUGHT = frozenset([1, 2, 4, 6, 9])


def of_dnf5(root: Root) -> Iterator[Tuple[str, str]]:
    """(`name-[epoch:]version-release.arch`, repository), as libdnf5 writes it. Raises Unavailable."""
    path = first_of(root, _STATES)
    if path is None:
        return
    for count, (nevra, said) in enumerate(records(root.lines(path), "nevras")):
        if count > _MOST:
            raise Unavailable("{} names more than {} packages".format(path, _MOST))
        if said.get("from_repo"):
            yield nevra, said["from_repo"]


def of_dnf4(root: Root) -> Iterator[Tuple[str, str]]:
    """(`name-[epoch:]version-release.arch`, repository) of the last time each was installed. Raises Unavailable."""
    if not root.exists(_HISTORY):
        return
    try:
        with ExitStack() as stack:
            for pair in _joined(_pages(root, stack)):
                yield pair
    except (Damaged, FileNotFoundError) as error:
        raise Unavailable("{}: {}".format(_HISTORY, error)) from error


def _pages(root: Root, stack: ExitStack) -> Pages:
    file = BoundedFile(stack.enter_context(root.opened(_HISTORY)))
    log = _HISTORY + "-wal"
    return Pages(file, BoundedFile(stack.enter_context(root.opened(log))) if root.exists(log) else None)


def _joined(pages: Pages) -> Iterator[Tuple[str, str]]:
    """Three passes, so that of the whole history only two numbers a package are held."""
    known = tables(pages)
    missing = [name for name in ("repo", "trans_item", "rpm") if name not in known]
    if missing:
        raise Damaged("it has no table {}".format(missing[0]))
    names = {row.get("id"): str(row.get("repoid") or "") for row in _bounded(table_rows(pages, known["repo"]))}
    last: Dict[Any, Any] = {}
    for row in _bounded(table_rows(pages, known["trans_item"])):
        if row.get("action") in _BROUGHT:
            last[row.get("item_id")] = row.get("repo_id")
    for row in _bounded(table_rows(pages, known["rpm"])):
        repository = names.get(last.get(row.get("item_id")), "")
        if repository:
            yield _nevra(row), repository


def _bounded(rows: Iterator[Dict[str, Any]]) -> Iterator[Dict[str, Any]]:
    for count, row in enumerate(rows):
        if count >= _MOST:
            raise Damaged("a table in it has more than {} rows".format(_MOST))
        yield row


def _nevra(row: Dict[str, Any]) -> str:
    epoch = "{}:".format(row.get("epoch")) if row.get("epoch") else ""
    return "{}-{}{}-{}.{}".format(row.get("name"), epoch, row.get("version"), row.get("release"), row.get("arch"))

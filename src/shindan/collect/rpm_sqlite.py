"""rpm's newest database, `rpmdb.sqlite`, with what its write-ahead log adds. Python 3.6 grammar.

Source: rpm's `lib/backend/sqlite.c`: `CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT
NULL)`.
"""

from typing import Iterator

from shindan.collect.damaged import Damaged
from shindan.collect.rpm_record import Record
from shindan.collect.sqlite_pages import Pages, Row, columns
from shindan.collect.sqlite_tables import tables

_TABLE = "Packages"


def records(pages: Pages) -> Iterator[Record]:
    """Every package; a row that is damaged comes as a record that says so, and so does what ends the table early."""
    table = tables(pages).get(_TABLE)
    if table is None:
        raise Damaged("it has no table {}".format(_TABLE))
    try:
        for row in pages.rows(table.root):
            yield _record(row)
    except Damaged as error:
        yield Record(0, iter(()), str(error))


def _record(row: Row) -> Record:
    try:
        found = columns(row.record)
        if len(found) != 2:
            raise Damaged("package {} has {} columns".format(row.rowid, len(found)))
        row.record.take(found[0][1])
    except Damaged as error:
        return Record(row.rowid, iter(()), str(error))
    return Record(row.rowid, row.record.rest())

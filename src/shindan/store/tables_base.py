"""What tables are made of: the one collection of them, how their constraints are named, and columns that recur."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, String

_NAMES = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=_NAMES)

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A rising number that SQLite also takes for its row id."""


def moment(name: str, *, nullable: bool = False) -> Column[int]:
    """A column of milliseconds since the epoch."""
    return Column(name, BigInteger, nullable=nullable)


def belongs(name: str, to: str) -> Column[str]:
    """A column that names a row of another table, and goes with it."""
    return Column(name, String, ForeignKey(to, ondelete="CASCADE"), nullable=False)

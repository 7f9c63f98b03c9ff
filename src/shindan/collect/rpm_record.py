"""What the three forms of rpm's database have in common. Python 3.6 grammar."""

from typing import Iterator, NamedTuple


class Record(NamedTuple):
    """One installed package: its number in the database and its header's bytes, to be read before the next record.

    `damage` says what is wrong where there is no header to read; 0 is the number of what has none.
    """

    number: int
    blocks: Iterator[bytes]
    damage: str = ""

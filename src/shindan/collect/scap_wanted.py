"""Which SCAP content is to be evaluated, and what that may cost. Python 3.6 grammar."""

from typing import NamedTuple, Tuple


class Wanted(NamedTuple):
    """Content to be evaluated: the file's name, or a whole path where `folders` is empty; a profile; and its SHA-256 in
    hex, "" for any. `seconds` are those of the clock, `memory` is in bytes.
    """

    content: str = ""
    profile: str = ""
    digest: str = ""
    folders: Tuple[str, ...] = ()
    seconds: float = 600.0
    memory: int = 2 * 1024 * 1024 * 1024

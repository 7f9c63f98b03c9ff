"""Which SCAP content is to be evaluated, and what that may cost. Python 3.6 grammar."""

from typing import NamedTuple, Tuple


class Wanted(NamedTuple):
    """Content to be evaluated: a file's name, to be found in one of `folders`, or with `anywhere` a path the caller
    answers for; a profile; and its SHA-256 in hex, "" for any.

    `seconds` are those of the clock, `memory` is address space in bytes; `scratch` is a folder where a private one may
    be made, "" for the system's own.
    """

    content: str = ""
    profile: str = ""
    digest: str = ""
    folders: Tuple[str, ...] = ()
    seconds: float = 600.0
    memory: int = 4 * 1024 * 1024 * 1024
    scratch: str = ""
    anywhere: bool = False

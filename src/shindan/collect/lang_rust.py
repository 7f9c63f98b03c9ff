"""What a Rust program was built from, where `cargo auditable` left its list. Python 3.6 grammar.

Source: https://github.com/rust-secure-code/cargo-auditable, PARSING.md: the section `.dep-v0` is JSON, packed by zlib.
Crates that only helped to build are not in the program.
"""

import json
import zlib
from typing import Iterator, Tuple

from shindan.collect.lang_elf import Elf, Part
from shindan.collect.lang_reader import text
from shindan.collect.unavailable import Unavailable

SECTION = b".dep-v0"
_LARGEST = 4 * 1024 * 1024


def crates(elf: Elf, place: Part) -> Iterator[Tuple[str, str]]:
    """Name and version of every crate in a Rust program. Raises Unavailable where the list is torn."""
    packed = elf.opened.read(place.offset, min(place.size, _LARGEST))
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(packed, _LARGEST)
        elf.opened.budget.read(len(data))
        if not unpacker.eof:
            raise ValueError("it is cut or too large")
        packages = json.loads(data.decode("utf-8"), parse_int=float)["packages"]
    except (zlib.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unavailable("{} has a torn list of crates: {}".format(elf.opened.path, error)) from error
    for package in packages if isinstance(packages, list) else []:
        if isinstance(package, dict) and package.get("kind") != "build":
            yield text(package.get("name")), text(package.get("version"))

"""Control files of dpkg and apt: stanzas of `Field: value` lines. Python 3.6 grammar.

Source: deb822(5), and dpkg's `lib/dpkg/parse.c`: names of fields in any case, stanzas divided by empty lines, values
continued by lines that begin with a blank.
"""

from typing import Collection, Dict, Iterable, Iterator, List, NamedTuple


class Stanza(NamedTuple):
    """First lines of the wanted fields, by lower-case name; and what is wrong with the stanza, or ""."""

    fields: Dict[str, str]
    damage: str = ""


def stanzas(lines: Iterable[bytes], wanted: Collection[bytes], first: bytes = b"package") -> Iterator[Stanza]:
    """The stanzas of a control file, streamed. Lines may carry their newline.

    A line that is no field is damage, and so is a second field of the name `first`: there the end of one stanza and
    the beginning of the next were lost, and the second stanza begins with it.
    """
    fields: Dict[str, str] = {}
    damage = ""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            continue
        if not line.strip():
            if fields or damage:
                yield Stanza(fields, damage)
            fields, damage = {}, ""
            continue
        name, colon, value = line.partition(b":")
        key = name.lower().rstrip()
        if not colon:
            damage = damage or "not a field: {}".format(_excerpt(line))
        elif key in wanted:
            if key == first and key.decode("ascii") in fields:
                yield Stanza(fields, damage or "it runs into the next entry")
                fields, damage = {}, ""
            fields[key.decode("ascii")] = value.strip().decode("utf-8", "replace")
    if fields or damage:
        yield Stanza(fields, damage)


def paragraphs(lines: List[str]) -> Iterator[Dict[str, str]]:
    """Stanzas of a small file a person wrote: whole values (lines joined by newlines), comments left out."""
    fields: Dict[str, str] = {}
    last = ""
    for line in lines + [""]:
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield fields
            fields, last = {}, ""
        elif line[0] in " \t":
            if last:
                fields[last] += "\n" + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            fields[last] = value.strip()


def _excerpt(line: bytes) -> str:
    return repr(line[:40].decode("utf-8", "replace").strip())

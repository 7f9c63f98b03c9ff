"""Configuration of yum, dnf and zypper: sections of options. Python 3.6 grammar.

Source: yum.conf(5), dnf.conf(5) ("Repo Options"), zypper(8). A line that begins with a blank goes on with the value
before it; `#` and `;` begin a comment line; the last of two options of one name counts.
"""

import re
from typing import Dict, Iterable, Iterator, List, Tuple

_SECTION = re.compile(r"^\[([^\]]+)\]")
_OPTION = re.compile(r"^([A-Za-z0-9_.-]+)\s*[=:]\s*(.*)$")
_YES = frozenset(["1", "yes", "true", "on", "always"])
_NO = frozenset(["0", "no", "false", "off", "never"])


def sections(lines: Iterable[str]) -> Iterator[Tuple[str, Dict[str, str]]]:
    """(name, its options with lower-case names) in their order; lines that are none of these are passed over."""
    name, option = "", ""
    said: Dict[str, str] = {}
    for line in lines:
        head = _SECTION.match(line)
        if head is not None:
            if name:
                yield name, said
            name, option, said = head.group(1).strip(), "", {}
        elif line[:1] in ("#", ";") or not line.strip():
            continue
        elif line[:1].isspace():
            if option:
                said[option] = "{} {}".format(said[option], line.strip())
        else:
            match = _OPTION.match(line)
            option = match.group(1).lower() if match is not None else ""
            if match is not None:
                said[option] = match.group(2).strip()
    if name:
        yield name, said


def switch(said: Dict[str, str], option: str, default: bool) -> bool:
    """Whether an option is on; what is neither yes nor no counts as absent."""
    word = said.get(option, "").lower()
    return True if word in _YES else False if word in _NO else default


def words(text: str) -> List[str]:
    """The members of a list, parted by blanks or commas."""
    return [word for word in re.split(r"[\s,]+", text) if word]

"""What GRUB's configuration says: its entries' kernels and arguments, and who may change them. Python 3.6 grammar.

Source: GRUB's manual, "Simple configuration" and "Authentication and authorisation in GRUB"; Red Hat's
`grub2-setpassword` keeps the hash in `user.cfg` as GRUB2_PASSWORD, which grub.cfg names by its variable.
"""

import re
from typing import Dict, Iterable, Iterator, List, NamedTuple

_ENTRY = re.compile(r"^\s*menuentry\s+(?:'([^']*)'|\"([^\"]*)\")")
_ID = re.compile(r"(?:\$menuentry_id_option|--id)\s+['\"]?([^'\"\s{]+)")
_LINUX = re.compile(r"^\s*linux(?:16|efi)?\s+(\S+)\s*(.*)$")
_KERNEL = re.compile(r"vmlinu[zx]-(\S+)$")
_SUPERUSERS = re.compile(r"^\s*set\s+superusers=(.*)$")
_PASSWORD = re.compile(r"^\s*password(?:_pbkdf2)?\s+(\S+)\s+(\S+)")
_VARIABLE = re.compile(r"^\$\{?(\w+)\}?$")
_ASSIGNED = re.compile(r"^\s*(\w+)=(.*)$")
MOST = 500


class MenuEntry(NamedTuple):
    """`name` is its id, else its title; `kernel` the release in the image's name, or ""."""

    name: str
    kernel: str
    arguments: List[str]


def entries(lines: Iterable[str], variables: Dict[str, str]) -> Iterator[MenuEntry]:
    """Every entry that starts a Linux kernel; `variables` are those of GRUB's environment block."""
    name = ""
    number = 0
    for line in lines:
        entry = _ENTRY.match(line)
        if entry is not None:
            found = _ID.search(line)
            name = found.group(1) if found is not None else entry.group(1) or entry.group(2) or "entry"
        linux = _LINUX.match(line)
        if linux is not None and name and number < MOST:
            number += 1
            kernel = _KERNEL.search(linux.group(1))
            yield MenuEntry(name, kernel.group(1) if kernel is not None else "", arguments(linux.group(2), variables))
            name = ""


def arguments(text: str, variables: Dict[str, str]) -> List[str]:
    """The words of a kernel's command line; a variable that nobody knows is left out.

    Quotes hold words together, as the kernel's own parser has it (Documentation/admin-guide/kernel-parameters.rst).
    """
    found: List[str] = []
    for word in _words(text):
        variable = _VARIABLE.match(word)
        if variable is None:
            found.append(word)
        elif variable.group(1) in variables:
            found.extend(_words(variables[variable.group(1)]))
    return found


def _words(text: str) -> List[str]:
    return re.findall(r"(?:[^\s\"]|\"[^\"]*\"?)+", text)


class Guard(NamedTuple):
    """Whether superusers are named, and whether one of them has a password."""

    superusers: bool
    password: bool


def guard(lines: Iterable[str], users: Dict[str, str]) -> Guard:
    """Who alone may change entries; `users` are the assignments of user.cfg."""
    named: List[str] = []
    with_password: List[str] = []
    by_variable = False
    for line in lines:
        superusers = _SUPERUSERS.match(line)
        if superusers is not None:
            named = [name for name in re.split(r"[\s,;|&]+", superusers.group(1).strip("\"' ")) if name]
        password = _PASSWORD.match(line)
        if password is not None:
            variable = _VARIABLE.match(password.group(2))
            by_variable = by_variable or variable is not None
            if variable is None or users.get(variable.group(1)):
                with_password.append(password.group(1).strip("\"'"))
    # Where the only password is a variable without a value, the block that names the superuser is not reached either.
    reached = bool(with_password) or not by_variable
    return Guard(bool(named) and reached, any(name in with_password for name in named))


def assignments(lines: Iterable[str]) -> Dict[str, str]:
    """`name=value` lines: GRUB's environment block, user.cfg."""
    matches = (_ASSIGNED.match(line) for line in lines)
    return {match.group(1): match.group(2).strip().strip("\"'") for match in matches if match is not None}

"""Whether units are enabled: the word of `systemctl is-enabled`, from files and links alone. Python 3.6 grammar.

Source: systemctl(1), "is-enabled" (table of states), and the behaviour of `systemctl --root`.
"""

import os
from typing import FrozenSet, NamedTuple, Optional

from shindan.collect.root import Root
from shindan.collect.unit_files import CONFIGURED, FOLDERS, Said, UnitFiles, template

_GENERATORS = ("/run/systemd/generator.early", "/run/systemd/generator", "/run/systemd/generator.late")
_TRANSIENT = "/run/systemd/transient"
_LINKS = 16


class State(NamedTuple):
    """`enabled` is systemctl's word; `path` the file after all links, "" where it is masked; `name` its last name."""

    enabled: str
    path: str
    name: str


class _Found(NamedTuple):
    name: str
    path: str
    masked: bool


def state(files: UnitFiles, root: Root, name: str) -> Optional[State]:
    """The state of a unit; None where it has no file. Raises Unavailable."""
    found = _found(files, root, name)
    if found is None:
        return None
    if found.masked:
        return State("masked-runtime" if found.path.startswith("/run/") else "masked", "", found.name)
    return State(_enabled(files, name, found), found.path, found.name)


def _found(files: UnitFiles, root: Root, name: str) -> Optional[_Found]:
    """Follows aliases from name to name, links to files from file to file."""
    for _ in range(_LINKS):
        place = _place(files, name) or _place(files, template(name))
        if place is None:
            return None
        target = files.folders[os.path.dirname(place)][os.path.basename(place)].target
        if target is None:
            return _Found(name, place, _is_empty(root, place))
        if target == "/dev/null":
            return _Found(name, place, True)
        other = os.path.basename(target)
        outside = os.path.dirname(target) not in FOLDERS
        if outside or other in (os.path.basename(place), template(name)):
            return _linked(root, name, place, target)
        if template(name) and "@." in other:
            # A template's alias: the instance goes with it.
            other = other.replace("@.", "@" + name.split("@", 1)[1].rsplit(".", 1)[0] + ".", 1)
        name = other
    return None


def _linked(root: Root, name: str, place: str, target: str) -> Optional[_Found]:
    """A link to a file of the same name, or to one outside of the folders that are searched."""
    if not root.exists(target):
        return None
    path = root.resolved(target)
    return _Found(name, place if path == "/dev/null" else path, path == "/dev/null" or _is_empty(root, path))


def _place(files: UnitFiles, name: str) -> Optional[str]:
    if not name:
        return None
    return next(("{}/{}".format(f, name) for f in FOLDERS if name in files.folders.get(f, ())), None)


def _is_empty(root: Root, path: str) -> bool:
    """An empty file masks a unit as a link to /dev/null does."""
    try:
        return not root.head(path, 1)
    except FileNotFoundError:
        return False


def _enabled(files: UnitFiles, asked: str, found: _Found) -> str:
    base = os.path.basename(found.path)
    if asked != base and not template(found.name):
        return "alias"
    if found.path.startswith(_GENERATORS):
        return "generated"
    if found.path.startswith(_TRANSIENT + "/"):
        return "transient"
    said = files.said(found.path, base)
    by_own_name = _linked_state(files, found, _own_names(found.name, said))
    if by_own_name:
        return by_own_name
    if _linked_state(files, found, None):
        return "indirect"
    if any(said.install.get(key) for key in ("Alias", "WantedBy", "RequiredBy", "UpheldBy")):
        return "disabled"
    return "indirect" if said.install.get("Also") else "static"


def _own_names(name: str, said: Said) -> FrozenSet[str]:
    """The names of the links that `systemctl enable` would make."""
    instance = (said.install.get("DefaultInstance") or [""])[-1]
    names = [name] + said.install.get("Alias", [])
    if "@." in name and instance:
        names.append(name.replace("@.", "@{}.".format(instance), 1))
    return frozenset(names)


def _linked_state(files: UnitFiles, found: _Found, names: Optional[FrozenSet[str]]) -> str:
    """Which state links to the unit give it: those of `names`, or with None of any name; "" where there are none."""
    at_runtime = statically = linked = linked_at_runtime = below = False
    for folder in FOLDERS:
        if folder in files.folders:
            hit, same = _links_in(files, folder, found, names, below)
            runtime = folder.startswith("/run/")
            if hit and folder == CONFIGURED:
                return "enabled"
            at_runtime = at_runtime or (hit and runtime)
            statically = statically or (hit and not runtime)
            linked = linked or (same and not hit and folder == CONFIGURED)
            linked_at_runtime = linked_at_runtime or (same and not hit and runtime)
        # Folders after the unit's own: what is called the same there is hidden by it.
        below = below or found.path.startswith(folder + "/")
    if at_runtime:
        return "enabled-runtime"
    if statically and template(found.name):
        return "static"
    return "linked" if linked else "linked-runtime" if linked_at_runtime else ""


def _links_in(files: UnitFiles, folder: str, found: _Found, names: Optional[FrozenSet[str]], below: bool) -> "_Links":
    """Whether a link of the folder leads to the unit; and whether one of the unit's own name stands in it."""
    same = False
    for wanted in files.wanted[folder]:
        if (wanted == found.name or template(wanted) == found.name) and (names is None or wanted in names):
            return _Links(True, same)
    for name, entry in files.folders[folder].items():
        if entry.target is None:
            continue
        to_it = os.path.basename(entry.target) == found.name
        called_so = not below and name == found.name
        if to_it and called_so:
            same = True
        elif (to_it or called_so) and (names is None or name in names):
            return _Links(True, same)
    return _Links(False, same)


class _Links(NamedTuple):
    hit: bool
    same: bool

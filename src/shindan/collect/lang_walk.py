"""Goes through the places where language packages lie, folder by folder, and follows no link. Python 3.6 grammar."""

import os
import stat
from itertools import islice
from typing import Collection, Iterator, List, Tuple

from shindan.collect import lang_npm
from shindan.collect.lang_budget import PLACE_ENTRIES, Reading
from shindan.collect.lang_places import PASSED_OVER, PYTHON_FOLDERS, Place, inside_python
from shindan.collect.lang_reader import Folder
from shindan.collect.unavailable import Unavailable

_KEPT = 3
_AT_ONCE = 500
# Endings of files that are no programs whatever their rights say; a dot may also be a version's.
_NO_PROGRAM = frozenset(
    [".py", ".pyc", ".pl", ".pm", ".rb", ".sh", ".js", ".mjs", ".ts", ".php", ".txt", ".md", ".rst", ".json", ".yaml"]
    + [".yml", ".xml", ".html", ".css", ".c", ".h", ".go", ".rs", ".java", ".jar", ".class", ".gz", ".zip", ".whl"]
    + [".png", ".jpg", ".svg", ".so", ".a", ".o", ".la", ".conf", ".cfg", ".ini", ".toml", ".d", ".gemspec"]
)


class Told:
    """What could not be looked at, gathered while going; bounded, for there may be no end of it."""

    def __init__(self) -> None:
        self.wrong: List[str] = []
        self.more = 0
        self.too_deep = 0
        self.deep = ""

    def say(self, sentence: str) -> None:
        """Something could not be read, and why."""
        if len(self.wrong) < _KEPT and sentence not in self.wrong:
            self.wrong.append(sentence)
        elif sentence not in self.wrong:
            self.more += 1

    def pass_over(self, path: str) -> None:
        """A folder lies too deep."""
        self.too_deep += 1
        self.deep = self.deep or path


def folders(reading: Reading, place: Place, others: Collection[str], remote: List[str], told: Told) -> Iterator[Folder]:
    """Every folder of a place, itself first; not those of `others`. Raises Spent; what cannot be read is told."""
    left = PLACE_ENTRIES
    todo: List[Tuple[str, int]] = [(place.path, 0)]
    while todo:
        path, depth = todo.pop()
        if path in remote:
            told.say("{} lies on another machine".format(path))
            continue
        try:
            folder, left = _listed(reading, path, left)
        except Unavailable as error:
            told.say(str(error))
            continue
        yield folder
        if left <= 0:
            told.say("{} has more than {} files and folders: stopped at {}".format(place.path, PLACE_ENTRIES, path))
            return
        below = _below(folder)
        if below and depth >= place.depth:
            if place.depth and not lang_npm.is_modules(path):
                told.pass_over(below[0])
            if not _goes_on(path):
                continue
        todo += [(one, depth + 1) for one in reversed(below) if one not in others]


def _goes_on(path: str) -> bool:
    """Whether a folder's packages lie below it, however deep it is itself."""
    return lang_npm.holds_packages(path) or lang_npm.is_store(path) or path.endswith(PYTHON_FOLDERS)


def _listed(reading: Reading, path: str, left: int) -> Tuple[Folder, int]:
    """One folder's names, sorted, and how many entries the place has left; a missing folder has none.

    A host has tens of thousands of entries in these places, so this is the hot loop of the walk.
    """
    files: List[str] = []
    inside: List[str] = []
    programs: List[str] = []
    packages = _goes_on(path)
    entries = reading.root.scan(path)
    while left > 0:
        some = list(islice(entries, min(left, _AT_ONCE)))
        if not some:
            break
        reading.budget.entries(len(some))
        left -= len(some)
        for entry in some if left > 0 else some[:-1]:
            # A link is neither of both.
            if entry.is_dir(follow_symlinks=False):
                inside.append(entry.name)
            elif entry.is_file(follow_symlinks=False):
                name = entry.name
                files.append(name)
                if not packages and name[name.rfind(".") :] not in _NO_PROGRAM and _may_run(entry):
                    programs.append(name)
    for names in (files, inside, programs):
        names.sort()
    return Folder(path, files, inside, programs), left


def _may_run(entry: "os.DirEntry[str]") -> bool:
    try:
        return bool(entry.stat(follow_symlinks=False).st_mode & stat.S_IXUSR)
    except OSError:  # it went away while we looked
        return False


def _below(folder: Folder) -> List[str]:
    """The folders to go on with."""
    if lang_npm.holds_packages(folder.path) or lang_npm.is_store(folder.path):
        return lang_npm.below(folder)
    if folder.path.endswith(PYTHON_FOLDERS):
        return inside_python(folder.path)
    parent = folder.path.rstrip("/")
    return ["{}/{}".format(parent, name) for name in folder.folders if _worthwhile(name)]


def _worthwhile(name: str) -> bool:
    return name not in PASSED_OVER and not name.endswith((".dist-info", ".egg-info"))

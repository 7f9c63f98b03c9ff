"""What every reader of an ecosystem's packages is, and what it finds. Python 3.6 grammar."""

from typing import Any, Iterator, List, NamedTuple

from shindan.collect.lang_budget import Reading

LONGEST = 512
"""Characters of a name or a version; what is longer is no name, but noise in a file."""


class Found(NamedTuple):
    """One installed package: its ecosystem, name and version, and the file that says so."""

    type: str
    name: str
    version: str
    path: str
    inside: str = ""
    """Where in that file, if it is an archive: `BOOT-INF/lib/a.jar`."""

    @property
    def sane(self) -> bool:
        """Whether name and version are such, and the place in the archive is no endless one."""
        return len(self.inside) <= 8 * LONGEST and all(
            0 < len(text) <= LONGEST and text.isprintable() for text in (self.name, self.version)
        )


class Folder(NamedTuple):
    """One folder: the names in it, links left out. `programs` are those of its files that may be executed."""

    path: str
    files: List[str]
    folders: List[str]
    programs: List[str]


class Reader:
    """One way in which packages lie on a disk; subclasses say which files tell of them, and read these."""

    def files(self, folder: Folder) -> List[str]:
        """The paths of the files to read, of those in and right below the folder; they need not exist."""
        raise NotImplementedError

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """The packages that a file tells of.

        Raises as `Reading` does; Unavailable also for a file that is damaged, after what could be read of it.
        """
        raise NotImplementedError


def text(value: Any) -> str:
    """A value of somebody's JSON as text without blanks around it; "" for what is no text."""
    return value.strip() if isinstance(value, str) else ""

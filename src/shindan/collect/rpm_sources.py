"""The repositories that yum, dnf and zypper are configured with. Python 3.6 grammar.

Source: yum.conf(5), dnf.conf(5), dnf5-conf(5) (overrides), zypper(8). A host that is registered with Red Hat has its
content sets in `redhat.repo`: there the ids are the content sets' own labels.
"""

from fnmatch import fnmatchcase
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.root import Root
from shindan.collect.rpm_ini import sections, words
from shindan.collect.unavailable import Unavailable

_CONFIGURATIONS = ("/etc/yum.conf", "/etc/dnf/dnf.conf")
_FOLDERS = (
    "/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d", "/usr/share/dnf5/repos.d", "/etc/zypp/repos.d",
)  # fmt: skip
_OVERRIDES = ("/usr/share/dnf5/repos.override.d", "/etc/dnf/repos.override.d")
_MOST = 5000


class Source(NamedTuple):
    """One configured repository: its id, its options as written, and where they are written."""

    id: str
    said: Dict[str, str]
    file: str

    @property
    def style(self) -> str:
        """Whose configuration it is: `zypp` or `yum`."""
        return "zypp" if self.file.startswith("/etc/zypp/") else "yum"


class Configuration(NamedTuple):
    """The main options, the repositories in the order of their files, and what could not be read."""

    main: Dict[str, str]
    sources: List[Source]
    wrong: List[str]


def configured(root: Root) -> Configuration:
    """Everything that is configured, overrides applied."""
    found = Configuration({}, [], [])
    for path in _CONFIGURATIONS:
        for id_, said in _read(root, path, found.wrong):
            if id_ == "main":
                found.main.update(said)
            else:
                found.sources.append(Source(id_, said, path))
    overrides = [
        pair for folder in _OVERRIDES for path in _files(root, folder) for pair in _read(root, path, found.wrong)
    ]
    for folder in _folders(found.main):
        for path in _files(root, folder):
            found.sources.extend(Source(id_, said, path) for id_, said in _read(root, path, found.wrong))
    del found.sources[_MOST:]
    return found._replace(sources=[_overridden(source, overrides) for source in found.sources])


def _folders(main: Dict[str, str]) -> List[str]:
    own = [path for path in words(main.get("reposdir", "")) if path.startswith("/")]
    return own + [folder for folder in _FOLDERS if folder not in own]


def _files(root: Root, folder: str) -> List[str]:
    return ["{}/{}".format(folder, name) for name in root.names(folder) if name.endswith(".repo")]


def _read(root: Root, path: str, wrong: List[str]) -> Iterator[Tuple[str, Dict[str, str]]]:
    try:
        for pair in sections(root.text(path)):
            yield pair
    except FileNotFoundError:
        return
    except Unavailable as error:
        wrong.append(str(error))


def _overridden(source: Source, overrides: List[Tuple[str, Dict[str, str]]]) -> Source:
    said = dict(source.said)
    for pattern, options in overrides:
        if fnmatchcase(source.id, pattern):
            said.update(options)
    return source._replace(said=said)

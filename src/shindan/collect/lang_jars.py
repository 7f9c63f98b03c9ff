"""Java packages: archives, and archives in them, by what their builders left inside. Python 3.6 grammar.

Maven leaves `META-INF/maven/GROUP/ARTIFACT/pom.properties` for the archive and for each one merged into it: name
`GROUP:ARTIFACT`. Where there is none, the manifest (JAR File Specification; OSGi Core, 3.2) and the file tell: name
`ARTIFACT` alone, for the group is not known then.
"""

import re
from typing import Dict, Iterator, List, NamedTuple, Tuple

from shindan.collect.lang_budget import Reading, Source
from shindan.collect.lang_reader import Folder, Found, Reader
from shindan.collect.lang_zip import Entry, Memory, content, entries, stored
from shindan.collect.unavailable import Unavailable

ENDINGS = (".jar", ".war", ".ear", ".par", ".sar", ".rar", ".hpi", ".jpi")
_DEEPEST = 4
_LARGEST_TEXT = 256 * 1024
_MOST_NAMES = 10 * 1000
_LARGEST_INSIDE = 12 * 1024 * 1024
"""Bytes of a packed archive inside another, which is unpacked into memory; most are stored, and need none."""

_MANIFEST = "META-INF/MANIFEST.MF"
_PROPERTIES = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_FILE_NAME = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*?)-([0-9][A-Za-z0-9_.+-]*)\.[a-z]+")
_MANIFEST_NAMES = ("Bundle-SymbolicName", "Short-Name", "Extension-Name", "Implementation-Title")
_MANIFEST_VERSIONS = ("Plugin-Version", "Implementation-Version", "Bundle-Version", "Specification-Version")


class _Told(NamedTuple):
    """What one archive tells of itself before those inside it are looked at."""

    packages: List[Tuple[str, str]]
    manifest: Dict[str, str]
    nested: List[Entry]
    damage: List[str]


class JarReader(Reader):
    """Artifacts in jars, wars, ears and the like, nested ones too."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        return ["{}/{}".format(folder.path, name) for name in folder.files if name.endswith(ENDINGS)]

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        damage: List[str] = []
        with reading.opened(path) as opened:
            for found in _archive(opened, path, "", 0, damage):
                yield found
        if damage:
            more = " and {} more".format(len(damage) - 1) if len(damage) > 1 else ""
            raise Unavailable(damage[0] + more)


def _archive(source: Source, path: str, inside: str, depth: int, damage: List[str]) -> Iterator[Found]:
    told = _told(source)
    damage += told.damage
    for name, version in told.packages or _otherwise(told.manifest, (inside or path).rpartition("/")[2]):
        yield Found("maven", name, version, path, inside)
    for entry in told.nested:
        where = "{}!/{}".format(inside, entry.name) if inside else entry.name
        if depth + 1 >= _DEEPEST:
            damage.append("{}!/{} is nested too deep".format(path, where))
            continue
        try:
            part = stored(source, entry) or Memory(
                "{}!/{}".format(source.path, entry.name), content(source, entry, _LARGEST_INSIDE), source.budget
            )
            for found in _archive(part, path, where, depth + 1, damage):
                yield found
        except Unavailable as error:
            damage.append(str(error))
            for name, version in _by_file_name(entry.name.rpartition("/")[2]):
                yield Found("maven", name, version, path, where)


def _told(source: Source) -> _Told:
    """Reads an archive's directory once; keeps only the entries of the archives inside it."""
    told = _Told([], {}, [], [])
    try:
        for entry in entries(source):
            if max(len(told.nested), len(told.packages), len(told.damage)) >= _MOST_NAMES:
                raise Unavailable("{} holds too many packages".format(source.path))
            try:
                if _PROPERTIES.fullmatch(entry.name):
                    told.packages.extend(properties(content(source, entry, _LARGEST_TEXT)))
                elif entry.name == _MANIFEST and not told.manifest:
                    told.manifest.update(manifest(content(source, entry, _LARGEST_TEXT)))
                elif entry.name.endswith(ENDINGS):
                    told.nested.append(entry)
            except Unavailable as error:
                told.damage.append(str(error))
    except Unavailable as error:
        told.damage.append(str(error))
    return told


def properties(data: bytes) -> Iterator[Tuple[str, str]]:
    """Name and version that a `pom.properties` gives; none where it lacks one of them."""
    found: Dict[str, str] = {}
    for line in data.decode("utf-8", "replace").splitlines():
        key, equals, value = line.partition("=")
        if equals:
            found[key.strip()] = value.strip()
    group, artifact, version = found.get("groupId"), found.get("artifactId"), found.get("version")
    if group and artifact and version:
        yield "{}:{}".format(group, artifact), version


def manifest(data: bytes) -> Dict[str, str]:
    """The manifest's main section; a line that begins with a blank goes on with the one before."""
    found: Dict[str, str] = {}
    last = ""
    for line in data.decode("utf-8", "replace").splitlines():
        if not line:
            break
        if line.startswith(" ") and last:
            found[last] += line[1:]
            continue
        last, _, value = line.partition(":")
        found[last] = value.lstrip()
    return found


def _otherwise(told: Dict[str, str], file_name: str) -> Iterator[Tuple[str, str]]:
    """What manifest and file name together say; of two names the file's, which is the artifact's by custom."""
    for found in _by_file_name(file_name):
        yield found
        return
    name = next((told[key] for key in _MANIFEST_NAMES if told.get(key)), "").partition(";")[0].strip()
    version = next((told[key] for key in _MANIFEST_VERSIONS if told.get(key)), "").strip()
    stem = file_name.rpartition(".")[0]
    if version and (stem or name):
        yield stem if name.endswith(stem) or " " in name or not name else name, version


def _by_file_name(file_name: str) -> Iterator[Tuple[str, str]]:
    found = _FILE_NAME.fullmatch(file_name)
    if found:
        yield found.group(1), found.group(2)

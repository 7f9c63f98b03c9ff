"""The SSH server's configuration as it is in force, for everybody and for each Match line. Python 3.6 grammar.

The server itself is asked (`sshd -T`) with the options of the one that runs. Where it cannot answer for want of rights,
host keys or its folder in /run, and below a root, its files are read. A configuration that it refuses is a gap: it
would not start again.
"""

from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from shindan.collect.base import Collector
from shindan.collect.root import Root, first_of
from shindan.collect.sshd_daemon import Daemon, configured, running, split
from shindan.collect.sshd_files import MAIN, VENDOR, Block, Configuration, Entry, read
from shindan.collect.sshd_match import Connection, satisfying
from shindan.collect.sshd_values import effective, given
from shindan.collect.unavailable import Unavailable
from shindan.facts.fact import Fact

_MOST_BLOCKS = 50
_SERVERS = ("/usr/sbin/sshd", "/sbin/sshd")
# What sshd says where its configuration is not to blame.
_NOT_ITS_FAULT = (
    "no hostkeys available",
    "privilege separation",
    "Permission denied",
    "is missing",
    "Unable to load host",
)


class Sshd(Collector):
    """One fact for everybody, one for each Match line."""

    name = "sshd"
    kinds = ("sshd",)

    def collect(self, root: Root) -> Iterator[Fact]:
        """See `Collector.collect`."""
        if first_of(root, _SERVERS) is None:
            yield Fact("sshd", "global", {"installed": False})
            return
        daemon = running() if root.live else None
        options = daemon.options if daemon is not None else configured(root)
        path, arguments = split(options)
        try:
            files = read(root, path or (MAIN if root.exists(MAIN) else VENDOR))
        except FileNotFoundError as error:
            raise Unavailable("{} is missing: the SSH server cannot start".format(error.filename)) from error
        asked = [one for one in (given(argument) for argument in arguments) if one is not None]
        entries = asked + files.entries
        said = told(root, options, "")
        data: Dict[str, Any] = {"installed": True, "options": said or effective(entries), "arguments": options}
        data["origin"] = "sshd -T" if said else "parsed"
        if daemon is not None and _changed(root, files, daemon):
            data["changed_since_start"] = True
        yield Fact("sshd", "global", data)
        for fact in self._blocks(root, files, entries, options if said else None):
            yield fact

    def _blocks(
        self, root: Root, files: Configuration, entries: Sequence[Entry], options: Optional[List[str]]
    ) -> Iterator[Fact]:
        groups = _groups(root)
        subjects: Dict[str, int] = {}
        for blocks in files.blocks[:_MOST_BLOCKS]:
            block = blocks[-1]
            if [one.lower() for one in block.criteria] == ["all"] and len(blocks) == 1:
                continue  # that is everybody
            connection = satisfying(blocks, groups)
            fact = _block(root, blocks, connection, entries, options)
            number = subjects[block.text()] = subjects.get(block.text(), 0) + 1
            yield fact if number == 1 else fact._replace(subject="{} ({})".format(fact.subject, number))
        if len(files.blocks) > _MOST_BLOCKS:
            yield self.gap("there are {} Match lines; {} were looked at".format(len(files.blocks), _MOST_BLOCKS))


def _block(
    root: Root,
    blocks: Tuple[Block, ...],
    connection: Optional[Connection],
    entries: Sequence[Entry],
    options: Optional[List[str]],
) -> Fact:
    block = blocks[-1]
    data: Dict[str, Any] = {"file": "{}:{}".format(block.file, block.line), "origin": "parsed"}
    if connection is None:
        # Nobody to ask about: what stands in the block itself is what it does, whoever meets it.
        own = [entry._replace(blocks=()) for entry in entries if entry.blocks[: len(blocks)] == blocks]
        data["options"] = effective(own, defaults=False)
        return Fact("sshd", block.text(), data)
    data["connection"] = connection.told()
    said: Dict[str, Any] = {}
    if options is not None:
        text = ",".join("{}={}".format(name, value) for name, value in connection.told().items())
        # A comma or an equals sign in a value cannot be told to sshd.
        if text.count(",") == len(connection.told()) - 1 and text.count("=") == len(connection.told()):
            said = told(root, options, text)
    data["options"] = said or effective(entries, connection)
    data["origin"] = "sshd -T" if said else "parsed"
    return Fact("sshd", block.text(), data)


def told(root: Root, options: Sequence[str], connection: str) -> Dict[str, Any]:
    """What sshd says, nothing where it cannot be asked. Raises Unavailable for what it refuses."""
    if not root.live:
        return {}
    try:
        return parsed(root.sshd_effective(options, connection))
    except Unavailable as error:
        if any(text in str(error) for text in _NOT_ITS_FAULT):
            return {}
        raise Unavailable("the SSH server refuses its configuration and would not start: {}".format(error)) from error


def parsed(lines: Sequence[str]) -> Dict[str, Any]:
    """What `sshd -T` prints: option → value, or a list where it is printed several times."""
    found: Dict[str, Any] = {}
    for line in lines:
        name, _, value = line.strip().partition(" ")
        if not name.isalnum() or not name.islower():
            continue  # a warning of sshd's
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found


def _changed(root: Root, files: Configuration, daemon: Daemon) -> bool:
    if daemon.started is None:
        return False
    times = [status.st_mtime for status in (root.status(path) for path in files.files) if status is not None]
    return max(times) > daemon.started + 1


def _groups(root: Root) -> Dict[str, List[str]]:
    """Group → the users that belong to it, also those whose own group it is."""
    members: Dict[str, List[str]] = {}
    numbers: Dict[str, str] = {}
    try:
        for line in root.text("/etc/group"):
            fields = line.split(":")
            if len(fields) == 4:
                numbers[fields[2]] = fields[0]
                members[fields[0]] = [name for name in fields[3].split(",") if name]
        for line in root.text("/etc/passwd"):
            fields = line.split(":")
            if len(fields) == 7 and fields[3] in numbers:
                members[numbers[fields[3]]].append(fields[0])
    except (FileNotFoundError, Unavailable):
        pass
    return members

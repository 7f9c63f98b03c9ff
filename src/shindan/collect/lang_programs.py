"""Programs that say what they were built from: Go's and Rust's, as ELF files. Python 3.6 grammar."""

from typing import Iterator, List

from shindan.collect import lang_go, lang_rust
from shindan.collect.lang_budget import Opened, Reading
from shindan.collect.lang_elf import MAGIC, Elf
from shindan.collect.lang_reader import Folder, Found, Reader

_HEADER = 64
_SECTIONS = (lang_go.SECTION, lang_rust.SECTION)


class ProgramReader(Reader):
    """Modules and crates that are linked into programs."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        return ["{}/{}".format(folder.path, name) for name in folder.programs]

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        with reading.opened(path) as opened:
            head = opened.read(0, _HEADER)
            if head.startswith(MAGIC):
                for found in _packages(opened, Elf(opened, head)):
                    yield found


def _packages(opened: Opened, elf: Elf) -> Iterator[Found]:
    for section in elf.sections(_SECTIONS):
        if section.name == lang_go.SECTION:
            for name, version in lang_go.modules(elf, section):
                yield Found("golang", name, version, opened.path)
        else:
            for name, version in lang_rust.crates(elf, section):
                yield Found("cargo", name, version, opened.path)
    if not elf.has_sections():  # stripped to the bone: Go's linker puts it first in what is writable
        for segment in elf.segments():
            if segment.writable:
                for name, version in lang_go.modules(elf, segment):
                    yield Found("golang", name, version, opened.path)
                return

"""From which repository zypper installed each package. Python 3.6 grammar.

Source: libzypp's `HistoryLog`: lines of fields between `|`, the third kind of which reads
`date|install|name|version-release|arch|user|repository alias|checksum|`. Older logs are compressed and not read.
"""

from typing import Iterator, Tuple

from shindan.collect.root import Root
from shindan.collect.unavailable import Unavailable

_LOG = "/var/log/zypp/history"
_MOST = 100000


def of_zypp(root: Root) -> Iterator[Tuple[str, str]]:
    """(`name-[epoch:]version-release.arch`, repository), the last time counts. Raises Unavailable."""
    if not root.exists(_LOG):
        return
    left = _MOST
    try:
        for line in root.lines(_LOG):
            if line.startswith(b"#") or b"|install|" not in line[:40]:
                continue
            fields = line.decode("utf-8", "replace").split("|")
            left -= 1
            if left < 0:
                raise Unavailable("{} names more than {} packages".format(_LOG, _MOST))
            if len(fields) >= 7 and fields[1] == "install" and fields[6]:
                yield "{}-{}.{}".format(fields[2], fields[3], fields[4]), fields[6]
    except FileNotFoundError:
        return

"""Ruby gems: `specifications/*.gemspec`. Python 3.6 grammar.

RubyGems writes the specification as a Ruby program, and first a comment for readers that want not to run it:
`# stub: rack 2.2.3 ruby lib` (rubygems `lib/rubygems/stub_specification.rb`). Without it, name and version are read
from the assignments `s.name = "rack"` and `s.version = "2.2.3"`, which must then be plain strings.
"""

import re
from typing import Iterator, List

from shindan.collect.lang_budget import Reading
from shindan.collect.lang_reader import Folder, Found, Reader
from shindan.collect.unavailable import Unavailable

_HEAD = 16 * 1024
_FOLDERS = ("/specifications", "/specifications/default")
_STUB = re.compile(r"^# stub: (\S+) (\S+) ", re.MULTILINE)
_NAME = re.compile(r"^\s*\w+\.name\s*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)
_VERSION = re.compile(r"^\s*\w+\.version\s*=\s*(?:Gem::Version\.new\s*\(?\s*)?[\"']([^\"']+)[\"']", re.MULTILINE)


class GemReader(Reader):
    """Gems that RubyGems, bundler and distributions' packagers have installed."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        if not folder.path.endswith(_FOLDERS):
            return []
        return ["{}/{}".format(folder.path, name) for name in folder.files if name.endswith(".gemspec")]

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        head = reading.head(path, _HEAD).decode("utf-8", "replace")
        stub = _STUB.search(head)
        if stub:
            yield Found("gem", stub.group(1), stub.group(2), path)
            return
        name, version = _NAME.search(head), _VERSION.search(head)
        if not name or not version:
            raise Unavailable("{} names no gem and version as plain text".format(path))
        yield Found("gem", name.group(1), version.group(1), path)

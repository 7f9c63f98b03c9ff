"""PHP packages: `vendor/composer/installed.json`, what Composer has installed. Python 3.6 grammar.

Source: composer `src/Composer/Repository/FilesystemRepository.php`: since version 2 an object with the list `packages`,
before that the list alone.
"""

import json
from typing import Any, Dict, Iterator, List, Tuple

from shindan.collect.lang_budget import Reading
from shindan.collect.lang_reader import Folder, Found, Reader, text
from shindan.collect.unavailable import Unavailable

_LARGEST = 8 * 1024 * 1024
_KEPT = frozenset(["packages", "name", "version"])


class ComposerReader(Reader):
    """Packages that Composer has installed."""

    def files(self, folder: Folder) -> List[str]:
        """See `Reader.files`."""
        wanted = folder.path.endswith("/composer") and "installed.json" in folder.files
        return [folder.path + "/installed.json"] if wanted else []

    def read(self, reading: Reading, path: str) -> Iterator[Found]:
        """See `Reader.read`."""
        try:
            told = json.loads(reading.whole(path, _LARGEST).decode("utf-8"), object_pairs_hook=_kept, parse_int=float)
        except (ValueError, RecursionError) as error:
            raise Unavailable("{} is no JSON: {}".format(path, type(error).__name__)) from error
        packages = told.get("packages") if isinstance(told, dict) else told
        if not isinstance(packages, list):
            raise Unavailable("{} has no list of packages".format(path))
        for package in packages:
            if isinstance(package, dict):
                name, version = text(package.get("name")), text(package.get("version"))
                if name and version:
                    yield Found("composer", name, version, path)


def _kept(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    """An object with only what is asked for; a package tells a hundred times as much."""
    return {key: value for key, value in pairs if key in _KEPT}

"""Module streams that dnf has switched on or off. Python 3.6 grammar.

Source: dnf's "Modularity" manual page; libdnf keeps `NAME.module` files with one section each under
`/etc/dnf/modules.d`, libdnf5 a table in `modules.toml` beside its other state.
"""

from typing import Any, Dict, Iterator, List, Tuple

from shindan.collect.dnf_toml import records
from shindan.collect.root import Root
from shindan.collect.rpm_ini import sections, words

_FOLDER = "/etc/dnf/modules.d"
_STATE = "/usr/lib/sysimage/libdnf5/modules.toml"


def streams(root: Root) -> Iterator[Tuple[str, Dict[str, Any]]]:
    """(module, what is known of it): `state`, and where they are set `stream` and `profiles`. Raises Unavailable."""
    for name in root.names(_FOLDER):
        if name.endswith(".module"):
            path = "{}/{}".format(_FOLDER, name)
            for section, said in sections(root.text(path)):
                profiles = words(said.get("profiles", ""))
                yield said.get("name") or section, _data(path, said.get("stream", ""), said.get("state", ""), profiles)
    if root.exists(_STATE):
        for name, said in records(root.lines(_STATE), "modules"):
            profiles = [word.strip("\"'") for word in words(said.get("installed_profiles", "").strip("[]"))]
            yield name, _data(_STATE, said.get("enabled_stream", ""), said.get("state", ""), profiles)


def _data(path: str, stream: str, state: str, profiles: List[str]) -> Dict[str, Any]:
    # No state written down is the default: neither switched on nor off.
    data: Dict[str, Any] = {"state": state.lower() or "default", "file": path}
    if stream:
        data["stream"] = stream
    if profiles:
        data["profiles"] = profiles
    return data

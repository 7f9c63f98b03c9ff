"""Copies the model of the assessment API out of an installed botocore: `python scripts/vendor_model.py`.

Its publisher removes the models of services that have ended, so ours is kept in the tree: the service model without its
documentation texts, the paginators and the rules of endpoints. botocore is Apache-2.0; its licence and notice go along.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import json
from pathlib import Path
from typing import Any

import botocore

SOURCE = Path(botocore.__file__).parent / "data" / "inspector" / "2016-02-16"
FOLDER = Path(__file__).resolve().parent.parent / "src" / "shindan" / "api" / "model"
FILES = ("service-2", "paginators-1", "endpoint-rule-set-1")

NOTICE = """\
The JSON files are the model of API 2016-02-16 as botocore {version} publishes it (data/inspector/2016-02-16), changed
only in that the documentation texts of service-2.json are left out and the JSON is written anew by
scripts/vendor_model.py. They are licensed under the Apache License, Version 2.0; see the file LICENSE in this folder.

botocore's own notice:
{notice}"""


def main() -> None:
    """Writes the folder anew."""
    FOLDER.mkdir(exist_ok=True)
    for name in FILES:
        (FOLDER / f"{name}.json").write_text(text(name))
    licences = importlib.metadata.distribution("botocore")
    (FOLDER / "LICENSE").write_text(_text_of(licences, "LICENSE.txt"))
    # What stands behind the line is about code that botocore carries of others; none of it is here.
    own = _text_of(licences, "NOTICE").partition("----")[0]
    notice = NOTICE.format(version=licences.version, notice=own)
    (FOLDER / "NOTICE").write_text(notice.rstrip() + "\n")


def text(name: str) -> str:
    """What the file of this name holds: one member a line, documentation left out."""
    packed, plain = SOURCE / f"{name}.json.gz", SOURCE / f"{name}.json"
    document = json.loads(gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes())
    kept = without_texts(document) if name == "service-2" else document
    return json.dumps(kept, indent=1, ensure_ascii=False) + "\n"


def without_texts(node: Any, *, names: bool = False) -> Any:
    """The model without `documentation`, but for a member or shape that is called so (`names`)."""
    if isinstance(node, list):
        return [without_texts(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if names or key != "documentation"}
    inner = ("members", "shapes", "operations")
    return {key: without_texts(value, names=not names and key in inner) for key, value in kept.items()}


def _text_of(distribution: importlib.metadata.Distribution, ending: str) -> str:
    for file in distribution.files or []:
        if file.name == ending:
            return Path(str(file.locate())).read_text()
    raise SystemExit(f"this botocore carries no {ending}")


if __name__ == "__main__":
    main()

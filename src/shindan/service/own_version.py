"""Which version of Shindan runs, without reading its package's metadata: that alone imports more than a scan does."""

from __future__ import annotations

import contextlib
import os
import sys

_BEGIN, _END = "shindan-", ".dist-info"


def own_version() -> str:
    """The installed version. Raises PackageNotFoundError where nothing of that name is installed.

    Source: packaging.python.org, "Recording installed projects": the folder is called `NAME-VERSION.dist-info`.
    """
    for folder in sys.path:
        with contextlib.suppress(OSError):
            for name in os.listdir(folder or "."):  # noqa: PTH208 - Path would make an object of every name
                if name.startswith(_BEGIN) and name.endswith(_END):
                    return name[len(_BEGIN) : -len(_END)]
    from importlib.metadata import version  # an archive that Python runs as it is

    return version("shindan")

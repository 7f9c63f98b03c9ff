"""The API's model for clients whose own copy of it is gone: a zip to unpack into ~/.aws/models.

AWS removes the models of ended services from botocore and the AWS CLI. Both look into ~/.aws/models as well, where all
three files are needed: without paginators-1 boto3 has no paginators, without endpoint-rule-set-1 no endpoint.
"""

from __future__ import annotations

import functools
import hashlib
import io
import re
import zipfile

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shindan.api.spec import MODEL

PATH = "/sdk/inspector-model.zip"
FOLDER = "inspector/2016-02-16"
"""Where the SDKs look, below the folder of models."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_HOST = re.compile(r"[A-Za-z0-9.:\[\]_-]{1,255}")


@functools.cache
def archive() -> bytes:
    """The zip; the same bytes each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for path in sorted(path for path in MODEL.iterdir() if path.suffix == ".json" or path.name.isupper()):
            file.writestr(zipfile.ZipInfo(f"{FOLDER}/{path.name}", _EPOCH), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def install_line(address: str) -> str:
    """The one line that installs the model from the service at `address` (`https://shindan.example:8443`)."""
    name = PATH.rpartition("/")[2]
    return f"curl -fsSO {address}{PATH} && python3 -m zipfile -e {name} ~/.aws/models && rm {name}"


def routes() -> list[Route]:
    """The zip and, at /sdk, how to install it."""
    return [Route(PATH, _archive, methods=["GET"]), Route("/sdk", _how, methods=["GET"])]


async def _archive(request: Request) -> Response:
    etag = f'"{hashlib.sha256(archive()).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "public, max-age=3600"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(archive(), media_type="application/zip", headers=headers)


async def _how(request: Request) -> Response:
    # The line is meant for a shell: nothing of the request goes into it that is not the name of a host.
    host = request.headers.get("host", "")
    safe = host if _HOST.fullmatch(host) else "localhost"
    return PlainTextResponse(install_line(f"{request.url.scheme}://{safe}") + "\n")

"""What a form sends: urlencoded, small, and checked for where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from shindan.console.errors import BadForm

LARGEST = 262_144
_MOST_FIELDS = 2_000


class Form(Mapping[str, str]):
    """Fields by name; the last of several has a name's say, `all` gives every one. A field that is not there is ""."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self._pairs = pairs

    def __getitem__(self, name: str) -> str:
        return next((value for key, value in reversed(self._pairs) if key == name), "")

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(dict(self._pairs))

    def __len__(self) -> int:
        return len(dict(self._pairs))

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self._pairs)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every field in the form's order: rows of several fields belong together by it."""
        return list(self._pairs)

    def text(self, name: str) -> str:
        """The field without white space around it."""
        return self[name].strip()

    def all(self, name: str) -> list[str]:
        """Every value of a name that is not empty, in the form's order."""
        return [value for key, value in self._pairs if key == name and value]

    def tags(self) -> list[tuple[str, str]]:
        """The rows of a tags editor, but for those that were left empty."""
        keys, values = ([text.strip() for key, text in self._pairs if key == name] for name in ("tag_key", "tag_value"))
        return [pair for pair in zip(keys, values, strict=False) if any(pair)]

    def yes(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self[name] not in ("", "0", "false")

    def number(self, name: str) -> int | None:
        """A whole number; None where none was written."""
        text = self.text(name)
        return int(text) if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19 else None


async def read(request: Request) -> Form:
    """The form of a request. Raises BadForm for what is too large, of another type, or no text."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BadForm(f"a form comes as application/x-www-form-urlencoded, not as {kind[:60]!r}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise BadForm(f"the form has more than {LARGEST} bytes")
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise BadForm("the form is not in the encoding that browsers send, or has too many fields") from None
    if any("\0" in text for pair in pairs for text in pair):
        raise BadForm("the form holds a character that is none: NUL")  # and that PostgreSQL cannot keep
    # Browsers send line ends as CR LF (HTML, "constructing the entry list"), whatever was typed.
    return Form([(name, value.replace("\r\n", "\n")) for name, value in pairs])


def is_from_here(request: Request, public_url: str) -> bool:
    """Whether a change was asked for by a page of ours: by `Origin`, else by `Sec-Fetch-Site` (Fetch, 3.2 and 3.6)."""
    origin = request.headers.get("origin")
    if origin is not None:
        own = {f"{request.url.scheme}://{request.headers.get('host', '')}"}
        parts = urlsplit(public_url)
        return origin in own | ({f"{parts.scheme}://{parts.netloc}"} if parts.netloc else set())
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")

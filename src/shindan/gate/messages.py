"""What agents send, read and checked. Keys that are not known here are passed over: newer agents send more."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from shindan.model.agent import PROTOCOL, BatchHeader, Poll
from shindan.service.agent_enrolment import Applicant
from shindan.service.agent_refused import AgentRefused

Short = Annotated[str, Meta(max_length=128)]
Digest = Annotated[str, Meta(pattern=r"^([0-9a-f]{64})?$")]
Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=-1e12, le=1e12)]


class _Spoken(msgspec.Struct, frozen=True):
    protocol: int


class Spool(msgspec.Struct, frozen=True):
    """What waits on the host to be sent."""

    bytes: Count = 0
    batches: Count = 0


class Cost(msgspec.Struct, frozen=True):
    """What the agent itself takes."""

    rss_kb: Count = 0
    peak_kb: Count = 0
    cpu_ms: Count = 0
    uptime_s: Count = 0


class PollMessage(msgspec.Struct, frozen=True):
    """The body of POST /agent/v1/poll."""

    protocol: int
    version: Annotated[str, Meta(max_length=64)]
    state: Annotated[str, Meta(pattern="^(IDLE|RUNNING|SHUTDOWN|THROTTLED|FAULT)$")]
    boot: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$")] = ""
    detail: Annotated[str, Meta(max_length=1000)] = ""
    skew: Seconds = 0
    spool: Spool = Spool()
    inventory: Digest = ""
    cost: Cost = Cost()
    run: Short = ""
    release: Annotated[str, Meta(max_length=512)] = ""


class Instance(msgspec.Struct, frozen=True):
    """What EC2's instance identity document says."""

    id: Short
    account: Short = ""
    region: Short = ""
    image: Short = ""


class EnrolMessage(msgspec.Struct, frozen=True):
    """The body of POST /agent/v1/enrol."""

    protocol: int
    token: Short
    machine: Short
    version: Annotated[str, Meta(max_length=64)] = ""
    boot: Short = ""
    hardware: Short = ""
    hostname: Annotated[str, Meta(max_length=253)] = ""
    tags: Annotated[dict[str, str], Meta(max_length=50)] = {}
    instance: Instance | None = None
    anew: bool = False
    platform: dict[str, str] = {}


class HeaderMessage(msgspec.Struct, frozen=True):
    """The header x-shindan-batch of a batch's parts."""

    what: Annotated[str, Meta(pattern="^(inventory|sampled)$")]
    kinds: Annotated[tuple[Annotated[str, Meta(pattern="^[a-z_]{1,40}$")], ...], Meta(max_length=64)]
    size: Count
    digest: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    sha256: Digest = ""
    run: Annotated[str, Meta(pattern="^(0-[A-Za-z0-9]{8})?$")] = ""
    count: Count = 0
    taken: Count = 0
    part: Count = 0
    complete: bool = True
    last: bool = False


Message = TypeVar("Message", bound=msgspec.Struct)

_SPOKEN = msgspec.json.Decoder(_Spoken)
_POLL = msgspec.json.Decoder(PollMessage)
_ENROL = msgspec.json.Decoder(EnrolMessage)
_HEADER = msgspec.json.Decoder(HeaderMessage)


def poll(body: bytes) -> Poll:
    """A poll. Raises AgentRefused (Malformed, ProtocolUnknown)."""
    read = _read(_POLL, body)
    told: dict[str, Any] = {
        "skew": read.skew,
        "spool": msgspec.structs.asdict(read.spool),
        "cost": msgspec.structs.asdict(read.cost),
        "run": _clean(read.run),
        "release": _clean(read.release),
    }
    return Poll(_clean(read.version), read.boot, read.state, _clean(read.detail), read.inventory, told)


def application(body: bytes) -> tuple[str, Applicant]:
    """The token's text and who wants to enrol with it. Raises AgentRefused (Malformed, ProtocolUnknown)."""
    read = _read(_ENROL, body)
    instance = read.instance
    return read.token, Applicant(
        machine=read.machine,
        version=read.version,
        boot=read.boot,
        hardware=read.hardware,
        hostname=read.hostname,
        tags=tuple(read.tags.items()),
        instance=instance.id if instance else "",
        image=instance.image if instance else "",
        anew=read.anew,
        platform=read.platform,
    )


def header(text: str) -> BatchHeader:
    """What a batch's header says. Raises AgentRefused (Malformed)."""
    if len(text) > 2048:
        raise AgentRefused("Malformed", "x-shindan-batch has at most 2,048 bytes")
    try:
        read = _HEADER.decode(text.encode("latin-1"))
    except (msgspec.MsgspecError, ValueError) as error:
        raise AgentRefused("Malformed", f"x-shindan-batch: {error}") from None
    return BatchHeader(
        run=read.run,
        what=read.what,
        kinds=read.kinds,
        size=read.size,
        sha256=read.sha256,
        digest=read.digest,
        count=read.count,
        taken=read.taken,
        complete=read.complete,
        last=read.last,
    )


def _read(decoder: msgspec.json.Decoder[Message], body: bytes) -> Message:
    try:
        read = decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        _refuse_other(_spoken(body))  # an agent of another protocol is told so, whatever else it says
        raise AgentRefused("Malformed", f"the body: {error}") from None
    _refuse_other(getattr(read, "protocol", PROTOCOL))
    return read


def _spoken(body: bytes) -> int:
    try:
        return _SPOKEN.decode(body).protocol
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return PROTOCOL


def _refuse_other(spoken: int) -> None:
    if spoken != PROTOCOL:
        message = f"protocol {PROTOCOL} is spoken here, not {spoken}; bring the agent or the server up to date"
        raise AgentRefused("ProtocolUnknown", message, spoken=[PROTOCOL])


def _clean(text: str) -> str:
    """Without characters that no text of a database or a terminal should have."""
    return text if text.isprintable() else "".join(one if one.isprintable() else "?" for one in text)

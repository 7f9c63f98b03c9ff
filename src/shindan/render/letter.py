"""Messages to people from what channels are told: subject, plain text and HTML, in the channel's language.

Names of hosts, packages and rules come from outside: whatever they hold, they are words on one line, and never markup.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from shindan.model.channel import Letter
from shindan.render.run_report_words import Tongue, hosts, severities
from shindan.render.words import harmless

_LONGEST = 160
_SUBJECT = 180
_COLOURS = {"High": "#b3261e", "Medium": "#a04b00", "Low": "#54606b"}
_GREY = "#54606b"


class Part(NamedTuple):
    """A piece of a message: a heading (or none) and lines; `lines` may begin with (colour, word)."""

    heading: str
    lines: tuple[tuple[str, str, str], ...]


def letter_of(payload: Mapping[str, Any], language: str, link: str) -> Letter:
    """The letter of a digest, or of a test; `link` is where the console shows it, "" for nowhere."""
    tongue = Tongue(language)
    if payload["event"] == "TEST":
        return _test(tongue, payload, link)
    parts = tuple(_parts(tongue, payload))
    subject = f"[Shindan] {'; '.join(_subject(tongue, payload))}"
    return Letter(_cut(subject, _SUBJECT), _text(tongue, parts, link), _html(tongue, subject, parts, link))


def report_letter(subject: str, language: str, names: Sequence[str]) -> Letter:
    """The letter that goes with a report; the files are put in by whoever has them."""
    tongue = Tongue(language)
    _ = tongue.text
    said = _("The report is attached: {names}").format(names=_listed(tongue, [_cut(name) for name in names]))
    title = f"[Shindan] {_cut(subject or _('Report'), _SUBJECT)}"
    parts = (Part("", (("", "", said),)),)
    return Letter(title, _text(tongue, parts, ""), _html(tongue, title, parts, ""))


def _test(tongue: Tongue, payload: Mapping[str, Any], link: str) -> Letter:
    _ = tongue.text
    title = "[Shindan] " + _("Test message")
    said = _("This is a test message of the channel {name}. Nothing has happened.").format(
        name=_cut(payload["channel"])
    )
    parts = (Part("", (("", "", said),)),)
    return Letter(title, _text(tongue, parts, link), _html(tongue, title, parts, link))


def _subject(tongue: Tongue, payload: Mapping[str, Any]) -> Iterator[str]:
    _ = tongue.text
    if payload["opened"]:
        yield _("new findings: {counts}").format(counts=_counts(tongue, payload["opened"]))
    if payload["fixed"]:
        yield _("fixed: {counts}").format(counts=tongue.number(sum(payload["fixed"].values())))
    words = _headings(tongue)
    for what in dict.fromkeys(one["what"] for one in payload["happened"]):
        number = sum(one["what"] == what for one in payload["happened"])
        yield words[what] if number == 1 else _aside(tongue, words[what], str(number))


def _parts(tongue: Tongue, payload: Mapping[str, Any]) -> Iterator[Part]:
    _, ngettext = tongue.text, tongue.counted
    if payload["opened"]:
        total = sum(payload["opened"].values())
        said = ngettext("{n} finding opened", "{n} findings opened", total)
        yield Part(_told(tongue, said, _counts(tongue, payload["opened"])), tuple(_worst(tongue, payload)))
    if payload["fixed"]:
        total = sum(payload["fixed"].values())
        said = ngettext("{n} finding was fixed", "{n} findings were fixed", total)
        yield Part(_told(tongue, said, _counts(tongue, payload["fixed"])), ())
    words = _headings(tongue)
    for what in dict.fromkeys(one["what"] for one in payload["happened"]):
        mine = [one for one in payload["happened"] if one["what"] == what]
        yield Part(words[what], tuple((_GREY, "", _happened(tongue, one)) for one in mine))
    if payload["more_happened"]:
        yield Part("", ((_GREY, "", _more(tongue, payload["more_happened"])),))
    if "quiet_until" in payload:
        said = _("This channel's messages of this hour are used up: what comes now is told together after {moment}.")
        yield Part("", ((_GREY, "", said.format(moment=tongue.moment(payload["quiet_until"]))),))


def _worst(tongue: Tongue, payload: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    _ = tongue.text
    words = severities(tongue)
    for one in payload["worst"]:
        named = _cut(f"{one['rule']} {one['package']}".strip())
        marks = [_("known to be exploited")] if one["kev"] else []
        marks += [_("fixed in {version}").format(version=_cut(one["fixed_in"], 60))] if one["fixed_in"] else []
        on = [_cut(name, 60) for name in one["on"]] + (["…"] if one["hosts"] > len(one["on"]) else [])
        about = _aside(tongue, named, _listed(tongue, marks)) if marks else named
        line = f"{about} – {_told(tongue, hosts(tongue, one['hosts']), _listed(tongue, on))}"
        yield _COLOURS.get(one["severity"], _GREY), words[one["severity"]], line
    if payload["more"]:
        yield _GREY, "", _more(tongue, payload["more"])


def _more(tongue: Tongue, number: int) -> str:
    ngettext = tongue.counted
    return ngettext("and {n} more", "and {n} more", number)


def _happened(tongue: Tongue, one: Mapping[str, Any]) -> str:
    what = one["what"]
    if what.startswith("run-"):
        counts = {word: number for word, number in one.get("counts", {}).items() if number}
        found = _counts(tongue, counts) if counts else one["state"]
        return _told(tongue, _cut(one["name"]), found)
    if what == "agent-unhealthy":
        return _told(tongue, _cut(one["hostname"] or one["host"]), _cut(one["why"]))
    return _told(tongue, _cut(one["name"]), _cut(one["why"]))


def _headings(tongue: Tongue) -> dict[str, str]:
    _ = tongue.text
    return {
        "run-completed": _("run completed"),
        "run-failed": _("run failed"),
        "agent-unhealthy": _("agent not heard from"),
        "feed-stale": _("advisories are out of date"),
        "certificate-ending": _("the server's certificate is about to end"),
    }


def _counts(tongue: Tongue, counts: Mapping[str, int]) -> str:
    words: dict[str, str] = dict(severities(tongue).items())
    return _listed(tongue, [f"{words.get(word, word)} {tongue.number(number)}" for word, number in counts.items()])


def _listed(tongue: Tongue, words: Sequence[str]) -> str:
    _ = tongue.text
    return _(", ").join(words)


def _told(tongue: Tongue, what: str, rest: str) -> str:
    _ = tongue.text
    return _("{what}: {rest}").format(what=what, rest=rest)


def _aside(tongue: Tongue, what: str, more: str) -> str:
    _ = tongue.text
    return _("{what} ({more})").format(what=what, more=more)


def _text(tongue: Tongue, parts: Sequence[Part], link: str) -> str:
    _ = tongue.text
    blocks = []
    for heading, lines in parts:
        block = [heading] if heading else []
        block += [f"- {word + '  ' if word else ''}{line}" if heading else line for _colour, word, line in lines]
        blocks.append("\n".join(block))
    blocks += [_("In the console:") + f" {link}"] if link else []
    return "\n\n".join(blocks) + "\n"


def _html(tongue: Tongue, title: str, parts: Sequence[Part], link: str) -> str:
    _ = tongue.text
    found = []
    for heading, lines in parts:
        if heading:
            found.append(f'<h2 style="font-size:1.05em;margin:1.2em 0 .4em">{escape(heading)}</h2>')
        tag = "li" if heading else "p"
        rows = "".join(f"<{tag}>{_marked(colour, word)}{escape(line)}</{tag}>" for colour, word, line in lines)
        found.append(
            f'<ul style="margin:0;padding-left:1.2em;line-height:1.5">{rows}</ul>' if rows and heading else rows
        )
    body = "".join(found)
    if link:
        label = escape(_("Open the console"))
        body += f'<p><a href="{escape(link)}">{label}</a></p>'
    style = "font-family:system-ui,sans-serif;color:#1b1f23;max-width:50em"
    return (
        f'<!doctype html><html lang="{escape(tongue.language)}"><head><meta charset="utf-8">'
        f'<title>{escape(title)}</title></head><body style="{style}">{body}</body></html>'
    )


def _marked(colour: str, word: str) -> str:
    return f'<strong style="color:{colour}">{escape(word)}</strong> ' if word else ""


def _cut(text: object, longest: int = _LONGEST) -> str:
    said = harmless(str(text))
    return said if len(said) <= longest else said[: longest - 1] + "…"

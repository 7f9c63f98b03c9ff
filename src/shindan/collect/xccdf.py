"""XCCDF: profiles of SCAP content, and results with what the content says of each rule. Python 3.6 grammar.

Source: NIST IR 7275 revision 4 (XCCDF 1.2), sections 6.4 (rules), 6.5 (profiles) and 6.6 (test results).
"""

from typing import IO, Dict, Iterator, List, NamedTuple, Optional

from shindan.collect.unavailable import Unavailable
from shindan.collect.xml_stream import Attributes, Reader

NAMESPACE = "http://checklists.nist.gov/xccdf/"
"""How the namespaces of all versions begin."""

RESULTS = (
    "pass", "fail", "error", "unknown", "notapplicable", "notchecked", "notselected", "informational", "fixed",
)  # fmt: skip
"""The words that there are for a rule's result."""

MOST_RULES = 20000
_TITLE, _PROSE, _FIX = 300, 2000, 8000
_SHELL = "urn:xccdf:fix:script:sh"


class Profile(NamedTuple):
    """A choice of rules that content offers."""

    id: str
    title: str


class Judged(NamedTuple):
    """What became of one rule; `message` is what the evaluator had to say of it."""

    result: str
    severity: str
    message: str


class Results(NamedTuple):
    """One evaluation: of which benchmark, by which profile and program; the values in force; the rules by id."""

    benchmark: str
    version: str
    profile: str
    tool: str
    values: Dict[str, str]
    rules: Dict[str, Judged]


class Told(NamedTuple):
    """What content says of a rule: `why`, how to mend it in words (`how`) and as a shell script (`fix`), the latter two
    only where it failed; `idents` such as CCE numbers; `references` as `address: number, number`.
    """

    id: str
    title: str
    why: str
    how: str
    fix: str
    idents: List[str]
    references: List[str]


def profiles(stream: IO[bytes], what: str) -> List[Profile]:
    """The profiles of a datastream or benchmark, in its order. Raises Unavailable where it holds no benchmark."""
    reader = _Profiles()
    for _ in reader.read(stream, what):
        pass
    if not reader.benchmarks:
        raise Unavailable("{} holds no XCCDF benchmark: it is no SCAP content".format(what))
    return [Profile(id_, _line(title, _TITLE)) for id_, title in reader.found.items()]


def results(stream: IO[bytes], what: str) -> Results:
    """The last evaluation in a file of results. Raises Unavailable where there is none."""
    reader = _Results()
    for _ in reader.read(stream, what):
        pass
    if reader.found is None:
        raise Unavailable("{} holds no results".format(what))
    return reader.found


def told(stream: IO[bytes], what: str, of: Results) -> Iterator[Told]:
    """What the content in a file of results says of the rules that have one, as they come."""
    reader = _Rules(of)
    for _ in reader.read(stream, what):
        for one in reader.ready:
            yield one
        reader.ready = []


def meant(known: List[Profile], wanted: str) -> List[Profile]:
    """The profiles that a word means: the one of that id, else those whose id ends with it."""
    exact = [one for one in known if one.id == wanted]
    return exact or [one for one in known if wanted and one.id.endswith("_" + wanted)]


class _Profiles(Reader):
    namespace = NAMESPACE

    def __init__(self) -> None:
        super().__init__()
        self.benchmarks = 0
        self.found: Dict[str, str] = {}
        self._id = ""

    def start(self, name: str, attributes: Attributes) -> bool:
        if name == "Benchmark":
            self.benchmarks += 1
        elif name == "Profile":
            self._id = attributes.get("id", "")
            self.found.setdefault(self._id, "")
        return name == "title" and bool(self._id) and not self.found[self._id]

    def text(self, text: str) -> None:
        self.found[self._id] = text

    def end(self, name: str) -> None:
        if name == "Profile":
            self._id = ""


class _Results(Reader):
    namespace = NAMESPACE

    def __init__(self) -> None:
        super().__init__()
        self.found: Optional[Results] = None
        self._rule = ("", "")
        self._texts: Dict[str, str] = {}
        self._in, self._value = "", ""
        self._benchmark = ("", "")

    def start(self, name: str, attributes: Attributes) -> bool:
        if name == "Benchmark":
            self._benchmark = (attributes.get("id", ""), "")
        elif name == "version" and self.found is None and not self._benchmark[1]:
            self._in = name
            return True
        elif name == "TestResult":
            self.found = Results(*self._benchmark, "", attributes.get("test-system", ""), {}, {})
        elif self.found is not None:
            return self._within(self.found, name, attributes)
        return False

    def _within(self, found: Results, name: str, attributes: Attributes) -> bool:
        self._in = name
        if name == "profile":
            self.found = found._replace(profile=attributes.get("idref", ""))
        elif name == "rule-result":
            self._rule, self._texts = (attributes.get("idref", ""), attributes.get("severity", "unknown")), {}
        elif name == "set-value":
            self._value = attributes.get("idref", "")
            return True
        return name in ("result", "message") and bool(self._rule[0])

    def text(self, text: str) -> None:
        if self._in == "version":
            self._benchmark = (self._benchmark[0], _line(text, _TITLE))
        elif self._in == "set-value" and self.found is not None:
            self.found.values[self._value] = text.strip()
        else:
            self._texts[self._in] = "; ".join(filter(None, (self._texts.get(self._in, ""), _line(text, _TITLE))))

    def end(self, name: str) -> None:
        if name != "rule-result" or self.found is None:
            return
        word = self._texts.get("result", "")
        if len(self.found.rules) >= MOST_RULES:
            raise Unavailable("the content has more than {:,} rules".format(MOST_RULES))
        self.found.rules[self._rule[0]] = Judged(
            word if word in RESULTS else "unknown", self._rule[1], self._texts.get("message", "")[:_PROSE]
        )
        self._rule = ("", "")


class _Rules(Reader):
    namespace = NAMESPACE

    def __init__(self, of: Results) -> None:
        super().__init__()
        self.ready: List[Told] = []
        self._of = of
        self._id, self._in, self._href = "", "", ""
        self._texts: Dict[str, str] = {}
        self._idents: List[str] = []
        self._references: Dict[str, List[str]] = {}

    def start(self, name: str, attributes: Attributes) -> bool:
        if name == "Rule":
            self._id = attributes.get("id", "") if attributes.get("id", "") in self._of.rules else ""
            self._texts, self._idents, self._references = {}, [], {}
        if not self._id:
            return False
        self._in = name
        if name == "reference":
            self._href = attributes.get("href", "")
        if name in ("fix", "fixtext") and self._of.rules[self._id].result != "fail":
            return False
        if name == "fix":
            return attributes.get("system") == _SHELL
        return name in ("title", "description", "rationale", "reference", "ident", "fixtext")

    def inner(self, name: str, attributes: Attributes) -> str:
        if name == "sub":
            return self._of.values.get(attributes.get("idref", ""), attributes.get("idref", ""))
        return " " if self._in != "fix" else ""

    def text(self, text: str) -> None:
        if self._in == "ident":
            self._idents.append(_line(text, _TITLE))
        elif self._in == "reference":
            self._references.setdefault(self._href, []).append(_line(text, _TITLE))
        elif self._in == "fix":
            self._texts.setdefault("fix", text.strip("\n")[:_FIX])
        else:
            self._texts.setdefault(self._in, _line(text, _PROSE))

    def end(self, name: str) -> None:
        if name != "Rule" or not self._id:
            return
        about = [": ".join(filter(None, (href, ", ".join(some)))) for href, some in self._references.items()]
        texts = self._texts
        why = texts.get("rationale") or texts.get("description", "")
        title = texts.get("title", "")[:_TITLE]
        self.ready.append(
            Told(self._id, title, why, texts.get("fixtext", ""), texts.get("fix", ""), self._idents, about)
        )
        self._id = ""


def _line(text: str, most: int) -> str:
    return " ".join(text.split())[:most]

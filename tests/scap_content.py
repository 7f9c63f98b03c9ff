"""SCAP content of our own, small enough to be read: three rules, of which one holds on every Linux and one on none."""

from __future__ import annotations

from pathlib import Path

PREFIX = "xccdf_org.example_"
STRICT, LOOSE, NEVER = (f"{PREFIX}profile_{name}" for name in ("strict", "loose", "never"))
HOLDS, BROKEN, BY_HAND = (f"{PREFIX}rule_{name}" for name in ("holds", "broken", "by_hand"))

_XCCDF = f"""<?xml version="1.0"?>
<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" xmlns:h="http://www.w3.org/1999/xhtml"
  id="{PREFIX}benchmark_tiny" resolved="1" xml:lang="en">
<status date="2026-01-01">draft</status><title>Tiny</title><description>Small.</description>
<version>1.2</version>
<Profile id="{STRICT}"><title>Everything there is</title>
  <select idref="{HOLDS}" selected="true"/>
  <select idref="{BROKEN}" selected="true"/>
  <select idref="{BY_HAND}" selected="true"/>
  <refine-value idref="{PREFIX}value_days" selector="few"/>
</Profile>
<Profile id="{LOOSE}"><title>What holds</title><select idref="{HOLDS}" selected="true"/></Profile>
<Profile id="{NEVER}"><title>What nobody checks</title><select idref="{BY_HAND}" selected="true"/></Profile>
<Value id="{PREFIX}value_days" type="number"><title>Days</title><value>90</value>
  <value selector="few">7</value></Value>
<Value id="{PREFIX}value_word"><title>Word</title><value>another</value></Value>
<Rule id="{HOLDS}" selected="false" severity="low"><title>It is a Unix</title>
  <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5">
    <check-content-ref href="tiny-oval.xml" name="oval:org.example:def:1"/></check></Rule>
<Rule id="{BROKEN}" selected="false" severity="high"><title>It is of <sub idref="{PREFIX}value_word" use="value"/> family</title>
  <description>For <h:i>tests</h:i>.</description>
  <reference href="https://www.cisecurity.org/benchmark/debian_linux/">5.1.20</reference>
  <reference href="https://www.cisecurity.org/controls/">4.8</reference>
  <reference href="https://nvd.example/800-53">AC-2</reference>
  <reference href="https://nvd.example/800-53">AC-6</reference>
  <rationale>A host of another family &lt;is&gt; another host.</rationale>
  <ident system="https://ncp.nist.gov/cce">CCE-12345-6</ident>
  <fixtext>Choose another family.</fixtext>
  <fix system="urn:xccdf:fix:script:ansible">- name: no</fix>
  <fix system="urn:xccdf:fix:script:sh">sleep <sub idref="{PREFIX}value_days" use="value"/>
exit 0</fix>
  <check system="http://oval.mitre.org/XMLSchema/oval-definitions-5">
    <check-content-ref href="tiny-oval.xml" name="oval:org.example:def:2"/></check></Rule>
<Rule id="{BY_HAND}" selected="false" severity="info"><title>Somebody has looked</title></Rule>
</Benchmark>
"""


def _definition(number: int) -> str:
    return f"""<definition class="compliance" id="oval:org.example:def:{number}" version="1">
<metadata><title>t</title><description>d</description></metadata>
<criteria><criterion test_ref="oval:org.example:tst:{number}" comment="c"/></criteria></definition>"""


def _test(number: int) -> str:
    return f"""<family_test id="oval:org.example:tst:{number}" version="1" check="all" comment="c"
 xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent">
<object object_ref="oval:org.example:obj:1"/><state state_ref="oval:org.example:ste:{number}"/></family_test>"""


def _state(number: int, family: str) -> str:
    return f"""<family_state id="oval:org.example:ste:{number}" version="1"
 xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent"><family>{family}</family></family_state>"""


_OVAL = f"""<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"
 xmlns:oval="http://oval.mitre.org/XMLSchema/oval-common-5">
<generator><oval:product_name>x</oval:product_name><oval:schema_version>5.11</oval:schema_version>
<oval:timestamp>2026-01-01T00:00:00</oval:timestamp></generator>
<definitions>{_definition(1)}{_definition(2)}</definitions>
<tests>{_test(1)}{_test(2)}</tests>
<objects><family_object id="oval:org.example:obj:1" version="1"
 xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5#independent"/></objects>
<states>{_state(1, "unix")}{_state(2, "windows")}</states></oval_definitions>
"""


def tiny(folder: Path) -> Path:
    """The content, as a file that nobody but its owner can change."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("tiny-xccdf.xml", _XCCDF), ("tiny-oval.xml", _OVAL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o644)
    return folder / "tiny-xccdf.xml"

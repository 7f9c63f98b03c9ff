"""Markdown: short, complete in its counts, and nothing from a feed or a host becomes markup."""

from __future__ import annotations

from markdown_it import MarkdownIt

from shindan.model.checked import Checked, Counts, NotTold, Section
from shindan.render.to_markdown import MOST, write
from shindan.render.words import KNOWS
from unit.render.exchange import CLEAN, FIXABLE, HOSTILE, RESULT, written

PARSER = MarkdownIt("gfm-like", {"linkify": False})

EXPECTED = f"""## Shindan: web \\| 1, Debian GNU/Linux 12 (bookworm)

| Findings | Critical | High | Low | Undefined | with a fix | exploited |
| ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| 5 | 2 | 1 | 1 | 1 | 2 | 2 |

| Flaw | Severity | Package | Installed | Fixed in | CVSS | EPSS |
| --- | --- | --- | --- | --- | ---: | ---: |
| CVE-2026-0001 **exploited** | Critical | libc6 | 2.36-9+deb12u4 | 2.36-9+deb12u5 | 9.8 | 42 % |
| CVE-2026-0001 **exploited** | Critical | libstdc++6 | 12.2.0-14 | 2.36-9+deb12u5 | 9.8 | 42 % |
| END-OF-LIFE-DEBIAN-12 | High | the system itself |  |  |  | 42 % |
| CVE-2026-0002 | Low | login | 1:4.13+dfsg1-1+b1 | will not be fixed |  |  |
| CVE-2026-0003 | Undefined | libstdc++6 | 12.2.0-14 | being investigated |  |  |

**Not counted**

- 1 finding not active (CVE-2026-0004): kernel 6.1.0-10 does not run
- 1 finding ignored (CVE-2026-0005): no shell users
- 1 finding ignored (CVE-2026-0006): code not built in
- 1 finding ignored (CVE-2026-0007): patched in place

<details><summary>What was judged: 5 packages</summary>

- 3 packages by debian (1 day old, **stale**; {KNOWS["states"]})
- **2 packages not judged**: it comes from download.docker.com
- **could not look**: kernel: no /proc & no \\<uname\\>
- 1 rejected ids are left out

shindan 0.1.0, 2026-11-24T12:00:00Z

</details>
"""


def test_a_result_is_told_in_short() -> None:
    assert written(write, RESULT) == EXPECTED


def test_a_clean_host_says_so_and_what_was_judged() -> None:
    text = written(write, CLEAN)
    assert "No findings." in text
    assert "3 packages by debian" in text


def test_many_findings_are_cut_and_the_rest_counted() -> None:
    findings = tuple(FIXABLE._replace(id=f"CVE-2026-{n:05}") for n in range(MOST + 1200))
    text = written(write, RESULT._replace(findings=findings))
    assert "… and 1,200 more." in text
    assert len(text) < 65_536


def test_texts_from_outside_stay_texts() -> None:
    html = PARSER.render(written(write, HOSTILE))
    assert "<b>" not in html
    assert "\x1b" not in html
    assert html.count("<table>") == 2
    # Every row of the second table has its seven cells: no text opened another.
    body = html.rpartition("<tbody>")[2].partition("</tbody>")[0]
    assert {row.count("<td") for row in body.split("</tr>")[:-1]} == {7}


RULES = """| Rules | Section | Hold | Do not | Do not apply | By hand | Could not be told | Score |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
| CIS \\<b\\>: Debian 12, level 2 | all | 1,999 | 1 | 3 | 2 | 4 | 99.9 % |
|  | 1 | 1,999 | 1 | 0 | 0 | 0 | 99.9 % |
|  | 5 | 0 | 0 | 3 | 2 | 4 | – |
| Best practices | all | 9 | 0 | 0 | 0 | 0 | 100 % |

"""


def test_rules_have_a_score_for_each_section_and_what_is_to_be_said_of_them() -> None:
    sections = (Section("1", Counts(1999, 1)), Section("5", Counts(0, 0, 3, 2, 4)))
    cis = Checked(
        "cis", "CIS <b>", Counts(1999, 1, 3, 2, 4), "Debian 12, level 2", sections,
        (NotTold("nobody looked at /etc/motd", 4, ("a",)),), ("1.1 is switched off: why | not",),
    )  # fmt: skip
    text = written(write, CLEAN._replace(checked=(cis, Checked("practices", "Best practices", Counts(9)))))
    assert RULES in text
    assert "- CIS \\<b\\>: **4 rules could not be told**: nobody looked at /etc/motd\n" in text
    assert "- CIS \\<b\\>: 1.1 is switched off: why \\| not\n" in text
    tables = [token for token in PARSER.parse(text) if token.type == "table_open"]
    assert len(tables) == 1

"""The kinds that programs tell of themselves: the SSH server, audit, packet filters, dconf. Python 3.6 grammar."""

from typing import Dict

from shindan.facts.kind import Kind, may, must

ENFORCED_KINDS: Dict[str, Kind] = {
    "sshd": Kind(
        "`global`, or a Match line with its criteria: `Match User bob`",
        "The SSH server's configuration as it is in force for everybody, and for connections that meet a Match line.",
        (
            may("installed", "boolean", "subject `global`: false where the host has no SSH server"),
            may("options", "object", "option in small letters to its value, or a list of values where it may be given "
                "several times; values as `sshd -T` prints them"),
            may("origin", "string", "`sshd -T` where the server itself said so; `parsed` where its files were read"),
            may("arguments", "list", "subject `global`: options of the running server's command line: `-f`, `-o`"),
            may("changed_since_start", "boolean", "subject `global`: true where a file changed after it was started"),
            may("file", "string", "file and line of a Match line: `/etc/ssh/sshd_config:120`"),
            may("connection", "object", "the connection that was asked about: `user`, `host`, `addr` …"),
        ),
    ),
    "audit_rule": Kind(
        "`status`; `configured`, file and line; or `loaded` and a number",
        "A line of the audit system's rules, as it stands in a file or as the kernel has it; and the kernel's state.",
        (
            may("rule", "string", "the line: `-w /etc/passwd -p wa -k identity`; comments are left out"),
            may("layer", "string", "`configured` or `loaded`"),
            may("file", "string", "where it is configured"),
            may("line", "integer", "likewise, from 1"),
            may("live", "boolean", "subject `status`: false below a root, where nothing is loaded"),
            may("installed", "boolean", "subject `status`: whether the host has auditctl"),
            may("enabled", "string", "subject `status`: `0`, `1`, or `2` where rules cannot be changed any more"),
            may("failure", "string", "subject `status`: what the kernel does where it cannot record; `2` is a panic"),
            may("backlog_limit", "integer", "subject `status`: records that may wait"),
            may("lost", "integer", "subject `status`: records that were lost"),
        ),
    ),
    "firewall": Kind(
        "`nft`, `iptables`, `ip6tables`, `iptables-legacy` or `ip6tables-legacy`",
        "The rules of a packet filter that the kernel has loaded, in the network namespace of the collector; on a live "
        "host only.",
        (
            must("present", "boolean", "whether the host has the tool"),
            must("loaded", "boolean", "whether there are rules, or chains that refuse by default"),
            may("rules", "list", "nft: what `nft -j list ruleset` has under `nftables`; others: lines of the saver"),
        ),
    ),
    "dconf": Kind(
        "the name of a system database: `local`; or `*`",
        "A database of dconf in /etc/dconf/db. Its key files are facts of kind `text`.",
        (
            may("installed", "boolean", "subject `*`: whether the host has dconf at all"),
            may("compiled", "boolean", "whether `dconf update` has ever made it"),
            may("up_to_date", "boolean", "whether it is newer than every key file and lock"),
            may("newest", "string", "the file or folder that changed last"),
        ),
    ),
    "scap": Kind(
        "`benchmark`, or the id of a rule of the content",
        "What the host's own `oscap` says of a rule of SCAP content. Nothing is told where the evaluation did not end "
        "well: a gap says why.",
        (
            may("content", "string", "subject `benchmark`: path of the content"),
            may("digest", "string", "subject `benchmark`: its SHA-256 in hex"),
            may("profile", "string", "subject `benchmark`: id of the profile"),
            may("profile_title", "string", "subject `benchmark`: the profile's title"),
            may("benchmark", "string", "subject `benchmark`: id of the benchmark in the content"),
            may("version", "string", "subject `benchmark`: its version"),
            may("tool", "string", "subject `benchmark`: what evaluated, `cpe:/a:redhat:openscap:1.3.7`"),
            may("rules", "integer", "subject `benchmark`: how many rules have a result"),
            may("result", "string", "XCCDF's word: `pass`, `fail`, `error`, `unknown`, `notapplicable`, `notchecked`, "
                "`informational`, `fixed`"),
            may("severity", "string", "the content's word: `high`, `medium`, `low`, `info`, `unknown`"),
            may("message", "string", "what the evaluator had to say"),
            may("title", "string", "the content's title of the rule"),
            may("why", "string", "its rationale, else its description"),
            may("how", "string", "where it failed: how to mend it, in words"),
            may("fix", "string", "where it failed: how to mend it, as a shell script"),
            may("idents", "list", "identifiers such as CCE numbers"),
            may("references", "list", "`address: number, number`, as the content has them"),
        ),
    ),
}  # fmt: skip
"""All of them."""

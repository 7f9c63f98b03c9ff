"""The CVE rules package: installed packages × advisories → decisions, each with its reason."""

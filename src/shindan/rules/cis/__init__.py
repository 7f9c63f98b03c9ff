"""CIS benchmarks: numbers that stand for host rules, by level and profile; numbers alone are theirs."""

"""CIS benchmarks: numbers that stand for host rules, by level and profile. Numbers alone are theirs; all texts are ours."""

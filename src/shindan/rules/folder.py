"""Where in a user's own folder rules and benchmarks lie."""

from __future__ import annotations

from pathlib import Path


def rule_files(folder: Path) -> list[Path]:
    """Files of rules: `*.toml`, and those below `rules/`. Tailorings and zones lie elsewhere."""
    return [*sorted(folder.glob("*.toml")), *sorted((folder / "rules").rglob("*.toml"))]


def benchmark_files(folder: Path) -> list[Path]:
    """Files of benchmarks: `benchmarks/*.toml`."""
    return sorted((folder / "benchmarks").glob("*.toml"))

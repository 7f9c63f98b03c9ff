"""SCAP content that a host's own `oscap` evaluated: its results as outcomes, under the content's own names."""

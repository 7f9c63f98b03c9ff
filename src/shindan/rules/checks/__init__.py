"""Check kinds: how a rule's wish is held against a host's facts."""

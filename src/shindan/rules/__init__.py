"""Rules packages: an inventory in, outcomes out; pure functions without clock, store or network."""

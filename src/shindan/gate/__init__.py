"""The agents' door: enrolment, polls and batches (docs/agent-protocol.md)."""

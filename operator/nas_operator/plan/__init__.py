"""Decisions: pure functions from what is (a snapshot) to what is to be done (actions). No client, no clock, no I/O."""

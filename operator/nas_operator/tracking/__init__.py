"""Brings what has happened in searches to servers for experiments. No search waits for it, and none fails by it."""

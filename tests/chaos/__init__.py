"""Searches that are disturbed on purpose, each with a verdict: `make chaos` (docs/reliability.md)."""

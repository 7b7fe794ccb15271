"""Limits that policies set for the searches of a namespace: what is refused, how many trials may run, and whose."""

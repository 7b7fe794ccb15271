"""Limits that policies set: which hold in a namespace, what is in use there, and what policies' statuses tell of it."""

"""Kubernetes objects as the plan and the client see them, read from raw JSON; and the names of objects."""

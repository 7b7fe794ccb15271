"""Kubernetes objects as the plan and the client see them: cut out of raw JSON, with the names they go by."""

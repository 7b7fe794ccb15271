"""Talking to the API server: client, list+watch, stores, work queue."""

"""Helpers of the tests that need a cluster; the fixtures made of them are in tests/conftest.py."""

"""Conformance suites: subclass one in a test module, and pytest finds the tests. They need no test library."""

"""Conformance suites of the words: subclass one in a test module and pytest finds the tests. No test library needed."""

"""Measurements beside a peer, in the same run. Not part of the tests: machines are noisy."""

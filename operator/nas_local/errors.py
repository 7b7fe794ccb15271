"""What keeps a search from running on this machine. Each message says what to do."""


class LocalRunError(Exception):
    """The search cannot be run on this machine as it is."""

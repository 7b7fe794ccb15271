"""`nasctl`, for people at a terminal: `main` parses, `reader` asks the API server, `screen` and `lines` only render."""

from nas_client.cli.main import main

__all__ = ["main"]

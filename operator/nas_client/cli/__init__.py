"""`nasctl`, for people at a terminal.

`commands` is the table of commands, each of which has a file (`watch`, `best`, …); `main` runs one of them. `follow`
reads and shows again and again; `screen` and `lines` only render.
"""

from nas_client.cli.main import main

__all__ = ["main"]

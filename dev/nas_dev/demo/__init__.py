"""`make demo`: from a bare machine, or a cluster the user has, to a finished search that was followed live.

The one part of this tool that runs in ``.venv`` (``make`` sets that up first): it speaks to Kubernetes and S3 with the
project's own dependencies, and shows the search with the very code of ``nasctl watch``.
"""

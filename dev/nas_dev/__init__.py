"""The development tool: a real Kubernetes, S3 server and Prometheus on one machine, with no image registry.

It runs before any virtual environment exists, so it uses the standard library only. Start with
``python3 -m nas_dev --help`` (with ``PYTHONPATH=dev``), or ``nas_dev.cluster.embedded.Cluster`` from tests.
"""

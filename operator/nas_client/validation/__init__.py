"""What the API server and the operator would say of a manifest, without a cluster.

`schema` and `rules` check one object against its CRD, `check` all objects of a file, with the operator's own checks.
"""

from nas_client.validation.check import Finding, findings, space_in

__all__ = ["Finding", "findings", "space_in"]

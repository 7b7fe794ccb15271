"""The API group ``nas-operator.io/v1alpha1``: pydantic models that are the single source of the CRDs and the docs."""

GROUP = "nas-operator.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"

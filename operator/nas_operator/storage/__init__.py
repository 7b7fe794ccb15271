"""The S3-compatible storage of a search, seen from the operator: credentials, objects, health."""

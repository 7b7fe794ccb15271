"""The bundle: a trained architecture as files that say all that is needed to use it (docs/model-bundle.md)."""

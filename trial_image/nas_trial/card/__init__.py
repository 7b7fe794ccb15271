"""The card of a model: a page in Markdown with pictures, for who decides whether to use it (docs/model-bundle.md)."""

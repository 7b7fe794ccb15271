"""A trained network in formats that other programs run: made, then checked by running them (docs/exports.md)."""

"""What a model is made of and who vouches for it: a bill of materials and a signature (docs/exports.md)."""

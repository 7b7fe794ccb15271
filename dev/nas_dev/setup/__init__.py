"""What the tool itself needs: system packages, programs that are fetched or built once, and Python environments."""

"""What weight sharing is worth, against networks that were each trained alone (`README.md`)."""

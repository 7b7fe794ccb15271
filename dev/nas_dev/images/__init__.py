"""The project's images: what goes into one, and how buildah makes it where no image registry can be reached."""

"""Which mounts lie below a directory."""

from pathlib import Path

from nas_dev.cluster import mounts


def test_mounts_below_a_directory_deepest_first() -> None:
    table = "a /c/d x 0 0\nb /c/d/e x 0 0\nc /c/dx x 0 0\nd /c/d\\040f/g x 0 0\n"
    assert mounts.mounts_below(Path("/c/d"), table) == ["/c/d/e", "/c/d"]
    assert mounts.mounts_below(Path("/c/d f"), table) == ["/c/d f/g"]

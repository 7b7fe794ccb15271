"""What a build is told about package indexes."""

from nas_dev.images.build import index_settings


def test_index_settings_follow_the_environment_and_are_empty_without() -> None:
    pip, uv = index_settings({"PIP_INDEX_URL": "https://index.example/simple"})
    assert "index-url = https://index.example/simple" in pip
    assert 'index-url = "https://index.example/simple"' in uv
    assert "index" not in "".join(index_settings({}))

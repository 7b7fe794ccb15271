"""Which Go is used."""

from nas_dev.setup.python_tools import chooses_toolchains


def test_a_go_that_cannot_fetch_the_release_it_needs_is_not_used() -> None:
    assert chooses_toolchains("go version go1.26.8 linux/amd64")
    assert chooses_toolchains("go version go1.21.0 linux/amd64")
    assert not chooses_toolchains("go version go1.19.8 linux/amd64")
    assert not chooses_toolchains("")

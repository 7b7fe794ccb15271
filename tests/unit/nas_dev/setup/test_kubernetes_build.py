"""Which Kubernetes is built."""

import pytest

from nas_dev.setup import kubernetes_build


def test_kubernetes_version_comes_from_its_go_mod() -> None:
    version = kubernetes_build.version((kubernetes_build.SOURCES / "go.mod").read_text())
    assert version.startswith("v1.")
    assert f"gitVersion={version}" in kubernetes_build.linker_flags(version)
    assert "gitMinor=34" in kubernetes_build.linker_flags("v1.34.4")
    with pytest.raises(ValueError, match="requires no"):
        kubernetes_build.version("module x")

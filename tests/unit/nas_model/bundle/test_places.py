from __future__ import annotations

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from tests.support.small_bundle import write_bundle

import nas_model
from nas_model.bundle.places import place_of
from nas_model.errors import BundleError


def member(name: str, content: bytes = b"", **fields: object) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, content


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as archive:
        for info, content in members:
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("top", ["", "./", "model/"])
def test_a_tar_file_is_the_same_as_its_folder(tmp_path: Path, top: str) -> None:
    folder = write_bundle(tmp_path / "bundle")
    with tarfile.open(tmp_path / "bundle.tar", "w") as archive:
        archive.add(folder, arcname=top or ".") if top != "model/" else archive.add(folder, arcname="model")
    given = np.array([[1.0, 2.0], [np.nan, 0.0]])
    one, other = (nas_model.load(place).predict(given).outputs for place in (folder, tmp_path / "bundle.tar"))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (member("../../etc/passwd", b"x"), "'../../etc/passwd' leads out of the bundle"),
        (member("/etc/passwd", b"x"), "'/etc/passwd' leads out of the bundle"),
        (member("a/../../b", b"x"), "leads out of the bundle"),
        (
            member("weights.safetensors", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
            "'weights.safetensors' is no plain",
        ),
        (member("weights.safetensors", type=tarfile.LNKTYPE, linkname="bundle.json"), "is no plain file"),
        (member("pipe", type=tarfile.FIFOTYPE), "'pipe' is no plain file"),
    ],
)
def test_members_that_lead_elsewhere_are_refused(
    tmp_path: Path, info: tuple[tarfile.TarInfo, bytes], message: str
) -> None:
    path = tar(tmp_path / "evil.tar", member("bundle.json", b"{}"), info)
    with pytest.raises(BundleError, match=message):
        nas_model.load(path)
    assert [each.name for each in tmp_path.iterdir()] == ["evil.tar"], "nothing is unpacked"


def test_a_tar_file_of_endless_members_is_refused(tmp_path: Path) -> None:
    path = tar(tmp_path / "many.tar", *(member(f"f{number}") for number in range(2000)))
    with pytest.raises(BundleError, match="has more than 1024 members"):
        nas_model.load(path)


def test_what_is_no_tar_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no tar file")
    with pytest.raises(BundleError, match=r"a.tar: cannot be read as an uncompressed tar file"):
        nas_model.load(tmp_path / "a.tar")


def test_no_more_is_read_than_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "bundle.json").write_bytes(b"x" * 100)
    assert place_of(tmp_path).read("bundle.json", 7) == b"x" * 7
    path = tar(tmp_path / "a.tar", member("bundle.json", b"y" * 100))
    assert place_of(path).read("bundle.json", 7) == b"y" * 7

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Mapping

import pytest
from tests.support.held_files import HeldFiles

from nas_core.data_files import ARCHIVES
from nas_storage.faults import NotFound
from nas_trial.data import archives, members
from nas_trial.data.archives import ArchiveFiles
from nas_trial.errors import DatasetInvalid
from nas_trial.process.stop import StopFlag


def tar(members: Mapping[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zipped(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def opened(contents: Mapping[str, bytes]) -> ArchiveFiles:
    packed = HeldFiles(contents)
    return ArchiveFiles(packed, packed.ending(ARCHIVES), StopFlag())


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
def test_archives_are_folders(mode: str) -> None:
    files = opened(
        {
            "train-0.tar": tar({"./cat/1.png": b"1"}, mode),
            "train-1.tar": tar({"dog/2.png": b"2"}, mode),
            "test.tar": tar({"cat/3.png": b"3"}, mode),
        }
    )
    assert files.names == ("test/cat/3.png", "train/cat/1.png", "train/dog/2.png")
    assert files.get("train/dog/2.png") == files.local("train/dog/2.png").read_bytes() == b"2"
    assert files.label("train/dog/2.png") == "s3://b/m/train-1.tar/dog/2.png"
    with pytest.raises(NotFound):
        files.get("dog/2.png")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_archive(method: int) -> None:
    content = bytes(range(256)) * 9000
    files = opened({"photos.zip": zipped({"rose/1.png": content, "tulip/": b"", "tulip\\2.png": b"2"}, method)})
    assert files.names == ("rose/1.png", "tulip/2.png")
    assert files.get("./rose/1.png") == files.local("rose/1.png").read_bytes() == content
    assert files.get("tulip/2.png") == b"2"


def test_files_beside_an_archive_stay() -> None:
    files = opened({"images.zip": zipped({"1.png": b"1"}), "train.csv": b"image,label"})
    assert files.names == ("1.png", "train.csv")
    assert files.get("train.csv") == files.local("train.csv").read_bytes() == b"image,label"
    assert files.label("train.csv") == "s3://b/m/train.csv"


def test_members_with_equal_names_do_not_shadow_each_other() -> None:
    files = opened({f"{s}/train-{k}.tar": tar({"0.png": b"%s%d" % (s.encode(), k)}) for s in "ab" for k in range(2)})
    assert files.names == ("a/train-0.tar/0.png", "a/train-1.tar/0.png", "b/train-0.tar/0.png", "b/train-1.tar/0.png")
    assert files.get("b/train-1.tar/0.png") == b"b1"
    assert files.label("b/train-1.tar/0.png") == "s3://b/m/b/train-1.tar/0.png"


def test_an_archive_of_a_split_with_a_folder_of_that_name() -> None:
    files = opened({f"{part}.tar": tar({f"{part}/owl/1.png": part.encode()}) for part in ("train", "val")})
    assert files.names == ("train/owl/1.png", "val/owl/1.png")
    assert files.get("val/owl/1.png") == b"val"


def test_an_archive_of_a_class_is_no_split() -> None:
    files = opened({f"{c}.tar": tar({f"{c}/1.png": b"1"}) for c in ("train_station", "harbour")})
    assert files.names == ("harbour/1.png", "train_station/1.png")
    files = opened({f"ILSVRC_{part}.tar": tar({f"n{part}/1.png": b"1"}) for part in ("train", "val")})
    assert files.names == ("train/ntrain/1.png", "val/nval/1.png")


@pytest.mark.parametrize(
    ("train", "test"),
    [("train-0.zip", "test-0.zip"), ("train_part1.zip", "test_part1.zip"), ("d.train.tar.gz", "d.test.tar.gz")],
)
def test_archives_of_splits_whose_members_have_equal_names(train: str, test: str) -> None:
    pack = zipped if train.endswith("zip") else tar
    second = train.replace("0", "1").replace("part1", "part2")
    files = opened({name: pack({"cat/1.png": name.encode()}) for name in {train, second, test}})
    for name in {train, second, test}:
        part = "train" if "train" in name else "test"
        found = [each for each in files.names if files.get(each) == name.encode()]
        assert len(found) == 1 and found[0].startswith(f"{part}/") and found[0].endswith("cat/1.png")
        assert files.label(found[0]) == f"s3://b/m/{name}/cat/1.png"


def test_archives_in_folders_of_splits() -> None:
    files = opened({f"seg_{part}/{part[0]}.zip": zipped({f"{part}.csv": b"1"}) for part in ("train", "test")})
    assert files.names == ("test/test.csv", "train/train.csv")


def test_an_archive_that_may_be_a_split_is_told() -> None:
    files = opened({"pets.zip": zipped({"cat/1.png": b"1"}), "pets_test.zip": zipped({"cat/2.png": b"1"})})
    assert files.warnings == (
        "pets_test.zip: its name may tell a split, but no archive of another split has a name of its kind; it is "
        "trained on, unless its folders tell a split",
    )


def test_of_two_members_of_one_archive_the_later_counts() -> None:
    first, second = tar({"a": b"old", "b": b"b"}), tar({"a": b"new"})
    files = opened({"x.tar": first[:2048] + second})
    assert files.names == ("a", "b") and files.get("a") == b"new"
    assert files.warnings == ("1 members of archives are not read: a later member of the same archive has their name",)


def test_names_that_are_no_utf_8_are_read_as_latin_1() -> None:
    files = opened({"x.tar": tar({os.fsdecode("M\u00fcll".encode("latin-1")) + "/\u00e9.png": b"1"})})
    assert files.names == ("M\u00fcll/\u00e9.png",) and files.get("M\u00fcll/\u00e9.png") == b"1"


def test_what_leads_outside_is_passed_over_and_told() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind in {"link": tarfile.SYMTYPE, "pipe": tarfile.FIFOTYPE, "folder": tarfile.DIRTYPE}.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
        for name in ("/etc/passwd", "../x", "a/" * 40 + "b", "._a.png", "a.png"):
            archive.addfile(tarfile.TarInfo(name))
    files = opened({"x.tar": buffer.getvalue()})
    assert files.names == ("a.png",)
    assert files.warnings == (
        "2 members of archives are not read: links and special files",
        "3 members of archives are not read: their names lead outside of the archive, or are too deep",
    )
    linked = zipfile.ZipInfo("link")
    linked.external_attr = 0o120777 << 16
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr(linked, "/etc/passwd")
        packed.writestr("a.png", b"")
    assert opened({"x.zip": made.getvalue()}).names == ("a.png",)


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", tar({"a": b"x" * 2000})[:700], zipped({"a": b"x" * 2000})[:-9], b"PK\3\4"],
    ids=["empty", "other", "cut", "cut zip", "begun zip"],
)
def test_a_damaged_archive_is_named(content: bytes) -> None:
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/a\.tar: cannot be read as an archive"):
        opened({"a.tar": content})


def test_damage_inside_is_named() -> None:
    stored = zipped({"a.csv": b"x" * 99}, zipfile.ZIP_STORED)
    packed = zipped({"a.csv": bytes(range(256))})
    for content in (stored.replace(b"xxx", b"xxy"), packed.replace(b"\x01\x02", b"\xff\xff"), b"x" + stored[1:]):
        with pytest.raises(DatasetInvalid, match=r"s3://b/m/a\.zip(/a\.csv)?: .*damaged|cannot be"):
            opened({"a.zip": content}).get("a.csv")
    with pytest.raises(DatasetInvalid, match=r"a\.tgz: cannot be unpacked"):
        opened({"a.tgz": tar({"a": b"x" * 2000}, "w:gz")[:-20]})


def test_a_zip_whose_list_of_contents_leads_outside() -> None:
    content = bytearray(zipped({"a": b"x" * 50}, zipfile.ZIP_STORED))
    listed = content.index(b"PK\1\2")
    for offset, value in ((42, 1 << 30), (20, 1 << 20)):
        damaged = content.copy()
        damaged[listed + offset : listed + offset + 4] = value.to_bytes(4, "little")
        with pytest.raises(DatasetInvalid, match=r"a\.zip: cannot be read as an archive: a is not where"):
            opened({"a.zip": bytes(damaged)})


def test_a_zip_that_says_too_little_of_its_size() -> None:
    content = zipped({"a": b"x" * 5000})
    size = (5000).to_bytes(4, "little")
    with pytest.raises(DatasetInvalid, match="checksum is wrong"):
        opened({"a.zip": content.replace(size, (50).to_bytes(4, "little"))}).get("a")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_of_another_method_is_refused(method: int) -> None:
    with pytest.raises(DatasetInvalid, match=r"a\.zip/a: is compressed by method \d+; pack the archive by deflate"):
        opened({"a.zip": zipped({"a": b"1"}, method)})


def test_what_unpacks_into_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "SMALL_BYTES", 1000)
    with pytest.raises(DatasetInvalid, match=r"s3://b/m/a\.tgz: unpacks into more than [\d,]+ bytes"):
        opened({"a.tgz": tar({"zeros": bytes(10 << 20)}, "w:gz")})
    monkeypatch.setattr(archives, "MOST_MEMBERS", 2)
    with pytest.raises(DatasetInvalid, match=r"a\.tar: there are more than 2 files"):
        opened({"a.tar": tar(dict.fromkeys("abc", b""))})


def test_headers_without_end_are_refused() -> None:
    header = tarfile.TarInfo("x")
    header.type = tarfile.XHDTYPE
    with pytest.raises(DatasetInvalid, match=r"a\.tar: cannot be read as an archive"):
        opened({"a.tar": header.tobuf() * 3000})


def test_a_header_as_long_as_it_likes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "HEADER_BYTES", 1 << 10)
    with pytest.raises(DatasetInvalid, match=r"a\.tar: cannot be read as an archive: it has a header of"):
        opened({"a.tar": tar({"x" * 5000: b""})})

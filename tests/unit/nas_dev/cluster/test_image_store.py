"""An image's metadata is what the OCI specification says, and the same for the same image."""

import io
import json
import tarfile
from pathlib import Path

from nas_dev.cluster.image_store import Image, Layer, archive, chain_ids, digest, nameless, upper_directory

IMAGE = Image(
    "localhost/it:dev",
    {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/it"]}},
    [Layer("sha256:" + "a" * 64, 10, Path("/a")), Layer("sha256:" + "b" * 64, 20, Path("/b"))],
)


def test_chain_ids_fold_each_layer_over_those_below() -> None:
    first, second = "sha256:" + "a" * 64, "sha256:" + "b" * 64
    assert chain_ids([first, second]) == [first, digest(f"{first} {second}".encode())]
    assert chain_ids([]) == []


def test_archive_holds_metadata_only_and_is_reproducible() -> None:
    manifest_digest, content = archive(IMAGE)
    assert archive(IMAGE) == (manifest_digest, content)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    index = json.loads(files["index.json"])["manifests"][0]
    assert index["annotations"]["io.containerd.image.name"] == "localhost/it:dev"
    manifest = json.loads(files[f"blobs/sha256/{manifest_digest.removeprefix('sha256:')}"])
    config = files[f"blobs/sha256/{manifest['config']['digest'].removeprefix('sha256:')}"]
    assert json.loads(config)["rootfs"]["diff_ids"] == [layer["digest"] for layer in manifest["layers"]]
    assert len(files) == 4
    for name, blob in files.items():
        if name.startswith("blobs/"):
            assert digest(blob) == f"sha256:{name.rpartition('/')[2]}"


def test_upper_directory_is_read_from_either_kind_of_mount() -> None:
    bind = "mount -t bind /root/snapshots/1/fs /unused -o rw,rbind"
    overlay = "mount -t overlay overlay /unused -o index=off,workdir=/s/2/work,upperdir=/s/2/fs,lowerdir=/s/1/fs"
    assert upper_directory(bind) == Path("/root/snapshots/1/fs")
    assert upper_directory(overlay) == Path("/s/2/fs")


def test_images_that_lost_their_name_are_found() -> None:
    listing = "REF TYPE DIGEST\nlocalhost/it:dev t sha256:1\nsha256:c1 t sha256:1\nsha256:c0 t sha256:0\n"
    assert nameless(listing) == ["sha256:c0"]

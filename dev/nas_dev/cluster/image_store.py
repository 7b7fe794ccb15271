"""Images given to containerd without copying a byte.

The usual way (save an archive, import it, unpack it) reads and writes a 5 GB image three times and keeps it twice.
Here each layer's files, which buildah has unpacked already, are hard-linked into containerd's snapshots: seconds, no
space, and a layer that is there already costs nothing, so a change of code moves only the layer that holds the code.
That is sound because both sides only ever read a layer's files: containers write to copies (overlayfs).

containerd knows a layer by its chain: the digest of its content and of all the layers below it. A snapshot of that
name counts as the unpacked layer, and the layer's archive need not exist (containerd itself can discard archives).
"""

import hashlib
import io
import json
import re
import subprocess
import tarfile
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_dev.cluster.containers import Containers


@dataclass(frozen=True)
class Layer:
    """One layer: the digest of its archive, and where its files are."""

    diff_id: str
    size: int
    files: Path


@dataclass(frozen=True)
class Image:
    """An image by its name, its configuration (the OCI image config) and its layers, lowest first."""

    name: str
    config: dict[str, Any]
    layers: Sequence[Layer]


def digest(content: bytes) -> str:
    """Return a content's digest as OCI writes it."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def chain_ids(diff_ids: Sequence[str]) -> list[str]:
    """Return the name of each layer's snapshot, as the OCI image specification defines it."""
    chain: list[str] = []
    for diff_id in diff_ids:
        chain.append(digest(f"{chain[-1]} {diff_id}".encode()) if chain else diff_id)
    return chain


def encode(document: object) -> bytes:
    """Return a document as canonical JSON, so that the same image always has the same digest."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def archive(image: Image) -> tuple[str, bytes]:
    """Return the digest of the image's manifest, and an OCI archive of its metadata alone."""
    config = encode({**image.config, "rootfs": {"type": "layers", "diff_ids": [la.diff_id for la in image.layers]}})
    prefix = "application/vnd.oci.image"
    layers = [{"mediaType": f"{prefix}.layer.v1.tar", "digest": la.diff_id, "size": la.size} for la in image.layers]
    described = {"mediaType": f"{prefix}.config.v1+json", "digest": digest(config), "size": len(config)}
    media = f"{prefix}.manifest.v1+json"
    manifest = encode({"schemaVersion": 2, "mediaType": media, "config": described, "layers": layers})
    entry = {
        "mediaType": media,
        "digest": digest(manifest),
        "size": len(manifest),
        "annotations": {"io.containerd.image.name": image.name, "org.opencontainers.image.ref.name": image.name},
        "platform": {"architecture": image.config["architecture"], "os": image.config["os"]},
    }
    files = {
        "oci-layout": encode({"imageLayoutVersion": "1.0.0"}),
        "index.json": encode({"schemaVersion": 2, "manifests": [entry]}),
    }
    files |= {f"blobs/sha256/{digest(blob).removeprefix('sha256:')}": blob for blob in (config, manifest)}
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return digest(manifest), output.getvalue()


def upper_directory(mount: str) -> Path:
    """Return where a snapshot being prepared takes its files, from the mount command that ``ctr`` prints."""
    if found := re.search(r"upperdir=([^,\s]+)", mount):
        return Path(found.group(1))
    # Without a parent there is nothing to overlay: mount -t bind SOURCE TARGET.
    return Path(mount.split()[3])


def load(containers: Containers, image: Image) -> bool:
    """Give an image to containerd; returns False when it had it already."""
    manifest, metadata = archive(image)
    listed = containers.ctr("images", "list", f"name=={image.name}")
    if manifest in listed:
        return False
    snapshots = {line.split()[0] for line in containers.ctr("snapshots", "list").splitlines()[1:]}
    parent = ""
    linked = []
    for layer, chain in zip(image.layers, chain_ids([la.diff_id for la in image.layers]), strict=True):
        if chain not in snapshots:
            # A new key each time: a load that was interrupted leaves a snapshot under its own.
            key = f"link-{uuid.uuid4().hex}"
            containers.ctr("snapshots", "prepare", key, *([parent] if parent else []))
            upper = upper_directory(containers.ctr("snapshots", "mounts", "/unused", key))
            subprocess.run(["cp", "-a", "--link", f"{layer.files}/.", upper], check=True, capture_output=True)
            # Only now, when all files are there, does the snapshot count as the layer.
            containers.ctr("snapshots", "commit", chain, key)
            linked.append(chain)
        parent = chain
    # All chains are there, so containerd unpacks nothing and asks for no layer's archive.
    containers.ctr("images", "import", "-", stdin=metadata)
    for chain in linked:  # the image holds them from now on; the mark that kept them alone would keep them for ever
        containers.ctr("snapshots", "label", chain, "containerd.io/gc.root=")
    if unused := nameless(containers.ctr("images", "list")):
        containers.ctr("images", "delete", *unused, check=False)
    return True


def nameless(listing: str) -> list[str]:
    """Return the images that only their digest names, from what ``ctr images list`` prints.

    The node names every image by its digest too, and would keep an image whose name has moved on for ever. Layers
    that a container still uses stay until it ends.
    """
    rows = [line.split() for line in listing.splitlines()[1:]]
    named = {row[2] for row in rows if not row[0].startswith("sha256:")}
    return [row[0] for row in rows if row[0].startswith("sha256:") and row[2] not in named]

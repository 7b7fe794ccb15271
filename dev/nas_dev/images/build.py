"""The project's images, built with buildah on our own base and given to a cluster's node.

An image is named after a hash of its base, its Dockerfile and the files it copies: nothing is built again while those
stay the same. Downloads go through the machine's own certificates and package-index settings, which are mounted for
the build's duration and are in no layer, and through one download cache for all builds.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nas_dev.cache import Input, digest, locked
from nas_dev.cluster.embedded import Cluster
from nas_dev.cluster.image_store import Image, Layer
from nas_dev.cluster.mounts import unmount_below
from nas_dev.images import base_rootfs
from nas_dev.images.build_context import context_hash_inputs, copied_sources, files_of, stage
from nas_dev.paths import REPOSITORY, cache_root
from nas_dev.setup import venv
from nas_dev.steps import Steps

CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True)
class Source:
    """Where one image comes from."""

    name: str
    """What it is called in a cluster: ``localhost/<name>:dev``."""
    dockerfile: str
    context: str = "."

    @property
    def reference(self) -> str:
        """The reference that manifests use."""
        return f"localhost/{self.name}:dev"


SOURCES: Mapping[str, Source] = {
    "operator": Source("nas-operator", "Dockerfile"),
    "trial": Source("nas-trial", "trial_image/Dockerfile"),
    "custom-trainer": Source("nas-custom-trainer", "examples/custom-trainer/Dockerfile", "examples/custom-trainer"),
    "fault-trial": Source("nas-fault-trial", "tests/images/fault-trial/Dockerfile", "tests/images/fault-trial"),
}
"""The project's images, by the name the command line uses."""


class Builder:
    """buildah, with storage of its own below the tool's cache."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._root = cache_root() / "buildah"

    def _environment(self) -> dict[str, str]:
        """Return buildah's environment, having written its configuration."""
        self._root.mkdir(parents=True, exist_ok=True)
        (self._root / "tmp").mkdir(exist_ok=True)
        storage = self._root / "storage.conf"
        storage.write_text(
            f'[storage]\ndriver = "overlay"\ngraphroot = "{self._root}/storage"\nrunroot = "{self._root}/run"\n'
            # Mounted upon itself, the storage could not be hard-linked from, and the mount would be left behind.
            '[storage.options.overlay]\nskip_mount_home = "true"\n'
        )
        policy = self._root / "policy.json"
        # Nothing is pulled, so there is no signature to check.
        policy.write_text('{"default": [{"type": "insecureAcceptAnything"}]}')
        return {
            **os.environ,
            "CONTAINERS_STORAGE_CONF": str(storage),
            "TMPDIR": str(self._root / "tmp"),
            "BUILDAH_ISOLATION": "chroot",  # works where this machine is itself a container
        }

    def _policy(self) -> str:
        return f"--signature-policy={self._root / 'policy.json'}"

    def query(self, *arguments: str, check: bool = True) -> str:
        """Run a quick buildah command and return what it prints."""
        argv = ["buildah", *arguments]
        done = subprocess.run(argv, env=self._environment(), capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(argv)}: {done.stderr.strip()}")
        return done.stdout

    def has(self, name: str) -> bool:
        """Whether an image of that name was built."""
        return bool(self.query("images", "--quiet", name, check=False).strip())

    def base(self) -> str:
        """Return the name of the base image, built at first."""
        name = f"localhost/nas-base:{digest(base_rootfs.INPUTS)}"
        if not self.has(name):
            tar = base_rootfs.build(self._steps)
            text = "FROM scratch\nADD root.tar /\nENV LANG=C.UTF-8\n"
            with self._steps.step("base image"), tempfile.TemporaryDirectory(dir=self._root) as temporary:
                context = Path(temporary)
                # buildah takes a folder; a link spares the copy of the whole file system.
                os.link(tar, context / "root.tar")
                (context / "Dockerfile").write_text(text)
                argv = ["buildah", "bud", self._policy(), "--pull-never", "--layers=false", "--tag", name, context]
                self._steps.command("base image build", argv, env=self._environment())
        return name

    def build(self, source: Source) -> str:
        """Return the name, with its hash, of a source's current image, built unless it is there."""
        base = self.base()
        context = REPOSITORY / source.context
        dockerfile = (REPOSITORY / source.dockerfile).read_text()
        files = files_of(context, copied_sources(dockerfile))
        inputs: list[Input] = [base, dockerfile, *context_hash_inputs(context, files)]
        name = f"localhost/{source.name}:{digest(inputs)}"
        if self.has(name):
            return name
        with self._steps.step(f"image {source.name}"), tempfile.TemporaryDirectory(dir=self._root) as temporary:
            staged = Path(temporary) / "context"
            staged.mkdir()
            stage(context, files, staged)
            (Path(temporary) / "Dockerfile").write_text(dockerfile)
            argv: list[object] = [
                "buildah",
                "bud",
                self._policy(),
                "--pull-never",
                "--layers",
                "--network=host",  # for package indexes
                "--timestamp=0",  # the same files make the same layer, whenever they are built
                f"--build-arg=BASE_IMAGE={base}",
                *self._volumes(Path(temporary)),
                f"--file={Path(temporary) / 'Dockerfile'}",
                f"--tag={name}",
                staged,
            ]
            try:
                self._steps.command(f"image {source.name} build", argv, env=self._environment())
            finally:
                self._tidy()
        self._forget_older(source, name)
        return name

    def _volumes(self, temporary: Path) -> list[str]:
        """Return the mounts that give a build the machine's way to package indexes; none of it stays in a layer."""
        volumes = {venv.uv_cache(): "/root/.cache/uv"}
        venv.uv_cache().mkdir(parents=True, exist_ok=True)
        pip_cache = cache_root() / "pip-cache"
        pip_cache.mkdir(parents=True, exist_ok=True)
        volumes[pip_cache] = "/root/.cache/pip"
        pip, uv = index_settings(os.environ)
        (temporary / "pip.conf").write_text(pip)
        (temporary / "uv.toml").write_text(uv)
        volumes[temporary / "pip.conf"] = "/etc/pip.conf:ro"
        volumes[temporary / "uv.toml"] = "/etc/uv/uv.toml:ro"
        if CERTIFICATES.exists():
            volumes[CERTIFICATES] = f"{CERTIFICATES}:ro"
        return [f"--volume={outside}:{inside}" for outside, inside in volumes.items()]

    def _forget_older(self, source: Source, keep: str) -> None:
        """Remove a source's earlier images; layers that the current one shares stay."""
        listing = json.loads(self.query("images", "--json") or "[]")
        names = [name for image in listing for name in image.get("names") or []]
        older = [name for name in names if name.startswith(f"localhost/{source.name}:") and name != keep]
        if older:
            self.query("rmi", *older, check=False)

    def _tidy(self) -> None:
        """Remove what an interrupted or failed build leaves: its working container, and mounts."""
        self.query("rm", "--all", check=False)
        unmount_below(self._root)

    def export(self, name: str, reference: str) -> Image:
        """Return a built image the way ``image_store`` takes it."""
        # The configuration is JSON inside a field of JSON.
        config = json.loads(json.loads(self.query("inspect", "--type=image", name))["Config"])
        storage = self._root / "storage"
        images = json.loads((storage / "overlay-images" / "images.json").read_text())
        layers = {layer["id"]: layer for layer in _layers(storage)}
        top = next(image["layer"] for image in images if name in (image.get("names") or []))
        chain: list[Layer] = []
        current: str | None = top
        while current:
            layer: dict[str, Any] = layers[current]
            files = storage / "overlay" / current / "diff"
            # Followed from the top down, but an image lists its lowest layer first.
            chain.insert(0, Layer(layer["diff-digest"], layer["diff-size"], files))
            current = layer.get("parent")
        return Image(reference, config, chain)


def _layers(storage: Path) -> list[dict[str, Any]]:
    """Return buildah's layers, of which it keeps two lists."""
    found: list[dict[str, Any]] = []
    for name in ("layers.json", "volatile-layers.json"):
        file = storage / "overlay-layers" / name
        if file.exists():
            found += json.loads(file.read_text() or "[]") or []
    return found


def index_settings(environment: Mapping[str, str]) -> tuple[str, str]:
    """Return a ``pip.conf`` and a ``uv.toml`` that say what the machine's environment says about package indexes."""
    pip = ["[global]", "disable-pip-version-check = true", "root-user-action = ignore"]
    # Copied: hard links do not reach out of the mounted cache.
    uv = ["native-tls = true", 'link-mode = "copy"']
    index = environment.get("PIP_INDEX_URL") or environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
    if index:
        pip.append(f"index-url = {index}")
        uv.append(f"index-url = {json.dumps(index)}")
    if timeout := environment.get("PIP_DEFAULT_TIMEOUT"):
        pip.append(f"timeout = {timeout}")
    return "\n".join(pip) + "\n", "\n".join(uv) + "\n"


def build_and_load(steps: Steps, cluster: Cluster | None, names: list[str] | None = None) -> dict[str, str]:
    """Build the images whose Dockerfiles exist, give them to the cluster, and return their references by name."""
    builder = Builder(steps)
    references: dict[str, str] = {}
    with locked(cache_root() / "images.lock"):
        for key in names or [key for key, source in SOURCES.items() if (REPOSITORY / source.dockerfile).exists()]:
            source = SOURCES[key]
            built = builder.build(source)
            if cluster:
                with steps.step(f"image {source.name} to cluster {cluster.name}", quiet_below=0.2):
                    cluster.load_image(builder.export(built, source.reference))
            references[key] = source.reference
    return references

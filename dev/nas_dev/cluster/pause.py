"""The pause image: the process that holds a pod's namespaces. A static C program is all of it."""

import hashlib
from pathlib import Path

from nas_dev.cache import build_once
from nas_dev.cluster.containers import PAUSE_IMAGE
from nas_dev.cluster.image_store import Image, Layer
from nas_dev.steps import Steps

SOURCE = """
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, NULL, WNOHANG) > 0) {} }

int main(void) {
    signal(SIGINT, leave);
    signal(SIGTERM, leave);
    signal(SIGCHLD, reap);
    for (;;) pause();
}
"""


def image(steps: Steps) -> Image:
    """Return the image, compiled at first."""

    def make(directory: Path) -> None:
        files = directory / "files"
        files.mkdir(mode=0o755)
        (directory / "pause.c").write_text(SOURCE)
        argv = ["gcc", "-O2", "-static", "-s", "-o", files / "pause", directory / "pause.c"]
        steps.command("pause compile", argv)

    files = build_once("pause", [SOURCE], make) / "files"
    content = (files / "pause").read_bytes()
    config = {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/pause"], "User": "65535:65535"}}
    # Not the digest of an archive, as there is none: containerd only needs a name that changes with the content.
    layer = Layer(f"sha256:{hashlib.sha256(content).hexdigest()}", len(content), files)
    return Image(PAUSE_IMAGE, config, [layer])

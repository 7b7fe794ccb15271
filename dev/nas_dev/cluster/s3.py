"""The S3 server: SeaweedFS, a real one with multipart uploads, conditional writes and S3's own error codes.

It is told to be as strict as S3 is: no bucket appears because something was written to it, and only an empty one can
be deleted. It keeps sockets in ``/tmp`` under names made of its ports alone, so each cluster's gets a ``/tmp`` of its
own; without that, two clusters' servers would talk to each other.
"""

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nas_dev.cluster.network import NODE_IP, nsenter_prefix
from nas_dev.cluster.process import Daemon, DaemonFailed

PORT = 8333
BUCKET = "nas"


def answers(url: str) -> bool:
    """Whether a server speaks HTTP at a URL; S3 answers an anonymous request with 403, which is an answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(url, timeout=2).close()
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
    return True


@dataclass(frozen=True)
class S3:
    """One cluster's S3 server: where it is, how to log in, and how to stop and start it."""

    cluster: str
    directory: Path
    weed: Path
    access_key: str
    secret_key: str
    host_port: int
    region: str = "us-east-1"
    bucket: str = BUCKET

    @property
    def pod_endpoint(self) -> str:
        """The endpoint that pods use, and whatever runs inside the cluster's network."""
        return f"http://{NODE_IP}:{PORT}"

    @property
    def host_endpoint(self) -> str:
        """The endpoint for programs on the host."""
        return f"http://127.0.0.1:{self.host_port}"

    def daemon(self) -> Daemon:
        """Return the server's daemon."""
        data = self.directory / "s3"
        temporary = self.directory / "s3-tmp"
        data.mkdir(parents=True, exist_ok=True)
        temporary.mkdir(parents=True, exist_ok=True)
        weed = [
            str(self.weed),
            "mini",
            f"-dir={data}",
            f"-ip={NODE_IP}",
            "-ip.bind=0.0.0.0",
            f"-s3.port={PORT}",
            f"-bucket={self.bucket}",
            "-s3.autoCreateBucket=false",
            "-s3.allowDeleteBucketNotEmpty=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-admin.ui=false",
            "-webdav=false",
        ]
        private_tmp = ["unshare", "--mount", "--", "sh", "-c", 'mount --bind "$0" /tmp && exec "$@"', str(temporary)]
        credentials = {"AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key}
        argv = [*nsenter_prefix(self.cluster), *private_tmp, *weed]
        return Daemon("s3", self.directory, argv, self._ready, env=credentials)

    def _ready(self) -> bool:
        return answers(self.host_endpoint)

    def _do(self, *actions: Callable[[Daemon], None]) -> None:
        daemon = self.daemon()
        for action in actions:
            action(daemon)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        if self.directory.is_relative_to("/tmp"):
            # The server has a /tmp of its own, for it leaves sockets there; it would not see its program and data.
            raise DaemonFailed(f"s3 cannot run from {self.directory}: set NAS_DEV_CACHE to a folder outside /tmp")
        self._do(Daemon.start, Daemon.wait)

    def stop(self) -> None:
        """Stop the server, as an outage would; its data stays."""
        self._do(Daemon.stop)

    def restart(self) -> None:
        """Stop and start it."""
        self._do(Daemon.stop, Daemon.start, Daemon.wait)

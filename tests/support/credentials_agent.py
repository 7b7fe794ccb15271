"""An agent that gives pods credentials, as EKS Pod Identity and ECS have it: JSON at an address. Standard library only.

Run as a program inside the cluster's network. Arguments: access key and secret key. It prints the port it listens on.
"""

from __future__ import annotations

import http.server
import json
import sys
from datetime import UTC, datetime, timedelta


class Agent(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ends = datetime.now(UTC) + timedelta(hours=1)
        given = {
            "AccessKeyId": sys.argv[1],
            "SecretAccessKey": sys.argv[2],
            # An S3 server takes no token with a key that is not temporary.
            "Token": None,
            "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        body = json.dumps(given).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Agent)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

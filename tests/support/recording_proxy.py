"""A proxy in front of Prometheus that notes the queries that pass; run as a program inside the cluster's network.

Arguments: the upstream URL, and the file that gets one query a line. It prints the port it listens on.
"""

import http.server
import sys
import urllib.parse
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    """Passes POSTed queries on."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[2], "a") as log:  # noqa: PTH123 - one line at a time, by a program of its own
            log.write(urllib.parse.parse_qs(body.decode())["query"][0] + "\n")
        with urllib.request.urlopen(sys.argv[1] + self.path, data=body, timeout=5) as answer:
            content = answer.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()

"""A receiver of CloudEvents that notes each on a line of a file; run as a program inside the cluster's network.

Argument: the file. It prints the port it listens on.
"""

import http.server
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open(sys.argv[1], "ab") as log:  # noqa: PTH123 - one line at a time, by a program of its own
            log.write(body + b"\n")
        self.send_response(204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


if __name__ == "__main__":
    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()

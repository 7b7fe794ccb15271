"""A mutating webhook as service meshes have: it puts a container that never ends into pods. Standard library only.

Run as a program inside the cluster's network. Argument: its certificate. It prints the port it listens on.
"""

from __future__ import annotations

import base64
import http.server
import json
import ssl
import sys


class Webhook(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
        own = request["object"]["spec"]["containers"][0]
        proxy = {
            "name": "proxy",
            "image": own["image"],
            "command": ["python3", "-c", "import signal; signal.signal(15, lambda *_: exit(0)); signal.pause()"],
            "securityContext": own["securityContext"],
        }
        # In front of the trial's container, where some meshes put theirs.
        patch = [{"op": "add", "path": "/spec/containers/0", "value": proxy}]
        response = {
            "uid": request["uid"],
            "allowed": True,
            "patchType": "JSONPatch",
            "patch": base64.b64encode(json.dumps(patch).encode()).decode(),
        }
        body = json.dumps(
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Webhook)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

"""Ports on which a process can be reached from other machines."""

from __future__ import annotations

from pathlib import Path

LISTENING = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}
"""127.0.0.1 and ::1, as ``/proc/net/tcp`` and ``tcp6`` write them."""


def reachable_ports(pid: int) -> set[int]:
    """Return the TCP ports that a process listens on, on other addresses than the loopback interface's."""
    sockets = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(descriptor.readlink()))
        except OSError:  # closed meanwhile
            continue
    ports = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            address, port = fields[1].split(":")
            if fields[3] == LISTENING and address not in LOOPBACK and f"socket:[{fields[9]}]" in sockets:
                ports.add(int(port, 16))
    return ports

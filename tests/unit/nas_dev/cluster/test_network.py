"""Ports are free, distinct and remembered."""

import socket

from nas_dev.cluster.network import free_port, nsenter_prefix


def test_skips_ports_that_are_taken_or_listened_on() -> None:
    first = free_port(set())
    assert free_port({first}) != first
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", first))
        listener.listen()
        assert free_port(set(), first) != first


def test_commands_enter_the_clusters_own_namespace() -> None:
    assert nsenter_prefix("dev") == ["nsenter", "--net=/run/netns/nas-dev", "--"]

"""Networks for a cluster whose nodes can be cut off: inside scripts/networks only.

    clients  10.77.1.0/24   a bridge; whoever runs the cluster has 10.77.1.254 there
    nodes    10.77.2.0/24   a bridge; nodes talk to each other by it, replication and quorum

Node N lives in a network namespace with an address on each, 10.77.1.N and 10.77.2.N. Taking the outer end of
one of its two cables down loses every packet silently, in both directions, as a dead switch does.
"""

import os
import subprocess

NETWORKS = {"clients": "10.77.1", "nodes": "10.77.2"}
OUTSIDE = 254


def are_allowed():
    return "GREGOR_NETWORKS" in os.environ


def address(network, node):
    return f"{NETWORKS[network]}.{node}"


def make(nodes):
    """The bridges, and the namespaces of these nodes with their cables; again is fine."""
    for network in NETWORKS:
        if not _exists(network):
            _ip("link", "add", network, "type", "bridge")
            _ip("address", "add", f"{address(network, OUTSIDE)}/24", "dev", network)
            _ip("link", "set", network, "up")
    for node in nodes:
        if _exists(_cable("clients", node)):
            continue
        _ip("netns", "add", _namespace(node))
        _ip("-n", _namespace(node), "link", "set", "lo", "up")
        for network in NETWORKS:
            cable = _cable(network, node)
            _ip("link", "add", cable, "type", "veth", "peer", "name", network, "netns", _namespace(node))
            _ip("link", "set", cable, "master", network, "up")
            _ip("-n", _namespace(node), "address", "add", f"{address(network, node)}/24", "dev", network)
            _ip("-n", _namespace(node), "link", "set", network, "up")


def command_in(node, command):
    """The command, to be run in the node's namespace."""
    return ["nsenter", f"--net=/run/netns/{_namespace(node)}", *command]


def cut(node, networks):
    """Off these, and on the others."""
    for network in NETWORKS:
        _ip("link", "set", _cable(network, node), "down" if network in networks else "up")


def _namespace(node):
    return f"node-{node}"


def _cable(network, node):
    return f"{network}-{node}"


def _exists(link):
    return subprocess.run(["ip", "link", "show", link], capture_output=True, check=False).returncode == 0


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)

"""The quorum's voters change while the cluster runs (KIP-853), by gregorctl on real sockets."""

import json
import re
import unittest

from harness import consume_with_kcat, main, run_kcat, wait_until
from running_cluster import RunningCluster


class Address:
    """What the harness's kcat functions want of a broker."""

    def __init__(self, address):
        self.address = address


class Quorum:
    """As `gregorctl quorum describe --status` shows it."""

    def __init__(self, cluster):
        self.text = cluster.gregorctl("quorum", "describe", "--status")
        fields = dict(line.split(":", 1) for line in self.text.splitlines())
        self.leader = int(fields["LeaderId"])
        self.voters = {voter["id"]: voter for voter in json.loads(fields["CurrentVoters"])}
        self.observers = {observer["id"]: observer for observer in json.loads(fields["CurrentObservers"])}


def controllers(cluster, ids):
    """Where the controllers listen."""
    description = json.loads((cluster.folder / "nodes" / "cluster.json").read_text())
    return ",".join(f"127.0.0.1:{node['controller_port']}" for node in description["nodes"] if node["id"] in ids)


def add(cluster, node):
    """Makes a controller that follows a voter."""
    config = cluster.folder / "nodes" / f"node-{node}" / "server.properties"
    return cluster.gregorctl("quorum", "--command-config", config, "add-controller")


def remove(cluster, node, directory, **more):
    return cluster.gregorctl("quorum", "remove-controller", "-i", node, "-d", directory, **more)


class Voters(unittest.TestCase):
    def test_a_controller_is_added_the_leader_removed_another_killed_and_nothing_is_lost(self):
        with RunningCluster("--controllers", "3", "--dynamic") as cluster:
            broker = Address(cluster.address)
            cluster.make_topic("before")
            run_kcat(broker, "-P", "-t", "before", "-X", "acks=all", stdin="one\ntwo\nthree\n")
            self.assertEqual({4, 5, 6}, set(Quorum(cluster).voters))

            added = int(cluster.command("add-controller"))
            wait_until(lambda: added in Quorum(cluster).observers, "the new controller follows")
            self.assertRegex(add(cluster, added),
                             rf"^Added controller {added} with directory id [\w-]{{22}} and endpoints: "
                             r"CONTROLLER://127\.0\.0\.1:\d+\n$")
            quorum = Quorum(cluster)
            self.assertEqual({4, 5, 6, added}, set(quorum.voters))

            # Through the controllers' own listeners, of which one leads.
            gone, directory = quorum.leader, quorum.voters[quorum.leader]["directoryId"]
            there = ("--bootstrap-controller", controllers(cluster, quorum.voters))
            self.assertEqual(f"Removed  KRaft controller {gone} with directory id {directory}\n",
                             remove(cluster, gone, directory, bootstrap=there))
            wait_until(lambda: Quorum(cluster).leader != gone, "another one leads")
            quorum = Quorum(cluster)
            self.assertEqual({4, 5, 6, added} - {gone}, set(quorum.voters))

            cluster.command("kill", quorum.leader)
            wait_until(lambda: Quorum(cluster).leader != quorum.leader, "the next one leads")
            cluster.make_topic("after")
            run_kcat(broker, "-P", "-t", "after", "-X", "acks=all", stdin="four\n")
            self.assertEqual(["one", "two", "three"],
                             [record["payload"] for record in consume_with_kcat(broker, "before")])
            self.assertEqual(["four"], [record["payload"] for record in consume_with_kcat(broker, "after")])

    def test_configured_voters_move_into_the_log_and_change_from_then_on(self):
        with RunningCluster() as cluster:
            feature = re.compile(r"^Feature: kraft.version\tSupportedMinVersion: 0\tSupportedMaxVersion: 1\t"
                                 r"FinalizedVersionLevel: ([01])\tEpoch: \d+$", re.M)
            self.assertEqual(["0"], feature.findall(cluster.gregorctl("features", "describe")))
            with self.assertRaisesRegex(AssertionError, "kraft.version is 0"):
                remove(cluster, 1, "JEXY6aqzQY-32P5TStzaFg")

            def is_raised():
                try:
                    return cluster.gregorctl("features", "upgrade", "--feature", "kraft.version=1") == \
                        "kraft.version was upgraded to 1.\n"
                except AssertionError:
                    return False  # not every voter has told the leader who it is yet

            wait_until(is_raised, "kraft.version is 1")
            wait_until(lambda: feature.findall(cluster.gregorctl("features", "describe")) == ["1"], "all know")
            quorum = Quorum(cluster)
            gone = next(node for node in quorum.voters if node != quorum.leader)
            remove(cluster, gone, quorum.voters[gone]["directoryId"])
            self.assertEqual({1, 2, 3} - {gone}, set(Quorum(cluster).voters))
            cluster.command("stop", gone)
            cluster.command("start", gone)
            self.assertEqual({1, 2, 3} - {gone}, set(Quorum(cluster).voters))
            add(cluster, gone)
            self.assertEqual({1, 2, 3}, set(Quorum(cluster).voters))


if __name__ == "__main__":
    main()

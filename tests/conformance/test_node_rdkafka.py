"""A group of the consumer protocol (KIP-848) with members of node-rdkafka, which brings a librdkafka of its own that
scripts/node-rdkafka compiles; group_kills.py tells what they live through.
"""

import unittest

from client_processes import node_client
from group_kills import TOPIC, GroupKills
from harness import NODE_CLIENTS, main


@unittest.skipUnless((NODE_CLIENTS / "node_rdkafka" / "node_modules").exists(), "run scripts/node-rdkafka first")
class NodeRdkafka(GroupKills):
    overrides = ("group.consumer.min.heartbeat.interval.ms=500", "group.consumer.heartbeat.interval.ms=500",
                 "group.consumer.min.session.timeout.ms=10000", "group.consumer.session.timeout.ms=10000")

    @staticmethod
    def commands_of_members(address):
        return {"node_rdkafka": node_client("group_member.mjs", "node_rdkafka", address, "node_rdkafka", TOPIC)}

    def test_node_rdkafka(self):
        self.judge("node_rdkafka")


if __name__ == "__main__":
    main()

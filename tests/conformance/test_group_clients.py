"""Groups of five clients on three nodes, all of them at once, two members each: kcat's and python3-confluent-kafka's
(librdkafka), python3-kafka's, kafkajs's and @platformatic/kafka's. group_kills.py tells what they live through.
"""

import unittest

from client_processes import kcat_member, node_client, python_client
from group_kills import TOPIC, GroupKills
from harness import main

try:
    import kafka
except ImportError:
    kafka = None


class GroupClients(GroupKills):
    @staticmethod
    def commands_of_members(address):
        commands = {"kcat": kcat_member(address, "kcat", TOPIC),
                    "confluent_kafka": python_client("group_member.py", "confluent_kafka", address, "confluent_kafka",
                                                     TOPIC),
                    "kafka": python_client("group_member.py", "kafka", address, "kafka", TOPIC)}
        if kafka is None:
            commands["kafka"] = unittest.SkipTest("python3-kafka is not installed")
        for client in ("kafkajs", "platformatic"):
            try:
                commands[client] = node_client("group_member.mjs", client, address, client, TOPIC)
            except unittest.SkipTest as missing:
                commands[client] = missing
        return commands

    def test_kcat(self):
        self.judge("kcat")

    def test_confluent_kafka(self):
        self.judge("confluent_kafka")

    def test_kafka_python(self):
        self.judge("kafka")

    def test_kafkajs(self):
        self.judge("kafkajs")

    def test_platformatic(self):
        self.judge("platformatic")


if __name__ == "__main__":
    main()

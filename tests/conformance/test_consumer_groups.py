"""Groups of the consumer protocol (KIP-848): members of @platformatic/kafka, alone with a node and on three
nodes of which the group's coordinator is killed (kill -9) while they read."""

import contextlib
import subprocess
import threading
import unittest

from harness import Gregord, main, run_node_tests, wait_until
from running_cluster import RunningCluster

SETTINGS = {
    "group.consumer.min.heartbeat.interval.ms": "200", "group.consumer.heartbeat.interval.ms": "200",
    "group.consumer.min.session.timeout.ms": "20000", "group.consumer.session.timeout.ms": "20000",
}
TIMEOUT_S = 60
NODES = {1, 2, 3}


def leader_of(cluster, topic):
    """As one of the nodes tells it; -1 while it does not know any."""
    with contextlib.suppress(IndexError):
        return cluster.partition(topic).get("leader", -1)
    return -1


class ConsumerGroups(unittest.TestCase):
    def test_one_node(self):
        with Gregord(SETTINGS) as broker:
            run_node_tests(broker, "platformatic_consumer_groups.test.mjs")

    def test_the_coordinator_dies(self):
        overrides = [f"{key}={value}" for key, value in SETTINGS.items()]
        # This client never looks for another coordinator: it goes on when its node is back and leads again.
        with RunningCluster(overrides=("offsets.topic.num.partitions=1", "offsets.topic.replication.factor=3",
                                       "leader.imbalance.check.interval.seconds=1", *overrides)) as cluster:
            # Whoever asks for the coordinator of a group makes the topic, though there is no such group.
            with contextlib.suppress(AssertionError):
                cluster.gregorctl("groups", "--describe", "--group", "none")
            wait_until(lambda: leader_of(cluster, "__consumer_offsets") > 0, "a coordinator", TIMEOUT_S)
            coordinator = leader_of(cluster, "__consumer_offsets")
            # The client's streams end where a leader of their partitions is gone: others lead those.
            first, second = NODES - {coordinator}
            cluster.gregorctl("topics", "--create", "--topic", "pf-consumers", "--replica-assignment",
                              ",".join([f"{first}:{second}", f"{second}:{first}"] * 2))
            failed = []

            def run_tests():
                try:
                    run_node_tests(cluster, "platformatic_consumer_groups.test.mjs", timeout_s=150)
                except (AssertionError, subprocess.TimeoutExpired) as error:
                    failed.append(error)

            tests = threading.Thread(target=run_tests)
            tests.start()
            try:
                def is_running():
                    state = cluster.gregorctl("groups", "--list", "--state")
                    return failed or "pfc\tStable" in state

                wait_until(is_running, "the members are there", TIMEOUT_S)
                cluster.command("kill", coordinator)
                wait_until(lambda: leader_of(cluster, "__consumer_offsets") not in (coordinator, -1),
                           "another coordinator", TIMEOUT_S)
                cluster.command("start", coordinator)
                wait_until(lambda: leader_of(cluster, "__consumer_offsets") == coordinator, "the old one again",
                           TIMEOUT_S)
            finally:
                tests.join()
            self.assertEqual([], failed)


if __name__ == "__main__":
    main()

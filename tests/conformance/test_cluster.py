"""A cluster of three nodes under librdkafka's load, while one node after the other is killed, paused and
stopped: what was acknowledged with acks=all is there afterwards, once and in order."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

from harness import ROOT, gregord_program, main

try:
    import confluent_kafka
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None

PARTITIONS = 3
REPLICAS = 3
CALM_S = 2  # of load between two troubles
TIMEOUT_S = 60


class Cluster:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="gregor-cluster-")
        self.environment = {**os.environ, "GREGORD": str(gregord_program())}

    def run(self, *arguments):
        command = [str(ROOT / "scripts" / "cluster"), *arguments, "--dir", self.folder]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(arguments)}: {done.stderr}")
        return done.stdout

    def __enter__(self):
        self.bootstrap = self.run("up", "--brokers", "3").strip()
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            for log in sorted(pathlib.Path(self.folder).glob("n*/log")):
                print(f"---- {log}\n{log.read_text(errors='replace')}")
        self.run("down", "--wipe")
        shutil.rmtree(self.folder, ignore_errors=True)


class History:
    """An idempotent producer of numbered values, and what it was told of each."""

    def __init__(self, bootstrap, topic):
        self.topic = topic
        self.sent = 0
        self.acknowledged = {}  # value: (partition, offset)
        self.failed = []
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": bootstrap, "enable.idempotence": True, "acks": "all", "linger.ms": 2,
            "message.timeout.ms": TIMEOUT_S * 1000, "queue.buffering.max.messages": 2000,
            "retry.backoff.ms": 50, "reconnect.backoff.max.ms": 200, "log_level": 0})

    def load_for(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                self._producer.produce(self.topic, b"%d" % self.sent, partition=self.sent % PARTITIONS,
                                       on_delivery=self._delivered)
                self.sent += 1
            except BufferError:
                self._producer.poll(0.05)
            self._producer.poll(0)

    def settle(self):
        left = self._producer.flush(TIMEOUT_S)
        if left:
            raise AssertionError(f"{left} values without an answer")

    def _delivered(self, error, message):
        if error:
            self.failed.append((message.value(), str(error)))
        else:
            self.acknowledged[message.value()] = (message.partition(), message.offset())


def read_all(bootstrap, topic, count):
    """The values of each partition from its start, at least `count` together."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": bootstrap, "group.id": "none",
                                         "enable.auto.commit": False, "log_level": 0})
    consumer.assign([confluent_kafka.TopicPartition(topic, p, 0) for p in range(PARTITIONS)])
    values = {partition: [] for partition in range(PARTITIONS)}
    deadline = time.monotonic() + TIMEOUT_S
    while sum(map(len, values.values())) < count and time.monotonic() < deadline:
        for message in consumer.consume(1000, 0.5):
            if not message.error():
                values[message.partition()].append((message.offset(), message.value()))
    consumer.close()
    return values


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class ClusterUnderLoad(unittest.TestCase):
    def test_kill_pause_and_restart_lose_nothing_and_double_nothing(self):
        with Cluster() as cluster:
            admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": cluster.bootstrap})
            topic = confluent_kafka.admin.NewTopic("orders", PARTITIONS, REPLICAS)
            admin.create_topics([topic])["orders"].result(TIMEOUT_S)
            history = History(cluster.bootstrap, "orders")
            history.load_for(CALM_S)
            for hurt, heal in (("kill", "start"), ("pause", "resume"), ("stop", "start")):
                victim = str(self.leader_of(admin, 0))
                cluster.run(hurt, victim)
                history.load_for(CALM_S)
                cluster.run(heal, victim)
                history.load_for(CALM_S)
            history.settle()
            self.assertEqual(history.failed, [])
            self.assertGreater(len(history.acknowledged), 1000)
            self.judge(history, read_all(cluster.bootstrap, "orders", len(history.acknowledged)))

    def leader_of(self, admin, partition):
        metadata = admin.list_topics("orders", timeout=TIMEOUT_S)
        return metadata.topics["orders"].partitions[partition].leader

    def judge(self, history, values):
        for value, (partition, offset) in history.acknowledged.items():
            self.assertEqual(partition, int(value) % PARTITIONS)
        for partition, records in values.items():
            numbers = [int(value) for _, value in records]
            self.assertEqual(numbers, sorted(set(numbers)), f"order or doubles in {partition}")
        where = {value: (p, o) for p, records in values.items() for o, value in records}
        for value, place in history.acknowledged.items():
            self.assertEqual(where.get(value), place, f"{value} was acknowledged at {place}")


if __name__ == "__main__":
    main()

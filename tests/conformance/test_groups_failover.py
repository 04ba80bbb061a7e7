"""A consumer group on three nodes whose coordinator is killed (kill -9): its members go on, nothing is lost."""

import threading
import time
import unittest

from harness import gregord_program, main, run, wait_until
from running_cluster import RunningCluster

try:
    import confluent_kafka
    from confluent_kafka import TopicPartition
except ImportError:
    confluent_kafka = None

TIMEOUT_S = 60
PARTITIONS = 4
KILLS = 3


class Member(threading.Thread):
    """Reads and commits what it has read, until stop()."""

    def __init__(self, address, topic):
        super().__init__(daemon=True)
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": address, "group.id": "g", "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
            "fetch.wait.max.ms": 50, "reconnect.backoff.max.ms": 500,
            "topic.metadata.refresh.interval.ms": 2000, "log_level": 0})
        self.values = set()
        self.committed = {}  # partition: the highest offset that was acknowledged
        self.stopping = threading.Event()
        self.consumer.subscribe([topic])
        self.start()

    def run(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.1)
            if message is None or message.error():
                continue
            self.values.add(message.value())
            try:
                for each in self.consumer.commit(message=message, asynchronous=False):
                    if each.error is None:
                        self.committed[each.partition] = max(each.offset, self.committed.get(each.partition, 0))
            except confluent_kafka.KafkaException:
                pass  # no coordinator, or a rebalance: the next commit counts
        self.consumer.close()

    def stop(self):
        self.stopping.set()
        self.join(TIMEOUT_S)
        assert not self.is_alive(), "the member does not end"


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class GroupsFailover(unittest.TestCase):
    def make_topic(self, cluster):
        run([str(gregord_program().parent / "gregorctl"), "topics", "--bootstrap-server", cluster.address, "--create",
             "--topic", "orders", "--partitions", str(PARTITIONS), "--replication-factor", "3"])

    def offsets(self, cluster):
        consumer = confluent_kafka.Consumer({"bootstrap.servers": cluster.address, "group.id": "g"})
        try:
            asked = [TopicPartition("orders", i) for i in range(PARTITIONS)]
            answered = consumer.committed(asked, timeout=TIMEOUT_S)
            return {each.partition: each.offset for each in answered if each.offset >= 0}
        finally:
            consumer.close()

    def test_members_go_on_when_their_coordinator_dies(self):
        with RunningCluster(
                overrides=("offsets.topic.num.partitions=1", "offsets.topic.replication.factor=3")) as cluster:
            self.make_topic(cluster)
            members = [Member(cluster.address, "orders") for _ in range(2)]
            producer = confluent_kafka.Producer({"bootstrap.servers": cluster.address, "acks": "all", "log_level": 0})
            sent = set()
            acknowledged = set()

            def produce(count):
                for _ in range(count):
                    value = b"%d" % len(sent)
                    sent.add(value)
                    producer.produce("orders", value, partition=len(sent) % PARTITIONS,
                                     on_delivery=lambda error, m: error or acknowledged.add(m.value()))
                    producer.poll(0)
                    time.sleep(0.002)

            produce(200)
            wait_until(lambda: sum(map(len, (m.values for m in members))) >= 200, "both read", TIMEOUT_S)
            for _ in range(KILLS):
                killed = cluster.kill_leader("__consumer_offsets")
                produce(200)
                self.assertEqual(0, producer.flush(TIMEOUT_S))
                wait_until(lambda: acknowledged <= members[0].values | members[1].values, "all is read", TIMEOUT_S)
                before = {}
                for member in members:
                    for partition, offset in dict(member.committed).items():
                        before[partition] = max(offset, before.get(partition, 0))
                after = self.offsets(cluster)
                for partition, offset in before.items():
                    self.assertGreaterEqual(after[partition], offset, f"partition {partition} went back")
                cluster.command("start", killed)
                wait_until(lambda: len(cluster.partition("__consumer_offsets").get("isrs", ())) == 3, "in sync again",
                           TIMEOUT_S)
            self.assertEqual(len(sent), len(acknowledged))
            for member in members:
                member.stop()
            ends = {i: 0 for i in range(PARTITIONS)}
            for i in range(1, len(sent) + 1):
                ends[i % PARTITIONS] += 1
            self.assertEqual(ends, self.offsets(cluster))


if __name__ == "__main__":
    main()

"""Transactions of librdkafka, kafkajs and @platformatic/kafka: commit, abort, fencing, offsets in a
transaction; and with the coordinator killed meanwhile, on three nodes."""

import json
import sys
import time
import unittest
import uuid

from harness import ROOT, Gregord, main, run, run_node_tests, wait_until
from running_cluster import RunningCluster

sys.path.insert(0, str(ROOT / "scripts"))
from drill_cluster import coordinating_partition

try:
    import confluent_kafka
    from confluent_kafka import KafkaException, TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:
    confluent_kafka = None

TIMEOUT_S = 30
SETTINGS = {"transaction.state.log.num.partitions": 3, "offsets.topic.num.partitions": 3,
            "group.initial.rebalance.delay.ms": 0,
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 500}


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Client(unittest.TestCase):
    """One node for the tests of a class; each makes its own topics and transactional ids."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Gregord(SETTINGS))
        cls.settings = {"bootstrap.servers": cls.broker.address, "log_level": 0}
        cls.admin = AdminClient(cls.settings)

    def make_topic(self, partitions=1):
        topic = f"t-{uuid.uuid4().hex[:8]}"
        made = self.admin.create_topics([NewTopic(topic, partitions, 1)])
        self.assertIsNone(made[topic].result(TIMEOUT_S))
        return topic

    def producer(self, transactional_id=None, **settings):
        producer = confluent_kafka.Producer({
            **self.settings, "transactional.id": transactional_id or f"x-{uuid.uuid4().hex[:8]}",
            "linger.ms": 0, **settings})
        producer.init_transactions(TIMEOUT_S)
        return producer

    def read(self, topic, partitions=1, isolation="read_committed"):
        """The values to the end of each partition, as this isolation level sees it."""
        consumer = confluent_kafka.Consumer({
            **self.settings, "group.id": "no-member", "enable.auto.commit": False,
            "enable.partition.eof": True, "isolation.level": isolation, "fetch.wait.max.ms": 20,
            "auto.offset.reset": "error"})
        consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])
        values, ends = [], set()
        try:
            while len(ends) < partitions:
                message = consumer.poll(TIMEOUT_S)
                self.assertIsNotNone(message, "neither a message nor an end")
                if message.error() is None:
                    values.append(message.value().decode())
                    continue
                self.assertEqual(confluent_kafka.KafkaError._PARTITION_EOF, message.error().code())
                ends.add(message.partition())
        finally:
            consumer.close()
        return values

    def wait_for(self, topic, values, **how):
        wait_until(lambda: sorted(self.read(topic, **how)) == sorted(values), f"{values} of {topic}")


class Transactions(Client):
    def test_committed_records_are_seen_and_aborted_ones_are_not(self):
        topic = self.make_topic(3)
        producer = self.producer()
        expected = []
        for n in range(6):
            producer.begin_transaction()
            for p in range(3):
                producer.produce(topic, f"{n}-{p}", partition=p)
            producer.flush(TIMEOUT_S)
            if n % 2 == 0:
                producer.commit_transaction(TIMEOUT_S)
                expected += [f"{n}-{p}" for p in range(3)]
            else:
                producer.abort_transaction(TIMEOUT_S)
        self.wait_for(topic, expected, partitions=3)
        everything = [f"{n}-{p}" for n in range(6) for p in range(3)]
        self.wait_for(topic, everything, partitions=3, isolation="read_uncommitted")

    def test_an_open_transaction_is_not_seen(self):
        topic = self.make_topic()
        producer = self.producer()
        producer.begin_transaction()
        producer.produce(topic, "open")
        self.assertEqual(0, producer.flush(TIMEOUT_S))
        other = confluent_kafka.Producer({**self.settings, "enable.idempotence": True})
        other.produce(topic, "plain")
        self.assertEqual(0, other.flush(TIMEOUT_S))
        self.assertEqual([], self.read(topic))
        self.assertEqual(["open", "plain"], self.read(topic, isolation="read_uncommitted"))
        producer.commit_transaction(TIMEOUT_S)
        self.wait_for(topic, ["open", "plain"])

    def test_a_second_producer_of_the_same_id_fences_the_first(self):
        topic = self.make_topic()
        first = self.producer("fenced")
        first.begin_transaction()
        first.produce(topic, "of the first")
        self.assertEqual(0, first.flush(TIMEOUT_S))
        second = self.producer("fenced")
        first.produce(topic, "late")
        with self.assertRaises(KafkaException) as raised:
            first.commit_transaction(TIMEOUT_S)
        self.assertTrue(raised.exception.args[0].fatal())
        second.begin_transaction()
        second.produce(topic, "of the second")
        second.commit_transaction(TIMEOUT_S)
        self.wait_for(topic, ["of the second"])

    def test_a_transaction_that_takes_too_long_is_aborted(self):
        topic = self.make_topic()
        producer = self.producer(**{"transaction.timeout.ms": 1000, "message.timeout.ms": 1000})
        producer.begin_transaction()
        producer.produce(topic, "too late")
        self.assertEqual(0, producer.flush(TIMEOUT_S))
        other = self.producer()
        other.begin_transaction()
        other.produce(topic, "in time")
        other.commit_transaction(TIMEOUT_S)
        self.wait_for(topic, ["in time"])
        with self.assertRaises(KafkaException):
            producer.commit_transaction(TIMEOUT_S)

    def test_a_transaction_outlives_a_killed_broker(self):
        topic = self.make_topic()
        producer = self.producer()
        producer.begin_transaction()
        producer.produce(topic, "before")
        self.assertEqual(0, producer.flush(TIMEOUT_S))
        self.broker.kill()
        self.broker.start()
        producer.produce(topic, "after")
        producer.commit_transaction(TIMEOUT_S)
        self.wait_for(topic, ["before", "after"])


class Offsets(Client):
    """Read, process, write (KIP-98, KIP-447)."""

    def process(self, source, target, count, group, outcome):
        """Moves so many records on in one transaction; the values that were moved."""
        consumer = confluent_kafka.Consumer({
            **self.settings, "group.id": group, "enable.auto.commit": False,
            "auto.offset.reset": "earliest", "isolation.level": "read_committed"})
        producer = self.producer(f"x-{group}")
        moved = []
        try:
            consumer.subscribe([source])
            producer.begin_transaction()
            until = time.monotonic() + TIMEOUT_S
            while len(moved) < count and time.monotonic() < until:
                message = consumer.poll(0.2)
                if message is None or message.error():
                    continue
                moved.append(message.value().decode())
                producer.produce(target, message.value())
            producer.send_offsets_to_transaction(
                consumer.position(consumer.assignment()), consumer.consumer_group_metadata(),
                TIMEOUT_S)
            getattr(producer, f"{outcome}_transaction")(TIMEOUT_S)
        finally:
            consumer.close()
        return moved

    def test_offsets_count_when_their_transaction_is_committed(self):
        source, target = self.make_topic(), self.make_topic()
        producer = confluent_kafka.Producer(self.settings)
        for n in range(10):
            producer.produce(source, str(n))
        self.assertEqual(0, producer.flush(TIMEOUT_S))
        group = f"g-{uuid.uuid4().hex[:8]}"
        self.assertEqual(list("0123"), self.process(source, target, 4, group, "abort")[:4])
        first = self.process(source, target, 4, group, "commit")
        self.assertEqual("0", first[0])
        second = self.process(source, target, 10 - len(first), group, "commit")
        self.assertEqual(list("0123456789"), first + second)
        self.wait_for(target, list("0123456789"))


class Node(unittest.TestCase):
    def test_kafkajs(self):
        with Gregord(SETTINGS) as broker:
            run_node_tests(broker, "kafkajs_transactions.test.mjs")

    def test_platformatic(self):
        with Gregord(SETTINGS) as broker:
            run_node_tests(broker, "platformatic_transactions.test.mjs")


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Cluster(unittest.TestCase):
    def coordinator(self, cluster, transactional_id):
        topic = json.loads(run(["kcat", "-b", cluster.address, "-L", "-J", "-t", "__transaction_state"]))["topics"][0]
        partition = coordinating_partition(transactional_id, len(topic["partitions"]))
        return next(p["leader"] for p in topic["partitions"] if p["partition"] == partition)

    def test_transactions_outlive_their_coordinator(self):
        with RunningCluster() as cluster:
            cluster.make_topic("outlives")
            producer = confluent_kafka.Producer({
                "bootstrap.servers": cluster.address, "log_level": 0, "transactional.id": "outlives", "linger.ms": 0})
            producer.init_transactions(TIMEOUT_S)
            expected = []
            for n in range(6):
                producer.begin_transaction()
                producer.produce("outlives", f"{n} before")
                self.assertEqual(0, producer.flush(TIMEOUT_S))
                node = self.coordinator(cluster, "outlives")
                cluster.command("kill", node)
                producer.produce("outlives", f"{n} after")
                if n % 2 == 0:
                    producer.commit_transaction(TIMEOUT_S)
                    expected += [f"{n} before", f"{n} after"]
                else:
                    producer.abort_transaction(TIMEOUT_S)
                cluster.command("start", node)
                wait_until(lambda: len(cluster.partition("outlives").get("isrs", ())) == 3, "all in sync", TIMEOUT_S)
            def values():
                return run(["kcat", "-b", cluster.address, "-t", "outlives", "-C", "-e", "-q", "-o", "beginning",
                            "-X", "isolation.level=read_committed"]).splitlines()
            wait_until(lambda: values() == expected, f"{expected}", TIMEOUT_S)


if __name__ == "__main__":
    main()

"""kill -9 under load: what was acknowledged with acks=all is there afterwards, in order."""

import time
import unittest

from harness import Gregord, consume_with_kcat, main

try:
    import confluent_kafka
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None

PARTITIONS = 4
ROUNDS = 3
ACKNOWLEDGED_A_ROUND = 2500
IN_FLIGHT = 2000
ROUND_TIMEOUT_S = 15
SEGMENT_BYTES = 500_000


class Load:
    """A producer of numbered values, round robin over the partitions, and what it was told of them."""

    def __init__(self, broker, topic, **settings):
        self.topic = topic
        self.sent = 0
        self.answered = 0
        self.acknowledged = {}  # (partition, offset): value
        self.failures = []
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": broker.address, "acks": "all", "linger.ms": 2,
            "batch.num.messages": 50, "queue.buffering.max.messages": IN_FLIGHT,
            "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 100, "retry.backoff.ms": 20, "log_level": 0, **settings})

    def send_one(self):
        """False if as many are in flight as may be."""
        value = b"%d " % self.sent + b"x" * (self.sent % 700)
        try:
            self._producer.produce(
                self.topic, value, partition=self.sent % PARTITIONS, on_delivery=self._delivered)
            self.sent += 1
        except BufferError:
            return False
        self._producer.poll(0)
        return True

    def send_until_acknowledged(self, count):
        deadline = time.monotonic() + ROUND_TIMEOUT_S
        while self.answered < count:
            if not self.send_one():
                self._producer.poll(0.05)
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.answered} of {count} acknowledged")

    def flush(self):
        left = self._producer.flush(ROUND_TIMEOUT_S)
        if left:
            raise AssertionError(f"{left} values without an answer")

    def _delivered(self, error, message):
        if error is not None:
            self.failures.append(error)
            return
        self.answered += 1
        if message.offset() >= 0:  # librdkafka may not know that of a duplicate
            self.acknowledged[message.partition(), message.offset()] = message.value()


def number_of(value):
    return int(value.split()[0])


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Crash(unittest.TestCase):
    def run_rounds(self, broker, load, end_node):
        for round_number in range(1, ROUNDS + 1):
            load.send_until_acknowledged(round_number * ACKNOWLEDGED_A_ROUND)
            end_node()
            while load.send_one():
                pass  # these meet a dead node
            broker.start()
        load.send_until_acknowledged((ROUNDS + 1) * ACKNOWLEDGED_A_ROUND)
        load.flush()

    def make_topic(self, broker, topic):
        admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.address})
        made = admin.create_topics([confluent_kafka.admin.NewTopic(
            topic, PARTITIONS, 1, config={"segment.bytes": str(SEGMENT_BYTES)})])
        made[topic].result(10)

    def consume(self, broker, topic, partition):
        records = consume_with_kcat(broker, topic, "-p", str(partition), "-X", "check.crcs=true")
        self.assertEqual(list(range(len(records))), [record["offset"] for record in records])
        return [record["payload"].encode() for record in records]

    def test_an_idempotent_producer_finds_everything_once_and_in_order_after_kills(self):
        with Gregord() as broker:
            self.run_idempotent(broker, broker.kill)

    def test_an_idempotent_producer_finds_everything_once_and_in_order_after_stops(self):
        with Gregord() as broker:
            self.run_idempotent(broker, lambda: self.assertEqual(0, broker.stop()))

    def run_idempotent(self, broker, end_node):
        self.make_topic(broker, "once")
        load = Load(broker, "once", **{"enable.idempotence": True})
        self.run_rounds(broker, load, end_node)
        self.assertEqual([], load.failures)
        self.assertEqual(load.sent, load.answered)
        found = {}
        for partition in range(PARTITIONS):
            values = self.consume(broker, "once", partition)
            self.assertEqual(list(range(partition, load.sent, PARTITIONS)),
                             [number_of(value) for value in values])
            found.update({(partition, offset): value for offset, value in enumerate(values)})
        self.assertEqual(load.acknowledged, {at: found.get(at) for at in load.acknowledged})

    def test_what_was_acknowledged_stays_at_its_offset(self):
        with Gregord() as broker:
            self.make_topic(broker, "at-least-once")
            load = Load(broker, "at-least-once", **{"max.in.flight.requests.per.connection": 1})
            self.run_rounds(broker, load, broker.kill)
            self.assertEqual([], load.failures)
            numbers = set()
            for partition in range(PARTITIONS):
                values = self.consume(broker, "at-least-once", partition)
                numbers.update(number_of(value) for value in values)
                for (told_partition, offset), value in load.acknowledged.items():
                    if told_partition == partition:
                        self.assertEqual(value, values[offset])
                firsts = list(dict.fromkeys(number_of(value) for value in values))
                self.assertEqual(sorted(firsts), firsts)
            self.assertEqual(set(range(load.sent)), numbers)

    def test_topics_and_their_settings_outlive_every_kill(self):
        with Gregord() as broker:
            names = set()
            for round_number in range(ROUNDS):
                admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.address})
                name = f"made-{round_number}"
                made = admin.create_topics([confluent_kafka.admin.NewTopic(
                    name, round_number + 1, 1, config={"retention.ms": str(1000 + round_number)})])
                made[name].result(10)
                names.add(name)
                broker.kill()
                broker.start()
                admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": broker.address})
                topics = admin.list_topics(timeout=10).topics
                self.assertEqual(names, set(topics))
                self.assertEqual([len(topics[f"made-{i}"].partitions) for i in range(len(names))],
                                 list(range(1, len(names) + 1)))
                resource = confluent_kafka.admin.ConfigResource("topic", name)
                configs = admin.describe_configs([resource])[resource].result(10)
                self.assertEqual(str(1000 + round_number), configs["retention.ms"].value)


if __name__ == "__main__":
    main()

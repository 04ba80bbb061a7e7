"""python3-kafka (probes the broker's release, old versions) and python3-confluent-kafka (librdkafka)."""

import time
import unittest

from harness import Gregord, codecs_on_disk, main

try:
    import kafka
    import kafka.admin
    import kafka.errors
except ImportError:
    kafka = None
try:
    import confluent_kafka
    import confluent_kafka.admin
except ImportError:
    confluent_kafka = None


@unittest.skipIf(kafka is None, "python3-kafka is not installed")
class KafkaPython(unittest.TestCase):
    def test_produces_and_consumes_by_assignment(self):
        with Gregord({"num.partitions": 1}) as broker:
            producer = kafka.KafkaProducer(bootstrap_servers=broker.address, acks="all")
            sent = [producer.send("py", key=b"k", value=b"v%d" % i).get(10) for i in range(20)]
            producer.close()
            self.assertEqual(list(range(20)), [metadata.offset for metadata in sent])

            consumer = kafka.KafkaConsumer(
                bootstrap_servers=broker.address, group_id=None, auto_offset_reset="earliest",
                consumer_timeout_ms=10_000)
            partition = kafka.TopicPartition("py", 0)
            consumer.assign([partition])
            self.assertEqual({partition: 20}, consumer.end_offsets([partition]))
            values = [next(consumer).value for _ in range(20)]
            consumer.close()
            self.assertEqual([b"v%d" % i for i in range(20)], values)


@unittest.skipIf(kafka is None, "python3-kafka is not installed")
class KafkaPythonWide(unittest.TestCase):
    """One node for all; each test makes its own topics."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Gregord())
        cls.admin = kafka.admin.KafkaAdminClient(bootstrap_servers=cls.broker.address)
        cls.addClassCleanup(cls.admin.close)

    def make_topic(self, name, partitions=1, **configs):
        self.admin.create_topics([kafka.admin.NewTopic(name, partitions, 1, topic_configs=configs)])
        return [kafka.TopicPartition(name, p) for p in range(partitions)]

    def produce(self, topic, messages, **settings):
        producer = kafka.KafkaProducer(bootstrap_servers=self.broker.address, **settings)
        self.addCleanup(producer.close)
        futures = [producer.send(topic, **message) for message in messages]
        producer.flush(20)
        return [future.get(20) for future in futures]

    def consumer(self, partitions, **settings):
        consumer = kafka.KafkaConsumer(
            bootstrap_servers=self.broker.address, group_id=None, auto_offset_reset="none",
            check_crcs=True, fetch_max_wait_ms=20, consumer_timeout_ms=20_000, **settings)
        self.addCleanup(consumer.close)
        consumer.assign(partitions)
        return consumer

    def consume(self, partitions, count, **settings):
        """The first `count` records of all partitions together."""
        consumer = self.consumer(partitions, **settings)
        consumer.seek_to_beginning()
        return [next(consumer) for _ in range(count)]

    def test_every_codec_with_every_acks_on_one_and_on_twelve_partitions(self):
        value = b"the same words again and again " * 20
        for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
            for acks in (0, 1, "all"):
                for count in (1, 12):
                    with self.subTest(codec=codec, acks=acks, partitions=count):
                        topic = f"c-{codec}-{acks}-{count}"
                        partitions = self.make_topic(topic, count)
                        self.produce(
                            topic, [{"value": b"%d " % i + value, "partition": i % count}
                                    for i in range(60)],
                            acks=acks, linger_ms=5,
                            compression_type=None if codec == "none" else codec)
                        records = self.consume(partitions, 60)
                        for p in range(count):
                            self.assertEqual([b"%d " % i + value for i in range(p, 60, count)],
                                             [r.value for r in records if r.partition == p])
                        self.assertEqual({codec}, codecs_on_disk(self.broker, topic))

    def test_keys_values_and_headers_may_be_null_or_empty(self):
        (partition,) = self.make_topic("nulls")
        wanted = [(b"k", b"v", []), (None, b"v", []), (b"k", None, []), (b"", b"", []),
                  (b"k", b"v", [("a", b"1"), ("a", b"2"), ("", b"")])]
        self.produce("nulls", [{"key": key, "value": value, "headers": headers}
                               for key, value, headers in wanted])
        self.assertEqual(wanted, [(r.key, r.value, r.headers)
                                  for r in self.consume([partition], len(wanted))])

    def test_messages_of_900_kb_come_back(self):
        (partition,) = self.make_topic("large")
        wanted = [bytes([i]) * 900_000 for i in range(5)]
        self.produce("large", [{"value": value} for value in wanted])
        self.assertEqual(wanted, [r.value for r in self.consume([partition], 5)])

    def test_offsets_of_the_ends_and_by_time(self):
        first, empty = self.make_topic("times", 2)
        start = int(time.time() * 1000) - 24 * 3600 * 1000
        self.produce("times", [{"value": b"%d" % i, "partition": 0, "timestamp_ms": start + 1000 * i}
                               for i in range(50)])
        consumer = self.consumer([first, empty])
        self.assertEqual({first: 0, empty: 0}, consumer.beginning_offsets([first, empty]))
        self.assertEqual({first: 50, empty: 0}, consumer.end_offsets([first, empty]))
        for asked, wanted in ((start - 1, 0), (start + 20_000, 20), (start + 20_001, 21)):
            found = consumer.offsets_for_times({first: asked, empty: asked})
            self.assertEqual((wanted, start + 1000 * wanted), tuple(found[first])[:2])
            self.assertIsNone(found[empty])
        self.assertIsNone(consumer.offsets_for_times({first: start + 50_000})[first])
        consumer.assign([first])
        consumer.seek(first, 20)
        self.assertEqual([b"%d" % i for i in range(20, 50)],
                         [next(consumer).value for _ in range(30)])

    def test_from_the_end_sees_what_comes_next(self):
        (partition,) = self.make_topic("tail")
        self.produce("tail", [{"value": b"before"}])
        consumer = self.consumer([partition])
        consumer.seek_to_end()
        self.assertEqual(1, consumer.position(partition))
        self.produce("tail", [{"value": b"after"}])
        self.assertEqual(b"after", next(consumer).value)

    def test_an_administrator_makes_widens_describes_and_deletes_topics(self):
        self.make_topic("made", 3, **{"retention.ms": "12345"})
        (described,) = self.admin.describe_topics(["made"])
        self.assertEqual((0, [0, 1, 2]), (described["error_code"], sorted(
            partition["partition"] for partition in described["partitions"])))
        self.admin.create_partitions({"made": kafka.admin.NewPartitions(12)})
        (described,) = self.admin.describe_topics(["made"])
        self.assertEqual(12, len(described["partitions"]))
        resource = kafka.admin.ConfigResource(kafka.admin.ConfigResourceType.TOPIC, "made")
        (answer,) = self.admin.describe_configs([resource])
        configs = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        self.assertEqual("12345", configs["retention.ms"])
        self.admin.alter_configs([kafka.admin.ConfigResource(
            kafka.admin.ConfigResourceType.TOPIC, "made", {"retention.ms": "54321"})])
        (answer,) = self.admin.describe_configs([resource])
        configs = {entry[0]: entry[1] for entry in answer.resources[0][4]}
        self.assertEqual("54321", configs["retention.ms"])
        with self.assertRaises(kafka.errors.TopicAlreadyExistsError):
            self.make_topic("made")
        self.admin.delete_topics(["made"])
        self.assertNotIn("made", self.admin.list_topics())
        with self.assertRaises(kafka.errors.UnknownTopicOrPartitionError):
            self.admin.delete_topics(["made"])

    def test_the_cluster_is_described(self):
        cluster = self.admin.describe_cluster()
        self.assertEqual(1, cluster["controller_id"])
        self.assertEqual([(1, "127.0.0.1", self.broker.port)],
                         [(b["node_id"], b["host"], b["port"]) for b in cluster["brokers"]])


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class ConfluentKafka(unittest.TestCase):
    def test_makes_a_topic_and_produces_idempotently(self):
        with Gregord() as broker:
            settings = {"bootstrap.servers": broker.address}
            admin = confluent_kafka.admin.AdminClient(settings)
            made = admin.create_topics([confluent_kafka.admin.NewTopic("made", 3, 1)])
            self.assertIsNone(made["made"].result(10))
            self.assertEqual(3, len(admin.list_topics("made", timeout=10).topics["made"].partitions))

            failures = []
            producer = confluent_kafka.Producer({**settings, "enable.idempotence": True})
            for i in range(300):
                producer.produce("made", value=b"v%d" % i, partition=i % 3,
                                 on_delivery=lambda error, _: error and failures.append(error))
            self.assertEqual(0, producer.flush(20))
            self.assertEqual([], failures)

            consumer = confluent_kafka.Consumer({
                **settings, "group.id": "unused", "enable.auto.commit": False,
                "enable.partition.eof": True})
            consumer.assign([confluent_kafka.TopicPartition("made", p, 0) for p in range(3)])
            values, ends = set(), set()
            while len(ends) < 3:
                message = consumer.poll(20)
                self.assertIsNotNone(message)
                if message.error() is None:
                    values.add(message.value())
                else:
                    self.assertEqual(confluent_kafka.KafkaError._PARTITION_EOF,
                                     message.error().code())
                    ends.add(message.partition())
            consumer.close()
            self.assertEqual({b"v%d" % i for i in range(300)}, values)


if __name__ == "__main__":
    main()

"""python3-confluent-kafka (librdkafka): what a producer, a consumer by assignment and an administrator do."""

import time
import unittest
import uuid

from harness import CODECS, Gregord, codecs_on_disk, main, wait_until

try:
    import confluent_kafka
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic
except ImportError:
    confluent_kafka = None

TIMEOUT_S = 20
LARGE = 900_000
DAY_MS = 24 * 3600 * 1000


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class Client(unittest.TestCase):
    """One node for the tests of a class; each makes its own topics."""

    @classmethod
    def setUpClass(cls):
        cls.broker = cls.enterClassContext(Gregord())
        cls.settings = {"bootstrap.servers": cls.broker.address, "log_level": 0}
        cls.admin = AdminClient(cls.settings)

    def make_topic(self, partitions=1, **config):
        topic = f"t-{uuid.uuid4().hex[:8]}"
        made = self.admin.create_topics(
            [NewTopic(topic, partitions, 1, config={k: str(v) for k, v in config.items()})])
        self.assertIsNone(made[topic].result(TIMEOUT_S))
        return topic

    def produce(self, topic, messages, **settings):
        """Sends the messages, keyword arguments of produce(); returns what was delivered."""
        delivered = []

        def note(error, message):
            self.assertIsNone(error)
            delivered.append(message)

        producer = confluent_kafka.Producer({**self.settings, "linger.ms": 5, **settings})
        for message in messages:
            producer.produce(topic, on_delivery=note, **message)
        self.assertEqual(0, producer.flush(TIMEOUT_S))
        self.assertEqual(len(messages), len(delivered))
        return delivered

    def consumer(self, **settings):
        consumer = confluent_kafka.Consumer({
            **self.settings, "group.id": "no-member", "enable.auto.commit": False,
            "enable.partition.eof": True, "check.crcs": True, "fetch.wait.max.ms": 20,
            "auto.offset.reset": "error", **settings})
        self.addCleanup(consumer.close)
        return consumer

    def wait_for_ends(self, ends):
        consumer = self.consumer()
        for partition, end in ends.items():
            wait_until(lambda: consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S)[1] == end,
                       f"{partition} ends at {end}")

    def consume_to_the_end(self, assignment, **settings):
        """All messages from there to the end of each assigned partition."""
        consumer = self.consumer(**settings)
        consumer.assign(assignment)
        messages, ends = [], set()
        while len(ends) < len(assignment):
            message = consumer.poll(TIMEOUT_S)
            self.assertIsNotNone(message, "neither a message nor an end")
            if message.error() is None:
                messages.append(message)
                continue
            self.assertEqual(confluent_kafka.KafkaError._PARTITION_EOF, message.error().code())
            ends.add((message.topic(), message.partition()))
        return messages

    def values(self, topic, offset=0, partition=0):
        return [message.value() for message in
                self.consume_to_the_end([TopicPartition(topic, partition, offset)])]


class Producing(Client):
    def test_every_codec_with_every_acks_on_one_and_on_twelve_partitions(self):
        value = b"the same words again and again " * 20
        for codec in CODECS:
            for acks in ("0", "1", "all"):
                for partitions in (1, 12):
                    with self.subTest(codec=codec, acks=acks, partitions=partitions):
                        topic = self.make_topic(partitions)
                        self.produce(topic, [
                            {"value": b"%d " % i + value, "partition": i % partitions}
                            for i in range(240)], **{"compression.codec": codec, "acks": acks})
                        # Without acknowledgements the last may still be under way.
                        self.wait_for_ends({TopicPartition(topic, p): 240 // partitions
                                            for p in range(partitions)})
                        found = self.consume_to_the_end(
                            [TopicPartition(topic, p, 0) for p in range(partitions)])
                        for p in range(partitions):
                            self.assertEqual(
                                [b"%d " % i + value for i in range(p, 240, partitions)],
                                [m.value() for m in found if m.partition() == p])
                        self.assertEqual({codec}, codecs_on_disk(self.broker, topic))

    def test_an_idempotent_producer_with_every_codec(self):
        for codec in CODECS:
            with self.subTest(codec=codec):
                topic = self.make_topic(12)
                delivered = self.produce(
                    topic, [{"value": b"v%d" % i, "partition": i % 12} for i in range(1200)],
                    **{"compression.codec": codec, "enable.idempotence": True,
                       "batch.num.messages": 10})
                offsets = {(m.partition(), m.offset()): m.value() for m in delivered}
                self.assertEqual({(i % 12, i // 12): b"v%d" % i for i in range(1200)}, offsets)
                found = self.consume_to_the_end([TopicPartition(topic, p, 0) for p in range(12)])
                self.assertEqual(offsets, {(m.partition(), m.offset()): m.value() for m in found})

    def test_keys_values_and_headers_may_be_null_or_empty(self):
        topic = self.make_topic(**{"cleanup.policy": "delete"})
        wanted = [
            (b"k", b"v", None), (None, b"v", None), (b"k", None, None), (None, None, None),
            (b"", b"", None), (b"k", b"v", [("a", b"1"), ("a", b"2"), ("", b""), ("n", None)]),
            (bytes(range(256)), bytes(range(256)), [("\u00e4", bytes(range(256)))]),
        ]
        self.produce(topic, [
            {"key": key, "value": value, **({"headers": headers} if headers else {})}
            for key, value, headers in wanted])
        found = self.consume_to_the_end([TopicPartition(topic, 0, 0)])
        self.assertEqual(wanted, [(m.key(), m.value(), m.headers()) for m in found])

    def test_messages_of_900_kb_come_back_with_every_codec(self):
        wanted = [bytes([i]) * LARGE for i in range(5)]
        for codec in CODECS:
            with self.subTest(codec=codec):
                topic = self.make_topic()
                self.produce(topic, [{"value": value} for value in wanted],
                             **{"compression.codec": codec})
                self.assertEqual(wanted, self.values(topic))

    def test_a_message_above_max_message_bytes_is_refused_alone(self):
        topic = self.make_topic(**{"max.message.bytes": 10_000})
        errors = []
        producer = confluent_kafka.Producer({**self.settings, "linger.ms": 0})
        for value in (b"small", b"x" * 20_000, b"small too"):
            producer.produce(topic, value, on_delivery=lambda error, _: errors.append(error))
            self.assertEqual(0, producer.flush(TIMEOUT_S))
        self.assertIsNone(errors[0])
        self.assertEqual(confluent_kafka.KafkaError.MSG_SIZE_TOO_LARGE, errors[1].code())
        self.assertIsNone(errors[2])
        self.assertEqual([b"small", b"small too"], self.values(topic))

    def test_ten_thousand_messages_in_batches_keep_their_order(self):
        topic = self.make_topic()
        delivered = self.produce(topic, [{"value": b"%d" % i} for i in range(10_000)],
                                 **{"batch.num.messages": 1000, "linger.ms": 20})
        self.assertEqual(list(range(10_000)), [m.offset() for m in delivered])
        self.assertEqual([b"%d" % i for i in range(10_000)], self.values(topic))

    def test_timestamps_are_the_clients_or_the_logs_as_the_topic_says(self):
        ours = int(time.time() * 1000) - DAY_MS
        created = self.make_topic()
        appended = self.make_topic(**{"message.timestamp.type": "LogAppendTime"})
        for topic in (created, appended):
            self.produce(topic, [{"value": b"v", "timestamp": ours}])
        (message,) = self.consume_to_the_end([TopicPartition(created, 0, 0)])
        self.assertEqual((confluent_kafka.TIMESTAMP_CREATE_TIME, ours), message.timestamp())
        (message,) = self.consume_to_the_end([TopicPartition(appended, 0, 0)])
        kind, at = message.timestamp()
        self.assertEqual(confluent_kafka.TIMESTAMP_LOG_APPEND_TIME, kind)
        self.assertGreater(at, ours)


class Consuming(Client):
    def test_from_the_beginning_the_end_an_offset_and_the_tail(self):
        topic = self.make_topic()
        self.produce(topic, [{"value": b"%d" % i} for i in range(100)])
        self.assertEqual(100, len(self.values(topic, confluent_kafka.OFFSET_BEGINNING)))
        self.assertEqual([], self.values(topic, confluent_kafka.OFFSET_END))
        self.assertEqual([b"%d" % i for i in range(42, 100)], self.values(topic, 42))
        self.assertEqual([], self.values(topic, 100))

    def test_from_the_end_sees_what_comes_next(self):
        topic = self.make_topic()
        self.produce(topic, [{"value": b"before"}])
        consumer = self.consumer()
        consumer.assign([TopicPartition(topic, 0, confluent_kafka.OFFSET_END)])
        end = consumer.poll(TIMEOUT_S)
        self.assertEqual(confluent_kafka.KafkaError._PARTITION_EOF, end.error().code())
        self.produce(topic, [{"value": b"after"}])
        self.assertEqual(b"after", consumer.poll(TIMEOUT_S).value())

    def test_an_offset_out_of_range_is_an_error_or_a_reset(self):
        topic = self.make_topic()
        self.produce(topic, [{"value": b"only"}])
        consumer = self.consumer()
        consumer.assign([TopicPartition(topic, 0, 7)])
        self.assertIsNotNone(consumer.poll(TIMEOUT_S).error())
        found = self.consume_to_the_end(
            [TopicPartition(topic, 0, 7)], **{"auto.offset.reset": "earliest"})
        self.assertEqual([b"only"], [m.value() for m in found])

    def test_offsets_by_time_are_the_first_at_or_after_it(self):
        topic = self.make_topic(2)
        start = int(time.time() * 1000) - DAY_MS
        self.produce(topic, [{"value": b"%d" % i, "partition": 0, "timestamp": start + 1000 * i}
                             for i in range(50)], **{"batch.num.messages": 7})
        consumer = self.consumer()
        for asked, wanted in ((start - 1, 0), (start, 0), (start + 1, 1), (start + 20_000, 20),
                              (start + 48_999, 49), (start + 49_000, 49),
                              (start + 49_001, confluent_kafka.OFFSET_END)):
            with self.subTest(asked=asked - start):
                (first, empty) = consumer.offsets_for_times(
                    [TopicPartition(topic, 0, asked), TopicPartition(topic, 1, asked)],
                    timeout=TIMEOUT_S)
                self.assertEqual(wanted, first.offset)
                self.assertEqual(confluent_kafka.OFFSET_END, empty.offset)
        (at,) = consumer.offsets_for_times([TopicPartition(topic, 0, start + 20_000)])
        self.assertEqual([b"%d" % i for i in range(20, 50)], self.values(topic, at.offset))

    def test_watermarks_are_the_start_and_the_end(self):
        topic = self.make_topic()
        consumer = self.consumer()
        partition = TopicPartition(topic, 0)
        self.assertEqual((0, 0), consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S))
        self.produce(topic, [{"value": b"v"}] * 30)
        self.assertEqual((0, 30), consumer.get_watermark_offsets(partition, timeout=TIMEOUT_S))

    def test_small_fetches_get_through_large_batches(self):
        topic = self.make_topic()
        wanted = [b"%d " % i + b"x" * 50_000 for i in range(60)]
        self.produce(topic, [{"value": value} for value in wanted], **{"linger.ms": 50})
        found = self.consume_to_the_end(
            [TopicPartition(topic, 0, 0)],
            **{"fetch.message.max.bytes": 1000, "fetch.max.bytes": 1_000_000})
        self.assertEqual(wanted, [m.value() for m in found])

    def test_many_partitions_of_several_topics_at_once(self):
        topics = [self.make_topic(12) for _ in range(3)]
        for topic in topics:
            self.produce(topic, [{"value": b"%d" % i, "partition": i % 12} for i in range(120)])
        found = self.consume_to_the_end(
            [TopicPartition(topic, p, 3) for topic in topics for p in range(12)])
        self.assertEqual({(topic, p, o) for topic in topics for p in range(12) for o in range(3, 10)},
                         {(m.topic(), m.partition(), m.offset()) for m in found})
        self.assertEqual(3 * 12 * 7, len(found))

    def test_seeking_back_reads_again(self):
        topic = self.make_topic()
        self.produce(topic, [{"value": b"%d" % i} for i in range(10)])
        consumer = self.consumer(**{"enable.partition.eof": False})
        consumer.assign([TopicPartition(topic, 0, 5)])
        self.assertEqual(5, consumer.poll(TIMEOUT_S).offset())
        consumer.seek(TopicPartition(topic, 0, 2))
        self.assertEqual([2, 3, 4], [consumer.poll(TIMEOUT_S).offset() for _ in range(3)])


class Administrating(Client):
    def assert_fails(self, code, future):
        with self.assertRaises(confluent_kafka.KafkaException) as failed:
            future.result(TIMEOUT_S)
        self.assertEqual(code, failed.exception.args[0].code())

    def test_the_cluster_has_an_id_a_controller_and_its_broker(self):
        cluster = self.admin.list_topics(timeout=TIMEOUT_S)
        self.assertRegex(cluster.cluster_id, r"^[A-Za-z0-9_-]{22}$")
        self.assertEqual(1, cluster.controller_id)
        self.assertEqual([(1, "127.0.0.1", self.broker.port)],
                         [(b.id, b.host, b.port) for b in cluster.brokers.values()])

    def test_a_topic_made_is_listed_and_a_topic_deleted_is_gone(self):
        topic = self.make_topic(12)
        partitions = self.admin.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        self.assertEqual(set(range(12)), set(partitions))
        for partition in partitions.values():
            self.assertEqual((1, [1], [1]), (partition.leader, partition.replicas, partition.isrs))
        self.produce(topic, [{"value": b"old", "partition": 11}])
        self.assertIsNone(self.admin.delete_topics([topic])[topic].result(TIMEOUT_S))
        self.assertNotIn(topic, self.admin.list_topics(timeout=TIMEOUT_S).topics)
        self.assertIsNone(self.admin.create_topics([NewTopic(topic, 1, 1)])[topic].result(TIMEOUT_S))
        self.assertEqual([], self.values(topic))

    def test_what_cannot_be_made_or_deleted_says_why(self):
        errors = confluent_kafka.KafkaError
        there = self.make_topic()
        wanted = {
            there: (NewTopic(there, 1, 1), errors.TOPIC_ALREADY_EXISTS),
            "a/b": (NewTopic("a/b", 1, 1), errors.TOPIC_EXCEPTION),
            "many-replicas": (NewTopic("many-replicas", 1, 2), errors.INVALID_REPLICATION_FACTOR),
            "no-partitions": (NewTopic("no-partitions", 0, 1), errors.INVALID_PARTITIONS),
            "bad-config": (NewTopic("bad-config", 1, 1, config={"retention.ms": "soon"}),
                           errors.INVALID_CONFIG),
            "unknown-config": (NewTopic("unknown-config", 1, 1, config={"no.such.key": "1"}),
                               errors.INVALID_CONFIG),
        }
        made = self.admin.create_topics([topic for topic, _ in wanted.values()])
        for name, (_, code) in wanted.items():
            with self.subTest(name=name):
                self.assert_fails(code, made[name])
        self.assert_fails(errors.UNKNOWN_TOPIC_OR_PART,
                          self.admin.delete_topics(["not-there"])["not-there"])

    def test_validate_only_makes_nothing(self):
        made = self.admin.create_topics([NewTopic("only-asked", 3, 1)], validate_only=True)
        self.assertIsNone(made["only-asked"].result(TIMEOUT_S))
        self.assertNotIn("only-asked", self.admin.list_topics(timeout=TIMEOUT_S).topics)

    def test_partitions_are_added_and_never_taken_away(self):
        topic = self.make_topic(2)
        self.produce(topic, [{"value": b"v", "partition": 1}])
        grown = self.admin.create_partitions([NewPartitions(topic, 12)])
        self.assertIsNone(grown[topic].result(TIMEOUT_S))
        partitions = self.admin.list_topics(topic, timeout=TIMEOUT_S).topics[topic].partitions
        self.assertEqual(12, len(partitions))
        self.produce(topic, [{"value": b"new", "partition": 11}])
        self.assertEqual([b"new"], self.values(topic, partition=11))
        self.assertEqual([b"v"], self.values(topic, partition=1))
        shrunk = self.admin.create_partitions([NewPartitions(topic, 3)])
        self.assert_fails(confluent_kafka.KafkaError.INVALID_PARTITIONS, shrunk[topic])

    def test_configs_of_topics_and_brokers_are_described(self):
        topic = self.make_topic(**{"retention.ms": 12345, "cleanup.policy": "compact"})
        of_topic, of_broker = ConfigResource("topic", topic), ConfigResource("broker", "1")
        described = self.admin.describe_configs([of_topic])[of_topic].result(TIMEOUT_S)
        self.assertEqual("12345", described["retention.ms"].value)
        self.assertFalse(described["retention.ms"].is_default)
        self.assertEqual("compact", described["cleanup.policy"].value)
        self.assertTrue(described["segment.bytes"].is_default)
        self.assertEqual("1073741824", described["segment.bytes"].value)
        described = self.admin.describe_configs([of_broker])[of_broker].result(TIMEOUT_S)
        self.assertEqual("1", described["node.id"].value)
        self.assertTrue(described["node.id"].is_read_only)
        missing = ConfigResource("topic", "not-there")
        self.assert_fails(confluent_kafka.KafkaError.UNKNOWN_TOPIC_OR_PART,
                          self.admin.describe_configs([missing])[missing])

    def test_configs_of_a_topic_are_altered(self):
        topic = self.make_topic(**{"retention.ms": 12345})
        resource = ConfigResource("topic", topic, set_config={"max.message.bytes": "20000"})
        self.assertIsNone(self.admin.alter_configs([resource])[resource].result(TIMEOUT_S))
        described = self.admin.describe_configs([resource])[resource].result(TIMEOUT_S)
        self.assertEqual("20000", described["max.message.bytes"].value)
        self.assertTrue(described["retention.ms"].is_default)
        wrong = ConfigResource("topic", topic, set_config={"max.message.bytes": "-5"})
        self.assert_fails(confluent_kafka.KafkaError.INVALID_CONFIG,
                          self.admin.alter_configs([wrong])[wrong])


if __name__ == "__main__":
    main()

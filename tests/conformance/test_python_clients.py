"""python3-kafka (probes the broker's release, old versions) and python3-confluent-kafka (librdkafka)."""

import unittest

from harness import Gregord, main

try:
    import kafka
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

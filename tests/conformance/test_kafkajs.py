"""kafkajs: produces and administrates (js/kafkajs.test.mjs); kcat reads back what it wrote."""

import unittest

from harness import (
    CODECS, Gregord, codecs_on_disk, consume_with_kcat as consume, main, run_node_tests)


class Kafkajs(unittest.TestCase):
    def test_produces_and_administrates(self):
        with Gregord() as broker:
            run_node_tests(broker, "kafkajs.test.mjs")
            self.read_back_codecs(broker)
            self.read_back_nulls(broker)
            self.assertEqual([str(i) * 900_000 for i in range(3)],
                             [r["payload"] for r in consume(broker, "js-large")])
            for partition in range(3):
                self.assertEqual(
                    [f"v{i}" for i in range(20)],
                    [r["payload"] for r in consume(broker, "js-idempotent", "-p", str(partition))])
            self.assertEqual(list(range(30, 50)), [r["offset"] for r in consume(broker, "js-times")])

    def read_back_codecs(self, broker):
        words = "the same words " * 20
        wanted = {(f"k{i}", f"v{i} {words}") for i in range(120)}
        for codec in CODECS:
            for acks in (0, 1, -1):
                for partitions in (1, 12):
                    topic = f"js-{codec}-{acks}-{partitions}"
                    with self.subTest(topic=topic):
                        records = consume(broker, topic)
                        self.assertEqual(wanted, {(r["key"], r["payload"]) for r in records})
                        self.assertEqual(120, len(records))
                        self.assertEqual({codec}, codecs_on_disk(broker, topic))

    def read_back_nulls(self, broker):
        records = consume(broker, "js-nulls")
        self.assertEqual([("k", "v"), ("k", None), (None, "v"), ("", "")],
                         [(r["key"], r["payload"]) for r in records])
        self.assertEqual(["a", "1", "a", "2", "b", "x"], records[0]["headers"])


if __name__ == "__main__":
    main()

"""@platformatic/kafka: produces, administrates and fetches (js/platformatic.test.mjs)."""

import unittest

from harness import (
    CODECS, Gregord, codecs_on_disk, consume_with_kcat as consume, main, run_node_tests)


class Platformatic(unittest.TestCase):
    def test_produces_administrates_and_fetches(self):
        with Gregord() as broker:
            run_node_tests(broker, "platformatic.test.mjs")
            self.read_back(broker)

    def read_back(self, broker):
        words = "the same words " * 20
        wanted = {(f"k{i}", f"v{i} {words}") for i in range(120)}
        topics = [folder.name.rsplit("-", 1)[0] for folder in broker.data.glob("pf-*-*-*-0")]
        self.assertEqual(len(CODECS) * 3 * 2, len(topics))
        for topic in topics:
            with self.subTest(topic=topic):
                records = consume(broker, topic)
                self.assertEqual(wanted, {(r["key"], r["payload"]) for r in records})
                self.assertEqual(120, len(records))
                self.assertEqual({topic.split("-")[1]}, codecs_on_disk(broker, topic))


if __name__ == "__main__":
    main()

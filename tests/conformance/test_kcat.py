"""kcat (librdkafka): metadata, producing and consuming by partition."""

import json
import unittest

from harness import Gregord, consume_with_kcat as consume, main, run_kcat


class Kcat(unittest.TestCase):
    def test_lists_the_broker_and_its_address(self):
        with Gregord() as broker:
            metadata = json.loads(run_kcat(broker, "-L", "-J"))
            self.assertEqual([{"id": 1, "name": broker.address}], metadata["brokers"])
            self.assertEqual(1, metadata["controllerid"])
            self.assertEqual([], metadata["topics"])

    def test_consumes_what_it_produced_in_order(self):
        with Gregord({"num.partitions": 1}) as broker:
            lines = [f"k{i}:v{i}" for i in range(1000)]
            run_kcat(broker, "-P", "-t", "orders", "-K:", stdin="\n".join(lines) + "\n")
            records = consume(broker, "orders")
            self.assertEqual(lines, [f"{r['key']}:{r['payload']}" for r in records])
            self.assertEqual(list(range(1000)), [r["offset"] for r in records])

    def test_every_codec_comes_back_as_it_went(self):
        with Gregord() as broker:
            text = "the same words again and again " * 50
            for codec in ("none", "gzip", "snappy", "lz4", "zstd"):
                with self.subTest(codec=codec):
                    topic = f"t-{codec}"
                    run_kcat(broker, "-P", "-t", topic, "-z", codec, stdin=f"{text}\n" * 100)
                    payloads = [record["payload"] for record in consume(broker, topic)]
                    self.assertEqual([text] * 100, payloads)

    def test_acks_0_1_and_all_arrive(self):
        with Gregord() as broker:
            for acks in ("0", "1", "all"):
                with self.subTest(acks=acks):
                    topic = f"acks-{acks}"
                    # The first exchange makes the topic; without an answer nobody would try again.
                    run_kcat(broker, "-P", "-t", topic, stdin="made\n")
                    run_kcat(broker, "-P", "-t", topic, "-X", f"acks={acks}", stdin="a\nb\n")
                    payloads = [record["payload"] for record in consume(broker, topic)]
                    self.assertEqual(["made", "a", "b"], payloads)

    def test_headers_and_offsets_from_the_middle(self):
        with Gregord() as broker:
            run_kcat(broker, "-P", "-t", "h", "-H", "trace=42", stdin="one\ntwo\nthree\n")
            self.assertEqual(["two", "three"],
                             [r["payload"] for r in consume(broker, "h", "-o", "1")])
            self.assertEqual(["three"], [r["payload"] for r in consume(broker, "h", "-o", "-1")])
            self.assertEqual([["trace", "42"]] * 3, [
                r["headers"][:2] and [r["headers"][:2]][0] for r in consume(broker, "h")])

    def test_records_outlive_a_restart_and_a_kill(self):
        with Gregord() as broker:
            run_kcat(broker, "-P", "-t", "durable", stdin="before\n")
            broker.restart()
            run_kcat(broker, "-P", "-t", "durable", stdin="between\n")
            broker.kill()
            broker.start()
            run_kcat(broker, "-P", "-t", "durable", stdin="after\n")
            records = consume(broker, "durable")
            self.assertEqual(["before", "between", "after"], [r["payload"] for r in records])
            self.assertEqual([0, 1, 2], [r["offset"] for r in records])


if __name__ == "__main__":
    main()

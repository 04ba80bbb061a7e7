"""kcat (librdkafka): metadata, producing and consuming by partition."""

import json
import tempfile
import unittest

from harness import CODECS, Gregord, codecs_on_disk, consume_with_kcat as consume, main, run_kcat


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

    def test_every_codec_comes_back_as_it_went_from_one_and_from_twelve_partitions(self):
        text = "the same words again and again " * 50
        for partitions in (1, 12):
            with Gregord({"num.partitions": partitions}) as broker:
                for codec in CODECS:
                    with self.subTest(codec=codec, partitions=partitions):
                        topic = f"t-{codec}"
                        for p in range(partitions):
                            run_kcat(broker, "-P", "-t", topic, "-p", str(p), "-z", codec,
                                     stdin="".join(f"{p}.{i} {text}\n" for i in range(100)))
                        records = consume(broker, topic)
                        for p in range(partitions):
                            self.assertEqual([f"{p}.{i} {text}" for i in range(100)],
                                             [r["payload"] for r in records if r["partition"] == p])
                        self.assertEqual(100 * partitions, len(records))
                        self.assertEqual({codec}, codecs_on_disk(broker, topic))

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
            self.assertEqual([], consume(broker, "h", "-o", "end"))
            self.assertEqual([["trace", "42"]] * 3, [
                r["headers"][:2] and [r["headers"][:2]][0] for r in consume(broker, "h")])

    def test_keys_spread_over_twelve_partitions_and_each_keeps_its_order(self):
        with Gregord({"num.partitions": 12}) as broker:
            lines = [f"k{i % 40}:{i}" for i in range(4000)]
            run_kcat(broker, "-P", "-t", "wide", "-K:", "-X", "enable.idempotence=true",
                     stdin="\n".join(lines) + "\n")
            records = consume(broker, "wide")
            self.assertEqual(set(range(12)), {r["partition"] for r in records})
            for key in {r["key"] for r in records}:
                own = [r for r in records if r["key"] == key]
                self.assertEqual(1, len({r["partition"] for r in own}))
                self.assertEqual([f"{i}" for i in range(int(key[1:]), 4000, 40)],
                                 [r["payload"] for r in own])
            one = consume(broker, "wide", "-p", "7")
            self.assertEqual([r for r in records if r["partition"] == 7], one)

    def test_empty_values_are_null_when_asked(self):
        with Gregord() as broker:
            run_kcat(broker, "-P", "-t", "nulls", "-K:", "-Z", stdin="a:\n:b\nc:d\n")
            self.assertEqual([("a", None), (None, "b"), ("c", "d")],
                             [(r["key"], r["payload"]) for r in consume(broker, "nulls")])

    def test_consumes_and_queries_by_time(self):
        with Gregord() as broker:
            for value in ("first", "second", "third"):
                run_kcat(broker, "-P", "-t", "times", stdin=f"{value}\n")
            records = consume(broker, "times")
            times = [r["ts"] for r in records]
            self.assertEqual(sorted(times), times)
            later = [r["offset"] for r in records if r["ts"] >= times[1]]
            self.assertEqual(later, [r["offset"] for r in consume(broker, "times", "-o", f"s@{times[1]}")])
            self.assertIn(f"offset {later[0]}",
                          run_kcat(broker, "-Q", "-t", f"times:0:{times[1]}"))

    def test_a_file_of_900_kb_is_one_message(self):
        with Gregord() as broker, tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            text = "0123456789" * 90_000
            file.write(text)
            file.flush()
            run_kcat(broker, "-P", "-t", "files", file.name, file.name)
            self.assertEqual([text, text], [r["payload"] for r in consume(broker, "files")])

    def test_a_topic_that_is_not_there_is_named_in_the_metadata(self):
        with Gregord({"auto.create.topics.enable": "false"}) as broker:
            (topic,) = json.loads(run_kcat(broker, "-L", "-J", "-t", "missing"))["topics"]
            self.assertEqual("missing", topic["topic"])
            self.assertIn("Unknown topic or partition", topic["error"])
            self.assertEqual([], json.loads(run_kcat(broker, "-L", "-J"))["topics"])

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

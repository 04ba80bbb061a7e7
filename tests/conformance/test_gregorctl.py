"""gregorctl against a cluster of three: its output is that of Kafka's tools, mistakes are told."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import ROOT, consume_with_kcat, gregord_program, main, run_kcat, wait_until

DONE, FAILED, USAGE = 0, 1, 254


class Address:
    """What the harness's kcat functions want of a broker."""

    def __init__(self, address):
        self.address = address


def cluster(folder, *arguments):
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "cluster", *map(str, arguments), "--dir", folder],
        capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class Gregorctl(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = pathlib.Path(os.environ.get("GREGORCTL", gregord_program().parent / "gregorctl"))
        folder = tempfile.TemporaryDirectory(prefix="gregor-cluster-")
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name) / "cluster"
        cls.addClassCleanup(lambda: cluster(cls.folder, "down"))
        cls.servers = cluster(cls.folder, "up", "--gregord", gregord_program()).strip().split("=", 1)[1]

    def run_it(self, command, *arguments, stdin="", servers=None):
        return subprocess.run(
            [self.program, command, "--bootstrap-server", servers or self.servers, *map(str, arguments)],
            input=stdin, capture_output=True, text=True, timeout=60, check=False)

    def done(self, *arguments, **more):
        result = self.run_it(*arguments, **more)
        self.assertEqual(DONE, result.returncode, result.stdout + result.stderr)
        return result.stdout

    def refused(self, code, text, *arguments, **more):
        result = self.run_it(*arguments, **more)
        self.assertEqual(code, result.returncode, result.stdout + result.stderr)
        self.assertIn(text, result.stderr)

    def make(self, topic, *arguments):
        self.assertEqual(f"Created topic {topic}.\n", self.done(
            "topics", "--create", "--topic", topic, "--replication-factor", 3, *arguments))
        wait_until(lambda: topic in self.done("topics", "--list").splitlines(), f"{topic} is known")

    def test_topics_are_made_shown_changed_and_deleted(self):
        self.make("shown", "--partitions", 2, "--config", "segment.bytes=1000000")
        self.refused(FAILED, "Error while executing topic command : Topic 'shown' already exists.",
                     "topics", "--create", "--topic", "shown")
        self.assertEqual("", self.done("topics", "--create", "--topic", "shown", "--if-not-exists"))
        head, *partitions = self.done("topics", "--describe", "--topic", "shown").splitlines()
        self.assertRegex(head, r"^Topic: shown\tTopicId: [\w-]{22}\tPartitionCount: 2\t"
                               r"ReplicationFactor: 3\tConfigs: .*segment.bytes=1000000$")
        for number, line in enumerate(partitions):
            self.assertRegex(line, rf"^\tTopic: shown\tPartition: {number}\tLeader: [123]\t"
                                   r"Replicas: \d,\d,\d\tIsr: \d,\d,\d\tElr: N/A\tLastKnownElr: N/A$")
        self.assertEqual("", self.done("topics", "--describe", "--under-replicated-partitions"))
        self.refused(FAILED, "currently has 2 partition(s); 1 would not be an increase",
                     "topics", "--alter", "--topic", "shown", "--partitions", 1)
        self.done("topics", "--alter", "--topic", "shown", "--partitions", 3)
        wait_until(lambda: "PartitionCount: 3" in self.done("topics", "--describe", "--topic", "shown"),
                   "a third partition")
        self.done("topics", "--delete", "--topic", "shown")
        wait_until(lambda: "shown" not in self.done("topics", "--list").splitlines(), "it is gone")
        missing = "Error while executing topic command : Topic 'shown' does not exist as expected"
        self.refused(FAILED, missing, "topics", "--delete", "--topic", "shown")
        self.refused(FAILED, missing, "topics", "--describe", "--topic", "shown")
        self.done("topics", "--describe", "--topic", "shown", "--if-exists")

    def test_replicas_are_where_they_were_assigned(self):
        self.done("topics", "--create", "--topic", "placed", "--replica-assignment", "3:1,1:2")
        wait_until(lambda: "placed" in self.done("topics", "--list").splitlines(), "it is known")
        text = self.done("topics", "--describe", "--topic", "placed")
        self.assertIn("Partition: 0\tLeader: 3\tReplicas: 3,1\t", text)
        self.assertIn("Partition: 1\tLeader: 1\tReplicas: 1,2\t", text)

    def test_configs_are_set_shown_and_taken_back(self):
        self.make("configured", "--partitions", 1)
        of_topic = ["configs", "--entity-type", "topics", "--entity-name", "configured"]
        self.assertEqual("Completed updating config for topic configured.\n", self.done(
            *of_topic, "--alter", "--add-config", "retention.ms=5000,cleanup.policy=[compact,delete]"))
        wait_until(lambda: "  retention.ms=5000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:"
                           "retention.ms=5000" in self.done(*of_topic, "--describe"), "it is set")
        text = self.done(*of_topic, "--describe")
        self.assertTrue(text.startswith("Dynamic configs for topic configured are:\n"), text)
        self.assertIn("  cleanup.policy=compact,delete ", text)
        self.done(*of_topic, "--alter", "--delete-config", "retention.ms,cleanup.policy")
        wait_until(lambda: self.done(*of_topic, "--describe").count("\n") == 1, "it is unset")
        self.refused(FAILED, "Invalid value", *of_topic, "--alter", "--add-config", "retention.ms=soon")
        of_broker = ["configs", "--entity-type", "brokers", "--entity-name", 3, "--describe", "--all"]
        self.assertIn("  node.id=3 ", self.done(*of_broker))

    def test_what_is_produced_is_consumed_by_us_and_by_kcat(self):
        self.make("lines", "--partitions", 3)
        lines = [f"key{i}:value{i}" for i in range(3000)]
        self.done("produce", "--topic", "lines", "--property", "parse.key=true", "--property",
                  "key.separator=:", "--compression-codec", "lz4", stdin="\n".join(lines) + "\n")
        consumed = self.done("consume", "--topic", "lines", "--from-beginning", "--max-messages", 3000,
                             "--property", "print.key=true", "--property", "key.separator=:")
        self.assertEqual(sorted(lines), sorted(consumed.splitlines()))
        by_kcat = consume_with_kcat(Address(self.servers), "lines")
        self.assertEqual(sorted(lines),
                         sorted(f"{record['key']}:{record['payload']}" for record in by_kcat))
        ends = [line.split(":") for line in self.done("get-offsets", "--topic", "lines").splitlines()]
        self.assertEqual(["0", "1", "2"], [partition for _, partition, _ in ends])
        self.assertEqual(3000, sum(int(end) for _, _, end in ends))

    def test_keys_go_to_the_partitions_that_kafka_has_them_in(self):
        self.make("keyed", "--partitions", 7)
        run_kcat(Address(self.servers), "-P", "-t", "keyed", "-K:", "-X", "partitioner=murmur2_random",
                 stdin="\n".join(f"k{i}:theirs" for i in range(50)))
        self.done("produce", "--topic", "keyed", "--property", "parse.key=true", "--property",
                  "key.separator=:", stdin="\n".join(f"k{i}:ours" for i in range(50)))
        places = {}
        for record in consume_with_kcat(Address(self.servers), "keyed"):
            places.setdefault(record["key"], set()).add(record["partition"])
        self.assertEqual([1] * 50, [len(partitions) for partitions in places.values()])

    def test_consuming_starts_and_ends_where_it_was_told(self):
        self.make("range", "--partitions", 1)
        self.done("produce", "--topic", "range", stdin="".join(f"{i}\n" for i in range(20)))
        of_partition = ["consume", "--topic", "range", "--partition", 0]
        self.assertEqual("7\n8\n9\n", self.done(*of_partition, "--offset", 7, "--max-messages", 3))
        self.assertEqual("Partition:0\tOffset:19\tNO_HEADERS\tnull\t19\n", self.done(
            *of_partition, "--offset", 19, "--max-messages", 1, "--property", "print.key=true",
            "--property", "print.offset=true", "--property", "print.partition=true", "--property",
            "print.headers=true"))
        self.assertEqual("", self.done(*of_partition, "--timeout-ms", 100))
        self.refused(USAGE, "The partition is required when offset is specified.",
                     "consume", "--topic", "range", "--offset", 7)
        self.refused(FAILED, "has no partition 5", "consume", "--topic", "range", "--partition", 5)
        self.refused(FAILED, "not present in metadata", "consume", "--topic", "nowhere")
        self.refused(FAILED, "No key separator found on line number 1", "produce", "--topic", "range",
                     "--property", "parse.key=true", stdin="no key here\n")

    def test_performance_is_told_of_as_many_records_as_there_are(self):
        self.make("fast", "--partitions", 2)
        sent = self.done("perf", "producer", "--topic", "fast", "--num-records", 2000, "--record-size", 100,
                         "--throughput", -1, "--producer-props", "acks=all")
        self.assertRegex(sent, r"^2000 records sent, [\d.]+ records/sec \([\d.]+ MB/sec\), .* ms 99\.9th\.$")
        head, figures = self.done("perf", "consumer", "--topic", "fast", "--messages", 2000).splitlines()
        self.assertEqual(10, len(head.split(", ")))
        figures = figures.split(", ")
        self.assertEqual((10, "2000", f"{2000 * 100 / 2**20:.4f}"), (len(figures), figures[4], figures[2]))
        for more in ((), ("--throughput", 400)):
            text = self.done("perf", "e2e", "--topic", "fast", "--num-records", 200, "--record-size", 50,
                             "--producer-acks", "all", *more)
            self.assertRegex(text, r"^Avg latency: [\d.]+ ms\n"
                                   r"Percentiles: 50th = [\d.]+, 99th = [\d.]+, 99\.9th = [\d.]+\n$")

    def test_performance_tests_tell_what_they_miss(self):
        self.make("slow")
        result = self.run_it("perf", "consumer", "--topic", "slow", "--messages", 1, "--timeout", 300)
        self.assertEqual(DONE, result.returncode)
        self.assertIn("timeout (300 ms) exceeded", result.stderr)
        self.refused(USAGE, "--record-size", "perf", "e2e", "--topic", "slow", "--num-records", 1, "--record-size", 9)
        self.refused(USAGE, "configuration acks", "perf", "e2e", "--topic", "slow", "--num-records", 1,
                     "--record-size", 10, "--producer-acks", 7)

    def test_the_quorum_and_the_cluster_are_described(self):
        status = dict(line.split(":", 1)
                      for line in self.done("quorum", "describe", "--status").splitlines())
        self.assertIn(status["LeaderId"].strip(), ("1", "2", "3"))
        self.assertEqual(3, status["CurrentVoters"].count('"endpoints": ["CONTROLLER://127.0.0.1:'))
        rows = [line.split() for line in
                self.done("quorum", "describe", "--replication").splitlines()]
        self.assertEqual("NodeId DirectoryId LogEndOffset Lag LastFetchTimestamp LastCaughtUpTimestamp "
                         "Status".split(), rows[0])
        self.assertEqual(["Leader", "Follower", "Follower"], [row[-1] for row in rows[1:4]])
        cluster_id = status["ClusterId"].strip()
        self.assertEqual(f"Cluster ID: {cluster_id}\n", self.done("cluster", "cluster-id"))
        endpoints = [line.split() for line in self.done("cluster", "list-endpoints").splitlines()]
        self.assertEqual({"1", "2", "3"}, {row[0] for row in endpoints[1:]})

    def dump(self, *arguments):
        return subprocess.run([self.program, "log", "dump", *map(str, arguments)], capture_output=True,
                              text=True, timeout=60, check=False)

    def test_the_files_of_a_partition_are_dumped(self):
        self.make("dumped", "--partitions", 1)
        self.done("produce", "--topic", "dumped", "--property", "parse.key=true", "--property",
                  "key.separator=:", stdin="".join(f"k{i}:v{i}\n" for i in range(5)))
        leader = self.done("topics", "--describe", "--topic", "dumped").split("Leader: ")[1][0]
        data = self.folder / f"node-{leader}" / "data"
        done = self.dump("--files", data / "dumped-0" / f"{0:020}.log", "--print-data-log")
        self.assertEqual(DONE, done.returncode, done.stderr)
        self.assertIn("Log starting offset: 0\n", done.stdout)
        self.assertRegex(done.stdout, r"baseOffset: 0 lastOffset: \d count: \d baseSequence: 0 .* isvalid: true")
        self.assertRegex(done.stdout, r"\| offset: 4 CreateTime: \d+ keySize: 2 valueSize: 2 sequence: 4 "
                                      r"headerKeys: \[\] key: k4 payload: v4\n")
        metadata = data / "__cluster_metadata-0" / f"{0:020}.log"
        done = self.dump("--files", metadata, "--cluster-metadata-decoder")
        self.assertEqual(DONE, done.returncode, done.stderr)
        self.assertIn(' payload: {"type":"TopicRecord","version":0,"data":{"name":"dumped"', done.stdout)
        self.assertIn(" controlType: LEADER_CHANGE\n", done.stdout)

    def test_damaged_and_missing_files_are_told(self):
        damaged = self.folder / f"{0:020}.log"
        damaged.write_bytes(b"no batch at all, but long enough to be taken for one: " * 3)
        done = self.dump("--files", damaged)
        self.assertEqual(FAILED, done.returncode)
        self.assertIn("no batch at position 0", done.stderr)
        done = self.dump("--files", self.folder / "none.log")
        self.assertEqual(FAILED, done.returncode)
        self.assertIn("none.log: not_found", done.stderr)
        self.assertEqual(USAGE, self.dump().returncode)

    def test_mistakes_are_told(self):
        self.refused(USAGE, "exactly one action", "topics")
        self.refused(USAGE, "exactly one action", "topics", "--list", "--describe")
        self.refused(USAGE, "Missing required argument", "topics", "--create")
        self.refused(USAGE, "is not key=value", "topics", "--create", "--topic", "t", "--config", "x")
        self.refused(USAGE, "Invalid url in bootstrap.servers: nowhere", "topics", "--list",
                     servers="nowhere")
        self.refused(USAGE, "Malformed time argument", "get-offsets", "--time", "noon")
        self.refused(FAILED, "no broker has the id 9", "configs", "--entity-type", "brokers",
                     "--entity-name", 9, "--describe")


if __name__ == "__main__":
    main()

"""Transactions of three projects' clients on three nodes, all of them at once: each moves the same input on, to an
output of its own and with the input's offsets, while the node that coordinates its open transaction is killed
(kill -9) and started again, and then the one that coordinates its group.

Each output must have the effect of each input once, as readers of committed records see it, that live through
this as well; and nothing of the transactions that were aborted.
"""

import collections
import sys
import time
import unittest

from client_processes import (
    Member, Source, Worker, confluent_kafka, kcat_member, node_client, offsets_of, python_client)
from harness import consume_with_kcat, main, wait_until
from running_cluster import RunningCluster
TOPIC = "inputs"
PARTITIONS = 3
RATE = 100
ENOUGH = 100  # records before each kill, while it happens, and after it
TIMEOUT_S = 60
# Only who names the generation of the group's member in its transactions may share the group.
WORKERS = {"confluent_kafka": 2, "kafkajs": 1, "platformatic": 1}


class Pipeline:
    """A client's workers, that share a group."""

    def __init__(self, name, address, workers):
        self.name = name
        self.output = f"outputs-{name}"
        program = python_client("transfer.py") if name == "confluent_kafka" else node_client("transfer.mjs", name)
        self.workers = [Worker([*program, address, TOPIC, self.output, name, f"{name}-{number}"])
                        for number in range(workers)]
        self.complaints = []

    def ended(self):
        return sum((worker.ended for worker in self.workers), collections.Counter())


def effects(records):
    """(input, how its transaction was to end) of values."""
    return [tuple(value.split()) for value in records]


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class TransactionClients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cluster = cls.enterClassContext(RunningCluster(overrides=(
            "offsets.topic.num.partitions=1", "transaction.state.log.num.partitions=1",
            "group.initial.rebalance.delay.ms=0")))
        cls.pipelines, cls.missing, cls.readers = {}, {}, {}
        cls.addClassCleanup(cls.end_clients)
        for topic in (TOPIC, *(f"outputs-{name}" for name in WORKERS)):
            cluster.make_topic(topic, PARTITIONS)
        for name, workers in WORKERS.items():
            try:
                cls.pipelines[name] = Pipeline(name, cluster.address, workers)
            except unittest.SkipTest as missing:
                cls.missing[name] = str(missing)
        outputs = [pipeline.output for pipeline in cls.pipelines.values()]
        cls.readers["kcat"] = Member(kcat_member(cluster.address, "reads by kcat", *outputs))
        if "kafkajs" in cls.pipelines:
            cls.readers["kafkajs"] = Member(node_client(
                "group_member.mjs", "kafkajs", cluster.address, "reads by kafkajs", *outputs))
        cls.source = Source(cluster.address, TOPIC, PARTITIONS, RATE)
        cls.move_on("before a kill")
        cls.lose("__transaction_state", "coordinator of the transactions")
        cls.lose("__consumer_offsets", "coordinator of the groups")
        cls.move_on("after all")
        cls.source.stop()
        cls.wait_for_pipelines(cls.has_committed_all, "the group's offsets are the ends")
        cls.end_clients()

    @classmethod
    def wait_for_pipelines(cls, is_true, what):
        """Whoever is late goes on, and is judged in the end."""
        pipelines = list(cls.pipelines.values())
        try:
            wait_until(lambda: all(map(is_true, pipelines)), what, TIMEOUT_S)
        except AssertionError:
            for pipeline in pipelines:
                if not is_true(pipeline):
                    pipeline.complaints.append(f"still not after {TIMEOUT_S} s: {what}")

    @classmethod
    def move_on(cls, when):
        """More records are acknowledged, and all are moved."""
        cls.source.send(ENOUGH)
        wait_until(cls.source.is_acknowledged, f"records are taken {when}", TIMEOUT_S)
        cls.wait_for_pipelines(cls.is_seen, f"records are moved {when}")

    @classmethod
    def seen_by(cls, reader, pipeline):
        return {value.split()[0] for topic, value in set(cls.readers[reader].reads) if topic == pipeline.output}

    @classmethod
    def is_seen(cls, pipeline):
        return all(cls.source.acknowledged <= cls.seen_by(reader, pipeline) for reader in cls.readers)

    @classmethod
    def has_committed_all(cls, pipeline):
        committed, ends = offsets_of(cls.cluster.address, pipeline.name, TOPIC, PARTITIONS)
        return committed == ends

    @classmethod
    def lose(cls, topic, who):
        """Kills the node with a transaction of each client open, and starts it again."""
        workers = [worker for pipeline in cls.pipelines.values() for worker in pipeline.workers]
        for worker in workers:
            worker.hold()
        cls.source.send(ENOUGH)
        cls.wait_for_pipelines(lambda pipeline: any(worker.is_held_open() for worker in pipeline.workers),
                               f"a transaction is open for the {who}")
        node = cls.cluster.kill_leader(topic)
        held = sum(worker.is_held_open() for worker in workers)
        for worker in workers:
            worker.release()
        began = time.monotonic()
        cls.move_on(f"without the {who}")
        print(f"without node {node}, {who}, killed with {held} transactions open: {len(cls.source.acknowledged)} "
              f"records moved after {time.monotonic() - began:.1f} s", file=sys.stderr)
        cls.cluster.command("start", node)
        topics = {TOPIC: PARTITIONS, **{pipeline.output: PARTITIONS for pipeline in cls.pipelines.values()},
                  "__transaction_state": 1, "__consumer_offsets": 1}
        wait_until(lambda: all(cls.cluster.is_in_sync(*each) for each in topics.items()), "all is in sync again",
                   TIMEOUT_S)

    @classmethod
    def end_clients(cls):
        for pipeline in cls.pipelines.values():
            for worker in pipeline.workers:
                worker.release()
                if worker.process.poll() is None and (words := worker.finish()):
                    pipeline.complaints.append(words)
        for reader in cls.readers.values():
            if reader.process.poll() is None:
                reader.finish()

    def judge(self, name):
        if name in self.missing:
            self.skipTest(self.missing[name])
        pipeline = self.pipelines[name]
        failures = [failure for worker in pipeline.workers for failure in worker.failures]
        whole, committed = (
            effects(record["payload"] for record in consume_with_kcat(
                self.cluster, pipeline.output, "-X", f"isolation.level={isolation}"))
            for isolation in ("read_uncommitted", "read_committed"))
        outcomes = collections.Counter(outcome for _, outcome in whole)
        print(f"{name}: {len(self.source.acknowledged)} inputs acknowledged, {len(committed)} effects committed of "
              f"{len(whole)} in the log {dict(outcomes)}; transactions {dict(pipeline.ended())}; clients replaced "
              f"{len(failures)} times {failures}", file=sys.stderr)
        self.assertEqual([], pipeline.complaints)
        self.assertEqual([], [value for value, outcome in committed if outcome != "commit"], "aborted, and read")
        times = collections.Counter(value for value, _ in committed)
        self.assertEqual({}, {value: count for value, count in times.items() if count > 1}, "effects that stand twice")
        self.assertEqual(set(), self.source.acknowledged - set(times), "without an effect")
        self.assertLessEqual(set(times), set(map(str, range(self.source.sent))))
        self.assertGreater(outcomes["abort"], 0)
        for reader, member in self.readers.items():
            seen = effects(value for topic, value in member.reads if topic == pipeline.output)
            self.assertEqual(sorted(committed), sorted(seen), f"by {reader}")

    def test_confluent_kafka(self):
        self.judge("confluent_kafka")

    def test_kafkajs(self):
        self.judge("kafkajs")

    def test_platformatic(self):
        self.judge("platformatic")


if __name__ == "__main__":
    main()

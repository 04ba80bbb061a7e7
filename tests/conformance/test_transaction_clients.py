"""Transactions of three projects' clients on three nodes, all of them at once: python3-confluent-kafka's
(librdkafka), kafkajs's and @platformatic/kafka's. Each moves the same input on, to an output of its own and with the
input's offsets, while the node that coordinates their transactions and leads some of the partitions is killed
(kill -9) and started again: once with a transaction of each client open, once amid whatever they do.

Each output must have the effect of each input once, as a reader of committed records sees it, and nothing of the
transactions that were aborted. Debian's python3-kafka has no transactions.

The groups are coordinated by nodes that stay: @platformatic/kafka never looks for another coordinator of its group,
and the commit or abort of a transaction with its offsets may then never settle. The inputs are acknowledged before a
kill: a producer of librdkafka 2.0.2 that two nodes tell of the old leader and the new one in turn may wait for the old
one until it is back.
"""

import collections
import contextlib
import itertools
import sys
import time
import unittest

from client_processes import Source, Worker, confluent_kafka, node_client, python_client
from harness import ROOT, consume_with_kcat, main, wait_until
from running_cluster import RunningCluster

sys.path.insert(0, str(ROOT / "scripts"))
from drill_cluster import coordinating_partition

TOPIC, GROUPS, TRANSACTIONS = "inputs", "__consumer_offsets", "__transaction_state"
PARTITIONS = 3
RATE = 200
ENOUGH = 60  # records for each kill and after all
TIMEOUT_S = 60
PATIENCE_S = 10
PAUSE_S = 0.2
SILENCE_S = 15  # of a client that has something to do: @platformatic/kafka may stop reading for good
CLIENTS = ("confluent_kafka", "kafkajs", "platformatic")


class Pipeline:
    """A client that moves the input to its output."""

    def __init__(self, client, cluster, group):
        program = python_client("transfer.py") if client == "confluent_kafka" else node_client("transfer.mjs", client)
        self.cluster = cluster
        self.output = f"outputs-{client}"
        self.complaints = []
        self._group = confluent_kafka.Consumer({  # not one of its members
            "bootstrap.servers": cluster.address, "group.id": group, "isolation.level": "read_committed",
            "log_level": 0})
        cluster.make_topic(self.output, PARTITIONS)
        self.worker = Worker([*program, cluster.address, TOPIC, self.output, group, client])

    def has_moved(self, count):
        """So many records, by what the group has committed."""
        asked = [confluent_kafka.TopicPartition(TOPIC, partition) for partition in range(PARTITIONS)]
        try:
            return sum(max(each.offset, 0) for each in self._group.committed(asked, timeout=1)) == count
        except confluent_kafka.KafkaException:  # no answer, or not while a transaction is open
            return False

    def effects(self, isolation):
        """(input, how its transaction was to end)"""
        records = consume_with_kcat(self.cluster, self.output, "-X", f"isolation.level={isolation}")
        return [tuple(record["payload"].split()) for record in records]


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class TransactionClients(unittest.TestCase):
    """Each test judges one client by what it did while all of them lost the node."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(RunningCluster(overrides=(
            "transaction.state.log.num.partitions=1", f"offsets.topic.num.partitions={PARTITIONS}",
            "group.initial.rebalance.delay.ms=0", "leader.imbalance.check.interval.seconds=1")))
        cls.cluster.make_topic(TOPIC, PARTITIONS)
        cls.make_coordinators()
        cls.coordinator = cls.cluster.partition(TRANSACTIONS)["leader"]
        cls.pipelines, cls.missing, cls.running = {}, {}, []
        cls.addClassCleanup(cls.end_clients)
        for client in CLIENTS:
            try:
                cls.pipelines[client] = Pipeline(client, cls.cluster, cls.group_that_stays(client))
                cls.running.append(cls.pipelines[client])
            except unittest.SkipTest as missing:
                cls.missing[client] = str(missing)
        cls.source = Source(cls.cluster.address, TOPIC, PARTITIONS, RATE)
        cls.lose_coordinator(with_open_transactions=True)
        cls.lose_coordinator(with_open_transactions=False)
        cls.move_on()
        cls.source.stop()
        cls.end_clients()

    @classmethod
    def make_coordinators(cls):
        """Who asks for them makes them."""
        with contextlib.suppress(AssertionError):  # there is no such group
            cls.cluster.gregorctl("groups", "--describe", "--group", "nobody")
        confluent_kafka.Producer({
            "bootstrap.servers": cls.cluster.address, "transactional.id": "nobody", "log_level": 0,
        }).init_transactions(TIMEOUT_S)
        wait_until(lambda: cls.cluster.is_in_sync(TRANSACTIONS) and cls.cluster.is_in_sync(GROUPS, PARTITIONS),
                   "there are coordinators", TIMEOUT_S)

    @classmethod
    def group_that_stays(cls, client):
        """One that another node coordinates than the client's transactions."""
        leaders = {each["partition"]: each["leader"] for each in cls.cluster.partitions(GROUPS)}
        return next(name for name in (f"{client}-{number}" for number in itertools.count())
                    if leaders[coordinating_partition(name, PARTITIONS)] != cls.coordinator)

    @classmethod
    def send(cls):
        """More records, acknowledged."""
        cls.source.send(ENOUGH)
        wait_until(cls.source.is_acknowledged, "records are acknowledged", TIMEOUT_S)

    @classmethod
    def wait_for_pipelines(cls, is_true, what, timeout_s=TIMEOUT_S):
        """Those that are late. A client that says nothing more has lost its way, and is begun anew."""
        def late():
            those = [pipeline for pipeline in cls.pipelines.values() if not is_true(pipeline)]
            for pipeline in those:
                pipeline.worker.kill_if_silent(SILENCE_S)
            return those

        with contextlib.suppress(AssertionError):
            wait_until(lambda: not late(), what, timeout_s, PAUSE_S)
        return late()

    @classmethod
    def has_moved_all(cls, pipeline):
        return pipeline.has_moved(len(cls.source.acknowledged))

    @classmethod
    def move_on(cls):
        """With all nodes there, each moves everything."""
        cls.send()
        for pipeline in cls.wait_for_pipelines(cls.has_moved_all, "all is moved"):
            pipeline.complaints.append("has not moved all")

    @classmethod
    def lose_coordinator(cls, with_open_transactions):
        """Kills the node while records wait for the clients, and starts it again."""
        workers = [pipeline.worker for pipeline in cls.pipelines.values()]
        for worker in workers:
            worker.hold()
        cls.send()
        cls.wait_for_pipelines(lambda pipeline: pipeline.worker.is_held_open(), "transactions are open")
        held = sum(worker.is_held_open() for worker in workers)
        if not with_open_transactions:
            for worker in workers:
                worker.release()
        cls.cluster.command("kill", cls.coordinator)
        began = time.monotonic()
        for worker in workers:
            worker.release()
        # A client may not find its way before the node is back.
        late = cls.wait_for_pipelines(cls.has_moved_all, "records are moved without the node", PATIENCE_S)
        print(f"without node {cls.coordinator} for {time.monotonic() - began:.1f} s, {held} transactions open before, "
              f"{with_open_transactions=}; late are {[pipeline.output for pipeline in late]}", file=sys.stderr)
        cls.cluster.command("start", cls.coordinator)
        wait_until(lambda: cls.cluster.partition(TRANSACTIONS)["leader"] == cls.coordinator,
                   "it coordinates the transactions again", TIMEOUT_S, PAUSE_S)

    @classmethod
    def end_clients(cls):
        while cls.running:
            pipeline = cls.running.pop()
            if words := pipeline.worker.finish():
                pipeline.complaints.append(words)

    def judge(self, client):
        if client in self.missing:
            self.skipTest(self.missing[client])
        pipeline = self.pipelines[client]
        acknowledged = self.source.acknowledged
        failures = pipeline.worker.failures
        print(f"{client}: transactions {dict(pipeline.worker.ended)}; began anew {len(failures)} times {failures}",
              file=sys.stderr)
        self.assertEqual([], pipeline.complaints)
        # The last markers may come after the offsets.
        wait_until(lambda: acknowledged <= {value for value, _ in pipeline.effects("read_committed")},
                   f"each input has an effect by {client}", TIMEOUT_S)
        committed = pipeline.effects("read_committed")
        outcomes = collections.Counter(outcome for _, outcome in pipeline.effects("read_uncommitted"))
        self.assertEqual(sorted((value, "commit") for value in acknowledged), sorted(committed))
        self.assertGreater(outcomes["abort"], 0)

    def test_confluent_kafka(self):
        self.judge("confluent_kafka")

    def test_kafkajs(self):
        self.judge("kafkajs")

    def test_platformatic(self):
        self.judge("platformatic")


if __name__ == "__main__":
    main()

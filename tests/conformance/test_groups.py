"""Consumer groups of real clients: join, share, leave, commit, and go on after a restart (kill -9)."""

import subprocess
import threading
import time
import unittest
import uuid

from harness import Gregord, main, run, run_kcat, run_node_tests, wait_until

try:
    import confluent_kafka
    from confluent_kafka import TopicPartition
    from confluent_kafka.admin import AdminClient, NewTopic
except ImportError:
    confluent_kafka = None
try:
    import kafka
    import kafka.admin
except ImportError:
    kafka = None

PARTITIONS = 4
TIMEOUT_S = 30
SESSION_MS = 6000


def make_topic(broker, partitions=PARTITIONS):
    topic = f"t-{uuid.uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": broker.address})
    admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(TIMEOUT_S)
    return topic


def produce(broker, topic, values, partitions=PARTITIONS):
    producer = confluent_kafka.Producer({"bootstrap.servers": broker.address})
    for i, value in enumerate(values):
        producer.produce(topic, value.encode(), partition=i % partitions)
    assert producer.flush(TIMEOUT_S) == 0


class Librdkafka(threading.Thread):
    """A member of a group that notes what it is assigned and what it reads, until stop()."""

    def __init__(self, broker, group, topic, **settings):
        super().__init__(daemon=True)
        self.consumer = confluent_kafka.Consumer({
            "bootstrap.servers": broker.address, "group.id": group, "auto.offset.reset": "earliest",
            "enable.auto.commit": False, "session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": 500,
            "fetch.wait.max.ms": 20, "reconnect.backoff.max.ms": 200, "log_level": 0, **settings})
        self.assigned = set()
        self.rebalances = 0
        self.values = []
        self.stopping = threading.Event()
        self.consumer.subscribe([topic], on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke)
        self.start()

    def _assign(self, consumer, partitions):
        self.rebalances += 1
        self.assigned |= {partition.partition for partition in partitions}

    def _revoke(self, consumer, partitions):
        self.assigned -= {partition.partition for partition in partitions}

    def run(self):
        while not self.stopping.is_set():
            message = self.consumer.poll(0.05)
            if message is None or message.error():
                continue
            self.values.append(message.value().decode())
            try:
                self.consumer.commit(message=message, asynchronous=False)
            except confluent_kafka.KafkaException:
                pass  # a rebalance: read again by whoever has the partition now
        self.consumer.close()

    def stop(self):
        self.stopping.set()
        self.join(TIMEOUT_S)
        assert not self.is_alive(), "the consumer does not end"


def committed(broker, group, topic, partitions=PARTITIONS):
    """Offsets by partition, of those that have one."""
    consumer = confluent_kafka.Consumer({"bootstrap.servers": broker.address, "group.id": group})
    try:
        asked = [TopicPartition(topic, i) for i in range(partitions)]
        answered = consumer.committed(asked, timeout=TIMEOUT_S)
        return {each.partition: each.offset for each in answered if each.offset >= 0}
    finally:
        consumer.close()


@unittest.skipIf(confluent_kafka is None, "python3-confluent-kafka is not installed")
class LibrdkafkaGroups(unittest.TestCase):
    def share_and_take_over(self, **settings):
        with Gregord() as broker:
            topic = make_topic(broker)
            first = Librdkafka(broker, "g", topic, **settings)
            wait_until(lambda: len(first.assigned) == PARTITIONS, "the first has all", TIMEOUT_S)
            produce(broker, topic, [f"a{i}" for i in range(40)])
            wait_until(lambda: len(first.values) == 40, "the first reads all", TIMEOUT_S)
            second = Librdkafka(broker, "g", topic, **settings)
            wait_until(lambda: len(first.assigned) == len(second.assigned) == PARTITIONS // 2, "both have half",
                       TIMEOUT_S)
            self.assertEqual(set(range(PARTITIONS)), first.assigned | second.assigned)
            produce(broker, topic, [f"b{i}" for i in range(40)])
            wait_until(lambda: len(first.values) + len(second.values) >= 80, "both read", TIMEOUT_S)
            first.stop()
            wait_until(lambda: len(second.assigned) == PARTITIONS, "the second takes over", TIMEOUT_S)
            produce(broker, topic, [f"c{i}" for i in range(40)])
            wanted = {f"{x}{i}" for x in "abc" for i in range(40)}
            wait_until(lambda: set(first.values) | set(second.values) == wanted, "nothing is lost", TIMEOUT_S)
            second.stop()
            self.assertEqual({i: 30 for i in range(PARTITIONS)}, committed(broker, "g", topic))

    def test_members_share_a_topic_eagerly(self):
        self.share_and_take_over(**{"partition.assignment.strategy": "range,roundrobin"})

    def test_members_share_a_topic_cooperatively(self):
        self.share_and_take_over(**{"partition.assignment.strategy": "cooperative-sticky"})

    def test_a_member_that_dies_is_replaced_after_its_session(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            run_kcat(broker, "-P", "-t", topic, "-p", "0", stdin="x\n")
            command = ["kcat", "-b", broker.address, "-G", "dying", topic, "-q", "-u",
                       "-X", "auto.offset.reset=earliest", "-X", f"session.timeout.ms={SESSION_MS}"]
            with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as member:
                self.assertEqual(b"x\n", member.stdout.readline())
                member.kill()
            second = Librdkafka(broker, "dying", topic)
            wait_until(lambda: len(second.assigned) == PARTITIONS, "the second has all", 2 * SESSION_MS / 1000)
            second.stop()

    def test_offsets_and_members_survive_kill_9(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            produce(broker, topic, [f"a{i}" for i in range(40)])
            member = Librdkafka(broker, "g", topic)
            wait_until(lambda: len(member.values) == 40, "it reads all", TIMEOUT_S)
            wait_until(lambda: committed(broker, "g", topic) == {i: 10 for i in range(PARTITIONS)}, "committed",
                       TIMEOUT_S)
            broker.kill()
            broker.start()
            self.assertEqual({i: 10 for i in range(PARTITIONS)}, committed(broker, "g", topic))
            produce(broker, topic, [f"b{i}" for i in range(40)])
            wait_until(lambda: len(member.values) >= 80, "it goes on", TIMEOUT_S)
            member.stop()
            self.assertEqual({i: 20 for i in range(PARTITIONS)}, committed(broker, "g", topic))
            # What was read is not read again.
            after = Librdkafka(broker, "g", topic)
            wait_until(lambda: len(after.assigned) == PARTITIONS, "the next one has all", TIMEOUT_S)
            produce(broker, topic, ["end"])
            wait_until(lambda: after.values, "it reads", TIMEOUT_S)
            after.stop()
            self.assertEqual(["end"], after.values)

    def test_a_static_member_comes_back_without_a_rebalance(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            first = Librdkafka(broker, "g", topic, **{"group.instance.id": "one"})
            second = Librdkafka(broker, "g", topic, **{"group.instance.id": "two"})
            wait_until(lambda: len(first.assigned) == len(second.assigned) == PARTITIONS // 2, "both have half",
                       TIMEOUT_S)
            had = set(second.assigned)
            rebalances = first.rebalances
            second.stop()  # a static member does not leave
            again = Librdkafka(broker, "g", topic, **{"group.instance.id": "two"})
            wait_until(lambda: again.assigned == had, "it has what it had", TIMEOUT_S)
            self.assertEqual(PARTITIONS // 2, len(first.assigned))
            self.assertEqual(rebalances, first.rebalances)
            first.stop()
            again.stop()

    def test_kcat_consumes_as_a_group(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            run_kcat(broker, "-P", "-t", topic, "-p", "0", stdin="".join(f"{i}\n" for i in range(50)))
            text = run(["kcat", "-b", broker.address, "-G", "kcat-group", "-c", "50", "-q",
                        "-X", "auto.offset.reset=earliest", topic])
            self.assertEqual([str(i) for i in range(50)], text.splitlines())
            self.assertEqual(50, committed(broker, "kcat-group", topic)[0])

    def test_groups_are_listed_described_and_deleted(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            admin = AdminClient({"bootstrap.servers": broker.address})
            member = Librdkafka(broker, "listed", topic, **{"client.id": "who"})
            wait_until(lambda: len(member.assigned) == PARTITIONS, "assigned", TIMEOUT_S)
            (group,) = admin.list_groups("listed", timeout=TIMEOUT_S)
            self.assertEqual(("listed", "Stable", "consumer", "range"),
                             (group.id, group.state, group.protocol_type, group.protocol))
            self.assertEqual([("who", "/127.0.0.1")], [(m.client_id, m.client_host) for m in group.members])
            member.stop()
            self.assertEqual(["Empty"], [g.state for g in admin.list_groups("listed", timeout=TIMEOUT_S)])
            if kafka is None:
                return
            other = kafka.admin.KafkaAdminClient(bootstrap_servers=broker.address)
            self.assertEqual([("listed", "consumer")], other.list_consumer_groups())
            ((name, error),) = other.delete_consumer_groups(["listed"])
            self.assertEqual(("listed", 0), (name, error.errno))
            self.assertEqual([], other.list_consumer_groups())
            other.close()


@unittest.skipIf(kafka is None or confluent_kafka is None, "python3-kafka or python3-confluent-kafka is not installed")
class KafkaPythonGroups(unittest.TestCase):
    """Old versions: JoinGroup 2, OffsetCommit 2, no member id at first."""

    def member(self, broker, topic):
        return kafka.KafkaConsumer(
            topic, bootstrap_servers=broker.address, group_id="py", auto_offset_reset="earliest",
            enable_auto_commit=False, session_timeout_ms=SESSION_MS, heartbeat_interval_ms=500,
            reconnect_backoff_max_ms=200, retry_backoff_ms=50)

    def read(self, consumer, count):
        values = []
        deadline = time.monotonic() + TIMEOUT_S
        while len(values) < count and time.monotonic() < deadline:
            for records in consumer.poll(100).values():
                values += [record.value.decode() for record in records]
        return values

    @staticmethod
    def poll_until(consumer, done):
        while not done.is_set():
            consumer.poll(200)

    def test_reads_commits_and_goes_on_after_kill_9(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            produce(broker, topic, [f"a{i}" for i in range(40)])
            consumer = self.member(broker, topic)
            self.assertEqual({f"a{i}" for i in range(40)}, set(self.read(consumer, 40)))
            consumer.commit()
            broker.kill()
            broker.start()
            produce(broker, topic, [f"b{i}" for i in range(40)])
            self.assertEqual({f"b{i}" for i in range(40)}, set(self.read(consumer, 40)))
            consumer.commit()
            consumer.close()
            self.assertEqual({i: 20 for i in range(PARTITIONS)}, committed(broker, "py", topic))

    def test_two_members_share_a_topic(self):
        with Gregord() as broker:
            topic = make_topic(broker)
            members = [self.member(broker, topic), self.member(broker, topic)]
            # Each on its own, all the time: one that waits for the other to join does not return.
            done = threading.Event()
            threads = [threading.Thread(target=self.poll_until, args=(each, done), daemon=True) for each in members]
            for thread in threads:
                thread.start()
            wait_until(lambda: [len(each.assignment()) for each in members] == [PARTITIONS // 2] * 2,
                       "both have their share", TIMEOUT_S)
            done.set()
            for thread in threads:
                thread.join()
            shares = [{partition.partition for partition in each.assignment()} for each in members]
            self.assertEqual(set(range(PARTITIONS)), shares[0] | shares[1])
            self.assertEqual(set(), shares[0] & shares[1])
            for each in members:
                each.close()


class NodeGroups(unittest.TestCase):
    def test_kafkajs(self):
        with Gregord() as broker:
            run_node_tests(broker, "kafkajs_groups.test.mjs")

    def test_platformatic(self):
        with Gregord() as broker:
            run_node_tests(broker, "platformatic_groups.test.mjs")


if __name__ == "__main__":
    main()

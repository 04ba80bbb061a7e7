"""Clients that send with acks=all while the leader of their partition is killed (kill -9), on three nodes.

Each client goes on sending until the new leader has taken records of it. What it was told, and what kcat then
reads, is a history (scenarios/HISTORY.md) that `gregor check` judges. librdkafka's Python client is driven by
scripts/drill, in test_cluster.py.
"""

import json
import re
import shutil
import subprocess
import threading
import unittest

from harness import (
    NODE_CLIENTS, consume_with_kcat, gregord_program, main, node_program, run, wait_until)
from running_cluster import RunningCluster

try:
    import kafka
    import kafka.errors
except ImportError:
    kafka = None

BEFORE, AFTER = 100, 1000  # records in the log before the kill, and how many more there must be at the end
TIMEOUT_S = 60
PAUSE_S = 0.002


class Sender(threading.Thread):
    """A client that sends "0", "1", … to partition 0 of its topic until stop()."""

    def __init__(self, address, topic):
        super().__init__(daemon=True)
        self.address = address
        self.topic = topic
        self.stopping = threading.Event()
        self.answers = []  # (producer, number, result, offset or None)

    def stop(self):
        self.stopping.set()
        self.join(TIMEOUT_S)
        assert not self.is_alive(), f"{type(self).__name__} does not end"


class Kcat(Sender):
    """Says only at its end, by its exit code, whether all was acknowledged."""

    def run(self):
        command = ["kcat", "-b", self.address, "-P", "-t", self.topic, "-p", "0", "-X", "acks=all", "-X",
                   "enable.idempotence=true", "-X", "linger.ms=2", "-X", "topic.metadata.refresh.interval.ms=2000"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            sent = 0
            while not self.stopping.wait(PAUSE_S):
                process.stdin.write(f"{sent}\n")
                process.stdin.flush()
                sent += 1
            process.stdin.close()
            result = "ok" if process.wait() == 0 else "unknown"
        self.answers = [("p0", number, result, None) for number in range(sent)]


class KafkaPython(Sender):
    """Not idempotent: a record may stand twice."""

    def run(self):
        producer = kafka.KafkaProducer(
            bootstrap_servers=self.address.split(","), acks="all", retries=1000, retry_backoff_ms=50, linger_ms=2,
            max_in_flight_requests_per_connection=1, request_timeout_ms=4000, metadata_max_age_ms=2000)
        futures = []
        while not self.stopping.wait(PAUSE_S):
            futures.append(producer.send(self.topic, str(len(futures)).encode(), partition=0))
        producer.flush(TIMEOUT_S)
        for number, future in enumerate(futures):
            try:
                self.answers.append(("p0", number, "ok", future.get(0).offset))
            except kafka.errors.KafkaError:
                self.answers.append(("p0", number, "unknown", None))
        producer.close()


class Node(Sender):
    """A client in JavaScript, by the name that send_until_told.mjs has for it."""

    client = ""

    def run(self):
        command = [node_program(), NODE_CLIENTS / "send_until_told.mjs", self.client, self.address, self.topic]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            threading.Thread(target=self._tell_when_to_stop, args=(process,), daemon=True).start()
            for line in process.stdout:
                answer = json.loads(line)
                result = "unknown" if "error" in answer else "ok"
                self.answers.append((answer["producer"], answer["number"], result, answer.get("offset")))

    def _tell_when_to_stop(self, process):
        self.stopping.wait()
        process.stdin.close()


class Kafkajs(Node):
    client = "kafkajs"


class Platformatic(Node):
    client = "platformatic"


class Failover(unittest.TestCase):
    """One cluster for all; each client has a topic of its own."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("kcat") is None:
            raise unittest.SkipTest("kcat is not installed")
        cls.cluster = cls.enterClassContext(RunningCluster())

    def test_kcat(self):
        self.rides_through(Kcat)

    @unittest.skipIf(kafka is None, "python3-kafka is not installed")
    def test_kafka_python(self):
        self.rides_through(KafkaPython, idempotent=False)

    @unittest.skipUnless((NODE_CLIENTS / "node_modules").exists(), "run npm ci in tests/conformance/js first")
    def test_kafkajs(self):
        self.rides_through(Kafkajs)

    @unittest.skipUnless((NODE_CLIENTS / "node_modules").exists(), "run npm ci in tests/conformance/js first")
    def test_platformatic(self):
        self.rides_through(Platformatic)

    def rides_through(self, client, idempotent=True):
        topic = client.__name__.lower()
        self.cluster.make_topic(topic)
        sender = client(self.cluster.address, topic)
        sender.start()
        wait_until(lambda: self.end_of(topic) >= BEFORE, f"{topic} is sent", TIMEOUT_S)
        at_the_kill = self.end_of(topic)
        killed = self.cluster.kill_leader(topic)
        self.addCleanup(self.cluster.command, "start", killed)
        enough = at_the_kill + AFTER
        wait_until(lambda: self.end_of(topic) >= enough, f"{topic} is sent after the kill", TIMEOUT_S)
        sender.stop()
        self.judge(topic, sender.answers, idempotent)

    def end_of(self, topic):
        """The log's end; 0 while nobody leads."""
        command = ["kcat", "-b", self.cluster.address, "-Q", "-t", f"{topic}:0:-1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        found = re.search(r" offset (\d+)$", done.stdout, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def judge(self, topic, answers, idempotent):
        place = {"topic": topic, "partition": 0}
        events = [{"format": "gregor-history", "version": 1, "acks": "all", "enable.idempotence": idempotent,
                   "unclean.leader.election.enable": False}]
        for producer, number, result, offset in answers:
            events.append({"op": "send", "producer": producer, "number": number, "value": str(number),
                           "result": result, "offset": offset, **place})
        records = consume_with_kcat(self.cluster, topic)
        events.append({"op": "seek", "consumer": "kcat", "offset": 0, **place})
        for record in records:
            events.append({"op": "read", "consumer": "kcat", "offset": record["offset"], "value": record["payload"],
                           **place})
        events.append({"op": "end", "consumer": "kcat", "log_start": 0, "log_end": self.end_of(topic), **place})
        path = self.cluster.folder / f"{topic}.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in events))
        run([str(gregord_program().parent / "gregor"), "check", str(path)])
        acknowledged = sum(result == "ok" for _, _, result, _ in answers)
        self.assertGreaterEqual(acknowledged, AFTER)


if __name__ == "__main__":
    main()

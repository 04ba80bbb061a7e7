"""Clients as programs of their own, killed brokers or not, and the records that they are given.

A program tells its events as lines of JSON on standard output and ends at SIGTERM. A member of a group (kcat -G,
group_member.py, js/group_member.mjs) tells each record that it reads, and each commit that was acknowledged; a
worker (transfer.py, js/transfer.mjs) tells of its transactions, and before it ends one it waits for a line.
"""

import collections
import contextlib
import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

from harness import NODE_CLIENTS, node_program

try:
    import confluent_kafka
except ImportError:
    confluent_kafka = None

HERE = pathlib.Path(__file__).resolve().parent
END_TIMEOUT_S = 40


class ClientProcess:
    def __init__(self, command):
        self._command = [*map(str, command)]
        self._errors = tempfile.TemporaryFile("w+")
        self._start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _start(self):
        self.process = subprocess.Popen(self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self._errors, text=True)

    def _read(self):
        for line in self.process.stdout:
            self.told(json.loads(line))

    def told(self, event):
        raise NotImplementedError

    def finish(self):
        """Asks it to end; nothing, or how it did not end well and what it wrote on standard error."""
        self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            code = self.process.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f"no end {END_TIMEOUT_S} s after SIGTERM: {self.process.wait()}"
        self._reader.join()
        self.process.stdout.close()
        self._errors.seek(0)
        errors = self._errors.read()
        self._errors.close()
        return f"ended with {code}\n{errors}" if code else ""


class Member(ClientProcess):
    """A member of a group."""

    def __init__(self, command):
        self.reads = collections.Counter()  # by (topic, value)
        self.committed = {}  # by (topic, partition), the highest offset that was acknowledged
        self.failures = []
        super().__init__(command)

    def told(self, event):
        if "payload" in event:
            self.reads[event["topic"], event["payload"]] += 1
        elif "committed" in event:
            place = event["topic"], event["partition"]
            self.committed[place] = max(event["committed"], self.committed.get(place, 0))
        else:
            self.failures.append(event["failed"])


class Worker(ClientProcess):
    """Moves the records of a topic on in transactions, every third of which it aborts and does again.

    A program whose client has failed ends, and is started again; one that says nothing is killed first.
    """

    def __init__(self, command):
        self.ended = collections.Counter()  # transactions by their outcomes, as they were told
        self.failures = []
        self._heard_at = time.monotonic()
        self._lock = threading.Lock()
        self._is_open = False
        self._is_held = False
        self._is_ending = False
        super().__init__(command)

    def _read(self):
        super()._read()
        while self.process.wait() != 0:
            with self._lock:
                if self._is_ending:
                    return
                self._is_open = False
                with contextlib.suppress(BrokenPipeError):
                    self.process.stdin.close()
                self.process.stdout.close()
                self._start()
            super()._read()

    def told(self, event):
        self._heard_at = time.monotonic()
        if "open" in event:
            with self._lock:
                self._is_open = True
                self._let_end()
        elif "ended" in event:
            self.ended[event["ended"]] += 1
        else:
            self.failures.append(event["failed"])

    def hold(self):
        """From now on, transactions stay open."""
        with self._lock:
            self._is_held = True

    def is_held_open(self):
        return self._is_held and self._is_open

    def release(self):
        with self._lock:
            self._is_held = False
            self._let_end()

    def kill_if_silent(self, seconds):
        """Unless it waits for a line. What it leaves behind is for the next one, and for the coordinator."""
        with self._lock:
            silence = time.monotonic() - self._heard_at
            if self._is_open or self._is_ending or silence < seconds:
                return
            self.failures.append(f"silent for {silence:.0f} s")
            self._heard_at = time.monotonic()
            self.process.kill()

    def finish(self):
        self.release()
        with self._lock:
            self._is_ending = True
        return super().finish()

    def _let_end(self):
        if self._is_held or not self._is_open:
            return
        self._is_open = False
        with contextlib.suppress(OSError, ValueError):  # the program has ended
            self.process.stdin.write("\n")
            self.process.stdin.flush()


class Source(threading.Thread):
    """"0", "1", … in turn into the partitions of a topic, idempotent, as many as may be sent, until stop()."""

    def __init__(self, address, topic, partitions, rate):
        super().__init__(daemon=True)
        self.sent = 0
        self.acknowledged = set()
        self._limit = 0
        self._topic = topic
        self._partitions = partitions
        self._pause_s = 1 / rate
        self._stopping = threading.Event()
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": address, "acks": "all", "enable.idempotence": True, "linger.ms": 2, "log_level": 0,
            "topic.metadata.refresh.interval.ms": 2000, "reconnect.backoff.max.ms": 500})
        self.start()

    def send(self, count):
        """So many more; does not wait for them."""
        self._limit += count

    def is_acknowledged(self):
        return len(self.acknowledged) == self._limit

    def run(self):
        while not self._stopping.wait(self._pause_s):
            self._producer.poll(0)
            if self.sent == self._limit:
                continue
            self._producer.produce(
                self._topic, str(self.sent), partition=self.sent % self._partitions,
                on_delivery=lambda error, message: error or self.acknowledged.add(message.value().decode()))
            self.sent += 1

    def stop(self):
        self._stopping.set()
        self.join()


def offsets_of(address, group, topic, partitions):
    """By partition, what the group has committed, 0 for nothing; and the ends."""
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": address, "group.id": group, "isolation.level": "read_committed", "log_level": 0})
    try:
        asked = [confluent_kafka.TopicPartition(topic, partition) for partition in range(partitions)]
        committed = consumer.committed(asked, timeout=END_TIMEOUT_S)
        ends = {each.partition: consumer.get_watermark_offsets(each, timeout=END_TIMEOUT_S)[1] for each in asked}
        return {each.partition: max(each.offset, 0) for each in committed}, ends
    finally:
        consumer.close()


def kcat_member(address, group, *topics):
    return ["kcat", "-b", address, "-G", group, "-q", "-u", "-J", "-X", "auto.offset.reset=earliest",
            "-X", "session.timeout.ms=10000", "-X", "heartbeat.interval.ms=500", "-X", "auto.commit.interval.ms=200",
            "-X", "fetch.wait.max.ms=50", "-X", "isolation.level=read_committed",
            "-X", "topic.metadata.refresh.interval.ms=2000", "-X", "reconnect.backoff.max.ms=500", *topics]


def python_client(name, *arguments):
    return [sys.executable, HERE / name, *arguments]


def node_client(name, *arguments):
    return [node_program(), NODE_CLIENTS / name, *arguments]

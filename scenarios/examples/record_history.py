#!/usr/bin/python3
"""Records the history of a producer and two consumers of any Kafka cluster, for `gregor check`.

    scenarios/examples/record_history.py 127.0.0.1:9092 history.jsonl
    build/release/bin/gregor check history.jsonl

An example to start from: what it writes is all that scenarios/HISTORY.md needs of a program that sends and
reads. One idempotent producer sends keyed, numbered values to a new topic of three partitions; one consumer
follows it while it does; a second one, fresh, reads everything at the end. Meanwhile anything may be done to
the cluster: the verdict follows from the settings in the head.

Needs python3-confluent-kafka. Exit code 1 if the clients could not finish.
"""

import argparse
import json
import sys
import threading
import time

import confluent_kafka
import confluent_kafka.admin

PARTITIONS = 3
GIVE_UP_S = 60


class History:
    """The file, written by any thread; events stand in the order in which they ended."""

    def __init__(self, path):
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._file = open(path, "w", encoding="utf-8")
        self.add(format="gregor-history", version=2, **{
            "acks": "all", "enable.idempotence": True, "unclean.leader.election.enable": False,
            "isolation.level": "read_committed"})

    def now(self):
        return round(time.monotonic() - self._began, 6)

    def add(self, **event):
        with self._lock:
            self._file.write(json.dumps(event) + "\n")

    def ended(self, began, **event):
        """An operation that ends now."""
        with self._lock:
            self._file.write(json.dumps({**event, "began": began, "ended": self.now()}) + "\n")

    def close(self):
        self._file.close()


class Sender:
    def __init__(self, history, servers, topic):
        self.acknowledged = 0
        self._history = history
        self._topic = topic
        self._number = 0
        self._producer = confluent_kafka.Producer({
            "bootstrap.servers": servers, "enable.idempotence": True, "acks": "all", "linger.ms": 5,
            "message.timeout.ms": GIVE_UP_S * 1000, "log_level": 0})

    def send(self):
        number, partition = self._number, self._number % PARTITIONS
        self._number += 1
        key, value, began = f"k{number % 7}", f"value {number}", self._history.now()
        self._producer.produce(
            self._topic, value, key, partition=partition,
            on_delivery=lambda error, message: self._answered(number, partition, key, value, began, error, message))
        self._producer.poll(0)

    def finish(self):
        """False if some sends have no answer."""
        return self._producer.flush(GIVE_UP_S) == 0

    def _answered(self, number, partition, key, value, began, error, message):
        # A value that timed out may have been written: unknown. The client does not tell apart what never left it.
        outcome = {"result": "unknown", "error": str(error)} if error else {"result": "ok"}
        if not error:
            self.acknowledged += 1
            outcome["timestamp"] = message.timestamp()[1]
            if message.offset() >= 0:  # not known of a value whose first answer was lost
                outcome["offset"] = message.offset()
        self._history.ended(began, op="send", producer="p0", number=number, topic=self._topic, partition=partition,
                            key=key, value=value, **outcome)


class Reader:
    """A consumer of all partitions from their starts, by assignment."""

    def __init__(self, history, servers, topic, name):
        self._history, self._topic, self._name = history, topic, name
        self._positions = dict.fromkeys(range(PARTITIONS), 0)
        self._consumer = confluent_kafka.Consumer({
            "bootstrap.servers": servers, "group.id": "unused", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "error", "log_level": 0})
        self._consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        for partition in range(PARTITIONS):
            history.add(op="seek", consumer=name, topic=topic, partition=partition, offset=0)

    def poll(self):
        began = self._history.now()
        polled = {}
        for message in self._consumer.consume(100, 0.1):
            if message.error() is None:
                polled.setdefault(message.partition(), []).append(message)
        for partition, messages in polled.items():
            records = [[message.offset(), message.value().decode(), message.key().decode(), message.timestamp()[1]]
                       for message in messages]
            self._history.ended(began, op="poll", consumer=self._name, topic=self._topic, partition=partition,
                                records=records)
            self._positions[partition] = records[-1][0] + 1

    def read_all(self):
        """Everything that is there now. False if it cannot be read."""
        marks = {partition: self._watermarks(partition) for partition in range(PARTITIONS)}
        deadline = time.monotonic() + GIVE_UP_S
        while any(self._positions[partition] < end for partition, (_, end) in marks.items()):
            if time.monotonic() > deadline:
                return False
            self.poll()
        for partition, (start, end) in marks.items():
            self._history.add(op="end", consumer=self._name, topic=self._topic, partition=partition,
                              log_start=start, log_end=end)
        return True

    def _watermarks(self, partition):
        began = self._history.now()
        start, end = self._consumer.get_watermark_offsets(
            confluent_kafka.TopicPartition(self._topic, partition), timeout=GIVE_UP_S)
        self._history.ended(began, op="watermarks", client=self._name, topic=self._topic, partition=partition,
                            log_start=start, last_stable_offset=end)
        return start, end

    def close(self):
        self._consumer.close()


def make_topic(servers, topic, replicas):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": servers})
    admin.create_topics([confluent_kafka.admin.NewTopic(topic, PARTITIONS, replicas)])[topic].result(GIVE_UP_S)


def record(arguments):
    history = History(arguments.history)
    make_topic(arguments.servers, arguments.topic, arguments.replicas)
    sender = Sender(history, arguments.servers, arguments.topic)
    follower = Reader(history, arguments.servers, arguments.topic, "follower")
    deadline = time.monotonic() + arguments.seconds
    while time.monotonic() < deadline:
        for _ in range(20):
            sender.send()
        follower.poll()
    is_answered = sender.finish()
    follower.close()
    last = Reader(history, arguments.servers, arguments.topic, "last")
    is_read = last.read_all()
    last.close()
    history.close()
    print(f"{sender.acknowledged} acknowledged")
    return is_answered and is_read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", help="bootstrap.servers")
    parser.add_argument("history", help="the file to write")
    parser.add_argument("--topic", default="history", help="a new one (default: history)")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5, help="so long it sends (default: 5)")
    sys.exit(0 if record(parser.parse_args()) else 1)


main()

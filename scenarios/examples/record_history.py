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
import sys
import time

import confluent_kafka
import confluent_kafka.admin

from history import History, outcome_of
from whole_log import read_whole_log

PARTITIONS = 3
GIVE_UP_S = 60


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
        outcome = outcome_of(error, message)
        if not error:
            self.acknowledged += 1
            outcome["timestamp"] = message.timestamp()[1]
        self._history.ended(began, op="send", producer="p0", number=number, topic=self._topic, partition=partition,
                            key=key, value=value, **outcome)


class Follower:
    """A consumer of all partitions from their starts, by assignment."""

    def __init__(self, history, servers, topic):
        self._history = history
        self._consumer = confluent_kafka.Consumer({
            "bootstrap.servers": servers, "group.id": "unused", "enable.auto.commit": False,
            "isolation.level": "read_committed", "auto.offset.reset": "error", "log_level": 0})
        self._consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        for partition in range(PARTITIONS):
            history.add(op="seek", consumer="follower", topic=topic, partition=partition, offset=0)

    def poll(self):
        began = self._history.now()
        messages = self._consumer.consume(100, 0.1)
        self._history.polled(began, "follower", [message for message in messages if message.error() is None])

    def close(self):
        self._consumer.close()


def make_topic(servers, topic, replicas):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": servers})
    admin.create_topics([confluent_kafka.admin.NewTopic(topic, PARTITIONS, replicas)])[topic].result(GIVE_UP_S)


def record(arguments):
    history = History(arguments.history)
    make_topic(arguments.servers, arguments.topic, arguments.replicas)
    sender = Sender(history, arguments.servers, arguments.topic)
    follower = Follower(history, arguments.servers, arguments.topic)
    deadline = time.monotonic() + arguments.seconds
    while time.monotonic() < deadline:
        for _ in range(20):
            sender.send()
        follower.poll()
    is_answered = sender.finish()
    follower.close()
    is_read = read_whole_log({"bootstrap.servers": arguments.servers, "log_level": 0}, history, "last",
                             arguments.topic, PARTITIONS, GIVE_UP_S)
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

#!/usr/bin/python3
"""Moves records from one topic to another in transactions by librdkafka's client in Python, until SIGTERM.

    transfer.py BROKERS SOURCE TARGET GROUP TRANSACTIONAL_ID

The value of a record is followed by how its transaction is to end: every third is aborted, and its records are done
again. Before a transaction ends the program says so and waits for a line. It ends when its client fails: the next
one begins by settling what this one left open. See client_processes.py, whose Worker starts it again.
"""

import json
import signal
import sys
import time

import confluent_kafka

BATCH = 5
ABORTED_EVERY = 3
POLL_S = 0.2
WAIT_S = 10

is_stopping = False


def tell(**event):
    print(json.dumps(event), flush=True)


class Client:
    def __init__(self, brokers, source, target, group, transactional_id):
        self._source, self._target = source, target
        self._next = {}  # by partition: what comes before has been given. A rebalance brings some of it again.
        common = {"bootstrap.servers": brokers, "log_level": 0, "reconnect.backoff.max.ms": 500,
                  "topic.metadata.refresh.interval.ms": 2000}
        self._producer = confluent_kafka.Producer({**common, "transactional.id": transactional_id, "linger.ms": 0})
        self._consumer = confluent_kafka.Consumer({
            **common, "group.id": group, "enable.auto.commit": False, "auto.offset.reset": "earliest",
            "isolation.level": "read_committed", "session.timeout.ms": 6000, "heartbeat.interval.ms": 500,
            "fetch.wait.max.ms": 50})

    def start(self):
        self._producer.init_transactions(WAIT_S)
        self._consumer.subscribe([self._source])

    def poll(self):
        """(partition, offset, value) of the next records, perhaps of none."""
        records = []
        deadline = time.monotonic() + POLL_S
        while len(records) < BATCH and time.monotonic() < deadline:
            message = self._consumer.poll(0.02)
            if message is None or message.error() is not None:
                continue
            partition, offset = message.partition(), message.offset()
            if offset >= self._next.get(partition, 0):
                self._next[partition] = offset + 1
                records.append((partition, offset, message.value().decode()))
        return records

    def begin(self):
        self._producer.begin_transaction()

    def send(self, values):
        for partition, value in values:
            self._producer.produce(self._target, value, partition=partition)
        if self._producer.flush(WAIT_S) > 0:
            raise TimeoutError("sends have no answer")

    def send_offsets(self, offsets):
        self._producer.send_offsets_to_transaction(
            [confluent_kafka.TopicPartition(self._source, *each) for each in offsets.items()],
            self._consumer.consumer_group_metadata(), WAIT_S)

    def commit(self):
        self._producer.commit_transaction(WAIT_S)

    def abort(self):
        self._producer.abort_transaction(WAIT_S)

    def close(self):
        self._producer.purge()
        self._consumer.close()


class Mover:
    def __init__(self, client):
        self._client = client
        self._begun = 0

    def move(self, records):
        """Once all of them are moved, whatever was aborted before."""
        outcome = None
        while outcome != "commit":
            self._begun += 1
            outcome = "abort" if self._begun % ABORTED_EVERY == 0 else "commit"
            self._client.begin()
            self._client.send([(partition, f"{value} {outcome}") for partition, _, value in records])
            self._client.send_offsets({partition: offset + 1 for partition, offset, _ in records})
            tell(open=self._begun)
            sys.stdin.readline()
            getattr(self._client, outcome)()
            tell(ended=outcome)


def stop(*_):
    global is_stopping
    is_stopping = True


def main():
    signal.signal(signal.SIGTERM, stop)
    client = Client(*sys.argv[1:])
    mover = Mover(client)
    try:
        client.start()
        while not is_stopping:
            if records := client.poll():
                mover.move(records)
    except (confluent_kafka.KafkaException, TimeoutError) as error:
        tell(failed=str(error))
        sys.exit(0 if is_stopping else 1)
    finally:
        client.close()


main()

#!/usr/bin/python3
"""Exactly once, in Python: a feeder, workers that consume, transform and produce, and the history of it all.

    scripts/drill --program scenarios/examples/exactly_once.py

An example to copy, and one whose claim is tested: scripts/drill kills the cluster's nodes meanwhile, and
`gregor check` holds the history against the line that makes the claim, the `pipeline` event in main(). It runs
with any Kafka cluster, until SIGTERM or SIGINT:

    BOOTSTRAP_SERVERS=127.0.0.1:9092 HISTORY=history.jsonl scenarios/examples/exactly_once.py

                   ┌─> worker 0 ─┐   each: poll a few records, produce the results and
    feeder ─> input ─> worker 1 ─> output   commit the offsets, in one transaction
                   └─> worker 2 ─┘

Every few seconds a worker is struck down at the worst moment (--life), its results written and its offsets not
committed, and another takes its place. --careless does what looks as good and is not: results without a
transaction, then the offsets.

Needs python3-confluent-kafka. Exit code 1 if not everything was worked on and read in the end.
"""

import argparse
import os
import random
import signal
import sys
import threading
import time

import confluent_kafka
import confluent_kafka.admin

from history import History, outcome_of
from whole_log import read_whole_log

PARTITIONS = 3
GROUP = "workers"
BATCH = 50  # records in one transaction, at most
PATIENCE_S = 10  # a client that gets no further for so long is replaced
DRAIN_S = 60


class Struck(Exception):
    """A life ends here."""


def settings(servers, **more):
    return {"bootstrap.servers": servers, "log_level": 0, "socket.timeout.ms": 6000, "reconnect.backoff.max.ms": 500,
            "topic.metadata.refresh.interval.ms": 2000, **more}


PRODUCER = {"acks": "all", "enable.idempotence": True, "request.timeout.ms": 3000}


class Sends:
    """One producer's sends, each an event once it is answered. A producer that is made anew is another one."""

    def __init__(self, history, name, topic, producer):
        self._history, self._name, self._topic, self._producer = history, name, topic, producer
        self._number = 0
        self._waiting = {}  # by number, since when

    def send(self, what, **more):
        """The value is made unique: the checker knows records by their values."""
        number, began = self._number, self._history.now()
        value, partition = f"{self._name} {number}: {what}", number % PARTITIONS
        self._producer.produce(
            self._topic, value, partition=partition,
            on_delivery=lambda error, message: self._answered(error, message, number, began, value, partition, more))
        self._waiting[number] = time.monotonic()
        self._number += 1

    def _answered(self, error, message, number, began, value, partition, more):
        del self._waiting[number]
        self._history.ended(began, op="send", producer=self._name, number=number, topic=self._topic,
                            partition=partition, value=value, **outcome_of(error, message), **more)

    def is_stuck(self):
        now = time.monotonic()
        return now - min(self._waiting.values(), default=now) > PATIENCE_S

    def flush(self):
        """True once each send has an answer."""
        while self._producer.flush(0.5) > 0:
            if self.is_stuck():
                return False
        return True

    def give_up(self):
        """What has no answer is unknown."""
        self._producer.purge()
        deadline = time.monotonic() + PATIENCE_S
        while self._waiting and time.monotonic() < deadline:
            try:
                self._producer.flush(1)
            except confluent_kafka.KafkaException:
                pass  # a fatal error is told once; the answers come all the same


class Feeder(threading.Thread):
    """Numbered values into the input topic, by one idempotent producer after the other."""

    def __init__(self, arguments, history):
        super().__init__(name="feeder", daemon=True)
        self.stopping = threading.Event()
        self._arguments, self._history = arguments, history

    def run(self):
        life = 0
        while not self.stopping.is_set():
            self._feed(f"feeder.{life}")
            life += 1

    def _feed(self, name):
        """Until there is no more to do, or the producer has a fatal error or gets no answers."""
        producer = confluent_kafka.Producer(settings(self._arguments.servers, **PRODUCER))
        sends = Sends(self._history, name, self._arguments.input, producer)
        try:
            while not self.stopping.is_set() and not sends.is_stuck():
                sends.send("a value")
                producer.poll(1 / self._arguments.rate)
            sends.flush()
        except (confluent_kafka.KafkaException, BufferError) as error:
            print(f"{name}: {error}", flush=True)
        sends.give_up()


class Worker(threading.Thread):
    """A member of the group with a transactional producer: when either fails, both are made anew."""

    def __init__(self, arguments, history, name):
        super().__init__(name=name, daemon=True)
        self.stopping = threading.Event()
        self.has_joined = threading.Event()
        self._arguments, self._history = arguments, history

    def run(self):
        life = 0
        while not self.stopping.is_set():
            kind = CarelessLife if self._arguments.careless else Life
            work = kind(self._arguments, self._history, self.name, f"{self.name}.{life}", self.has_joined)
            try:
                work.begin()
                while not self.stopping.is_set():
                    work.step()
            except (confluent_kafka.KafkaException, Struck) as error:
                print(f"{self.name}.{life}: {error}", flush=True)
            finally:
                work.end()
            life += 1


class Life:
    """One consumer and one producer, until either fails."""

    def __init__(self, arguments, history, transactional_id, name, has_joined):
        self._arguments, self._history, self._name = arguments, history, name
        self._transactional_id = transactional_id
        self._transaction = -1
        self._has_joined = has_joined
        self._struck_at = float("inf")
        self._idle_since = time.monotonic()
        self._producer = confluent_kafka.Producer(settings(arguments.servers, **self.producer_settings()))
        self._sends = Sends(history, name, arguments.output, self._producer)
        self._consumer = confluent_kafka.Consumer(settings(
            arguments.servers, **{"group.id": GROUP, "enable.auto.commit": False, "auto.offset.reset": "error",
                                  "isolation.level": "read_committed", "session.timeout.ms": 6000}))
        self._messages = []  # polled, and not worked on
        self._member = None  # of the generation that assigned the partitions: in a later one its commits are refused

    def producer_settings(self):
        # The same id in each life of the worker: the new life's init ends what the last one left open.
        return {**PRODUCER, "transactional.id": self._transactional_id, "transaction.timeout.ms": 30_000}

    def begin(self):
        began = self._history.now()
        insist(self._producer.init_transactions)
        self._history.ended(began, op="init", producer=self._name, transactional_id=self._transactional_id,
                            result="ok")
        self.subscribe()

    def subscribe(self):
        self._consumer.subscribe([self._arguments.input], on_assign=self._assigned,
                                 on_revoke=self._gave_up("revoke"), on_lost=self._gave_up("lost"))

    def step(self):
        """A few records: all of it happens, or nothing."""
        began = self._history.now()
        if not self.poll():
            return
        self._transaction += 1
        self._producer.begin_transaction()
        of_transaction = {"producer": self._name, "transaction": self._transaction}
        self._history.add(op="begin", **of_transaction)
        self._history.polled(began, self._name, self._messages, **of_transaction)
        try:
            self.transform(transaction=self._transaction)
            self._send_offsets(of_transaction)
        except confluent_kafka.KafkaException as error:
            if not error.args[0].txn_requires_abort():
                raise
            print(f"{self._name}: aborts: {error}", flush=True)
            self._abort(of_transaction)
            self._go_back()
            return
        # If this is not answered, nobody knows: the next life's init waits for the outcome, and its group's offsets
        # tell what to go on with.
        self._finish("commit", self._producer.commit_transaction, of_transaction)
        self.worked()

    def worked(self):
        """So much longer may this life last: the next ones are to get on, too."""
        if self._arguments.life and self._struck_at == float("inf"):
            self._struck_at = time.monotonic() + self._arguments.life * random.uniform(0.5, 1.5)

    def poll(self):
        """True if there are messages."""
        self._messages = []
        while len(self._messages) < BATCH:
            message = self._consumer.poll(0 if self._messages else 0.2)
            if message is None:
                break
            if message.error() is None:
                self._messages.append(message)
            elif message.error().code() == confluent_kafka.KafkaError._AUTO_OFFSET_RESET:
                # A leader that does not have the offset yet. Whoever goes to the start now does everything twice.
                raise Struck(message.error().str())
        if self._messages:
            self._idle_since = time.monotonic()
        elif time.monotonic() - self._idle_since > PATIENCE_S:
            # librdkafka may keep to a partition's old leader (its issues 3230 and 4976).
            raise Struck("nothing to do for long")
        return bool(self._messages)

    def transform(self, **more):
        for message in self._messages:
            self._sends.send(message.value().decode().upper(), input_topic=message.topic(),
                             input_partition=message.partition(), input_offset=message.offset(), **more)
            self._producer.poll(0)
        if not self._sends.flush():
            raise Struck("its sends are not answered")
        if time.monotonic() > self._struck_at:
            raise Struck("struck down")

    def _send_offsets(self, of_transaction):
        self._told(lambda positions: insist(self._producer.send_offsets_to_transaction, positions, self._member),
                   op="send_offsets", group=GROUP, **of_transaction)

    def _told(self, commit, **event):
        """Commits the positions behind what was polled, and tells of each."""
        positions = [confluent_kafka.TopicPartition(self._arguments.input, partition, offset + 1)
                     for partition, offset in {message.partition(): message.offset()
                                               for message in self._messages}.items()]
        began, result = self._history.now(), "unknown"
        try:
            commit(positions)
            result = "ok"
        finally:
            for at in positions:
                self._history.ended(began, **event, topic=at.topic, partition=at.partition, offset=at.offset,
                                    result=result)

    def _abort(self, of_transaction):
        self._sends.give_up()
        self._finish("abort", self._producer.abort_transaction, of_transaction)

    def _finish(self, op, call, of_transaction):
        began, result = self._history.now(), "unknown"
        try:
            insist(call)
            result = "ok"
        finally:
            self._history.ended(began, op=op, result=result, **of_transaction)

    def _go_back(self):
        """What was polled has no effects: it is polled again."""
        for at in self._committed(self._consumer.assignment()):
            self._consumer.seek(at)
            self._history.add(op="seek", consumer=self._name, topic=at.topic, partition=at.partition, offset=at.offset)

    def _committed(self, partitions):
        return [confluent_kafka.TopicPartition(at.topic, at.partition, max(at.offset, 0))  # none yet: the start
                for at in self._consumer.committed(partitions, timeout=PATIENCE_S)]

    def _assigned(self, consumer, partitions):
        self._member = consumer.consumer_group_metadata()
        committed = self._committed(partitions)
        consumer.assign(committed)
        for at in committed:
            self._history.add(op="assign", consumer=self._name, group=GROUP, topic=at.topic, partition=at.partition,
                              offset=at.offset)
        self._has_joined.set()

    def _gave_up(self, op):
        def tell(_, partitions):
            self._messages = []  # they are the next owner's
            for at in partitions:
                self._history.add(op=op, consumer=self._name, topic=at.topic, partition=at.partition)
        return tell

    def end(self):
        self._sends.give_up()
        self._consumer.close()
        self._history.add(op="close", consumer=self._name)


class CarelessLife(Life):
    """Results, and then the offsets: whoever fails in between does some of the work twice."""

    def producer_settings(self):
        return PRODUCER

    def begin(self):
        self.subscribe()

    def step(self):
        began = self._history.now()
        if not self.poll():
            return
        self._history.polled(began, self._name, self._messages)
        self.transform()
        self._told(lambda positions: self._consumer.commit(offsets=positions, asynchronous=False),
                   op="offset_commit", group=GROUP, consumer=self._name)
        self.worked()


def insist(call, *arguments):
    """Again while the client says that it may be tried again."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return call(*arguments, 5)
        except confluent_kafka.KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise


def wait_until_worked_on(servers, topic):
    """The group's offsets are the ends of the topic, that nobody sends to any more. False if they never are."""
    consumer = confluent_kafka.Consumer(settings(servers, **{"group.id": GROUP, "isolation.level": "read_committed"}))
    partitions = [confluent_kafka.TopicPartition(topic, partition) for partition in range(PARTITIONS)]
    ends = [consumer.get_watermark_offsets(partition, timeout=30)[1] for partition in partitions]
    deadline = time.monotonic() + DRAIN_S
    try:
        while time.monotonic() < deadline:
            try:
                committed = consumer.committed(partitions, timeout=5)
            except confluent_kafka.KafkaException:
                continue
            if all(max(at.offset, 0) == end for at, end in zip(committed, ends)):
                return True
            time.sleep(0.1)
        return False
    finally:
        consumer.close()


def make_topics(servers, *topics):
    admin = confluent_kafka.admin.AdminClient({"bootstrap.servers": servers})
    made = admin.create_topics([confluent_kafka.admin.NewTopic(topic, PARTITIONS) for topic in topics])
    for topic in topics:
        made[topic].result(30)


def run(arguments, history, finish):
    """True if everything was worked on and read."""
    make_topics(arguments.servers, arguments.input, arguments.output)
    feeder = Feeder(arguments, history)
    workers = [Worker(arguments, history, f"worker{number}") for number in range(arguments.workers)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.has_joined.wait(PATIENCE_S)
    feeder.start()
    finish.wait()
    feeder.stopping.set()
    feeder.join()
    is_worked_on = wait_until_worked_on(arguments.servers, arguments.input)
    for worker in workers:
        worker.stopping.set()
    for worker in workers:
        worker.join()
    by = settings(arguments.servers)
    is_read = (read_whole_log(by, history, "reader of input", arguments.input, PARTITIONS, DRAIN_S, group=GROUP)
               and read_whole_log(by, history, "reader of output", arguments.output, PARTITIONS, DRAIN_S))
    print(f"everything worked on: {is_worked_on}, read: {is_read}", flush=True)
    return is_worked_on and is_read


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", default=os.environ.get("BOOTSTRAP_SERVERS"), help="default: $BOOTSTRAP_SERVERS")
    parser.add_argument("--history", default=os.environ.get("HISTORY"), help="the file to write; default: $HISTORY")
    parser.add_argument("--input", default="input", help="a new topic (default: input)")
    parser.add_argument("--output", default="output", help="a new topic (default: output)")
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--rate", type=int, default=100, help="values a second (default: 100)")
    parser.add_argument("--life", type=float, default=5,
                        help="about so many seconds until a worker is struck down; 0: never (default: 5)")
    parser.add_argument("--careless", action="store_true", help="without transactions")
    arguments = parser.parse_args()
    if not arguments.servers or not arguments.history:
        parser.error("--servers and --history, or BOOTSTRAP_SERVERS and HISTORY, are needed")
    finish = threading.Event()
    for asked in (signal.SIGTERM, signal.SIGINT):
        signal.signal(asked, lambda *_: finish.set())
    history = History(arguments.history, commit="transaction")
    # The claim, careless or not: each record of the input has one effect in the output.
    history.add(op="pipeline", input=arguments.input, output=arguments.output, group=GROUP, commit="transaction")
    is_done = run(arguments, history, finish)
    history.close()
    sys.exit(0 if is_done else 1)


main()

"""The drill's own load: idempotent producers with acks=all, and a consumer by assignment, all of librdkafka's."""

import json
import threading
import time

from drill_cluster import NODES, STEP_TIMEOUT_S, Stuck, confluent_kafka, wait_until
from drill_history import History

TOPIC = "drill"
ACKNOWLEDGED_WITHOUT_THE_NODE = 300
ACKNOWLEDGED_BEFORE = 300
LOST_AFTER_S = 8


class OwnLoad:
    """Values over all partitions of one topic, from --producers at --rate; a consumer follows them."""

    topic = TOPIC
    coordinated = None

    def __init__(self, cluster, folder, arguments):
        self.history_path = folder / "history.jsonl"
        self._cluster = cluster
        self._partitions = arguments.partitions
        self._history = History(self.history_path, TOPIC)
        self.progress = self._history.progress
        self._senders = [Sender(cluster, self._history, f"p{i}", arguments.partitions, arguments.rate)
                         for i in range(arguments.producers)]
        self._reader = Reader(cluster, self._history, "c0", arguments.partitions)
        self._lost_at = 0.0
        self._make_topic()

    def _make_topic(self):
        made = self._cluster.admin.create_topics([confluent_kafka.admin.NewTopic(
            TOPIC, self._partitions, NODES, config={"min.insync.replicas": str(NODES - 1)})])
        made[TOPIC].result(STEP_TIMEOUT_S)
        wait_until(lambda: TOPIC in self._cluster.partitions(), "the new topic is known")
        wait_until(self._cluster.is_in_sync, "the new topic is in sync")

    def begin(self):
        for thread in (*self._senders, self._reader):
            thread.start()
        wait_until(lambda: (self.progress.succeeded >= ACKNOWLEDGED_BEFORE
                            and self.progress.steps() == self._partitions),
                   "values are acknowledged in every partition")

    def lost(self, how, node, why):
        """A node is gone as of now."""
        self._lost_at = self._cluster.now()
        self.progress.watch_since(self._lost_at)
        self._history.add(op="note", fault=how, node=node, why=why, ended=self._lost_at)

    def has_resumed(self):
        """Without that node, in every partition."""
        return self.progress.has_resumed(ACKNOWLEDGED_WITHOUT_THE_NODE)

    def failover_s(self):
        """Seconds from the loss until the first value was acknowledged in partition 0 that was sent after it."""
        return self.progress.first_success("send", TOPIC, 0) - self._lost_at

    def healed(self, how, node):
        self._history.add(op="note", heal=how, node=node, ended=self._cluster.now())

    def finish(self, violations):
        """Everything is answered and read. What is stuck is added to the violations."""
        if not violations:
            try:
                wait_until(lambda: self._reader.got >= self.progress.succeeded // 2,
                           "the consumer gets the records")
            except Stuck as error:
                violations.append(str(error))
        for thread in (*self._senders, self._reader):
            thread.finish()
        violations += [f"stuck: {sender.unanswered} values of {sender.name} have no answer"
                       for sender in self._senders if sender.unanswered]
        failed = sum(sender.failed_producers for sender in self._senders)
        if failed:
            print(f"drill: {failed} producers ended with a fatal error and were replaced")
        lost = sum(sender.lost_producers for sender in self._senders)
        if lost:
            print(f"drill: {lost} producers kept to an old leader although they knew the new one, and were replaced")
        try:
            Reader(self._cluster, self._history, "final", self._partitions).read_all()
        except (Stuck, confluent_kafka.KafkaException) as error:
            violations.append(f"stuck: the log cannot be read: {error}")
        self._history.close()

    def end(self):
        """The threads are daemons: they end with the drill."""


class Sender(threading.Thread):
    """One idempotent producer after the other: numbered values over all partitions, at a steady rate.

    A producer ends with a fatal error, and the next one takes its place. librdkafka 2.0 has them when nodes are
    cut off: it sends a batch to the new leader while the one before it has still to time out at the old one,
    or goes back to an old leader that does not know yet that it is none. Either finds a gap in the sequence.

    Of a gap in one partition it may also make an epoch for all of them, and write once more in the others what has
    no answer yet: a duplicate, seldom, that no broker can know (its issue 4953). A producer for each partition would
    hear of nobody but the leader that is cut off, and stay with it.

    A lost one is replaced, too: of two metadata answers the older of which comes last, librdkafka may keep the
    old leader for good, although it knows the new one (librdkafka issues 3230 and 4976). Its statistics tell.
    """

    def __init__(self, cluster, history, name, partitions, rate):
        super().__init__(name=name, daemon=True)
        self.unanswered = 0
        self._cluster = cluster
        self._history = history
        self._partitions = partitions
        self._pause_s = 1 / rate
        self._stopping = threading.Event()
        self._number = 0
        self.failed_producers = 0
        self.lost_producers = 0
        self._astray_since = {}  # by partition: since when it has been sent to another node than its leader
        self._producer = self._make_producer()

    def _make_producer(self):
        return confluent_kafka.Producer(self._cluster.client_settings(**{
            "enable.idempotence": True, "acks": "all", "linger.ms": 5, "batch.num.messages": 50,
            "queue.buffering.max.messages": 5000, "retry.backoff.ms": 50, "message.timeout.ms": 120_000,
            "request.timeout.ms": 5000, "statistics.interval.ms": 1000, "stats_cb": self._see_statistics}))

    def _see_statistics(self, text):
        statistics = json.loads(text)
        leaders = {int(number): partition["leader"]
                   for number, partition in statistics["topics"].get(TOPIC, {}).get("partitions", {}).items()}
        sent_to = {part["partition"]: broker["nodeid"]
                   for broker in statistics["brokers"].values()
                   for part in broker["toppars"].values() if part["topic"] == TOPIC}
        self._astray_since = {partition: self._astray_since.get(partition, self._cluster.now())
                              for partition, node in sent_to.items()
                              if node > 0 and leaders[partition] > 0 and node != leaders[partition]}

    def _is_lost(self):
        return any(self._cluster.now() - since > LOST_AFTER_S for since in self._astray_since.values())

    def run(self):
        while not self._stopping.is_set():
            try:
                self._send()
                self._producer.poll(self._pause_s)
                if self._is_lost():
                    self.lost_producers += 1
                    self._replace_producer()
            except confluent_kafka.KafkaException:  # only fatal errors are thrown
                self.failed_producers += 1
                self._replace_producer()
        try:
            self._flush()
        except confluent_kafka.KafkaException:
            pass
        self._give_up()

    def _flush(self):
        deadline = time.monotonic() + STEP_TIMEOUT_S
        while unanswered := self._producer.flush(1):
            if self._is_lost():
                self.lost_producers += 1
                return
            if time.monotonic() > deadline:
                self.unanswered = unanswered
                return

    def _replace_producer(self):
        self._give_up()
        self._number = 0
        self._astray_since = {}
        self._producer = self._make_producer()

    def _give_up(self):
        """What has no answer gets one: unknown."""
        self._producer.purge()
        try:
            self._producer.flush(1)
        except confluent_kafka.KafkaException:
            self._producer.flush(1)  # the error is told once; the answers come all the same

    def finish(self):
        self._stopping.set()
        self.join()

    def _send(self):
        number = self._number
        producer = f"{self.name}.{self.failed_producers + self.lost_producers}"
        partition = number % self._partitions
        began = self._cluster.now()
        try:
            self._producer.produce(
                TOPIC, f"{producer} {number}", partition=partition,
                on_delivery=lambda error, message: self._answered(producer, number, began, error, message))
        except BufferError:
            return  # as much in flight as may be: the number is used later
        self._number += 1

    def _answered(self, producer, number, began, error, message):
        # librdkafka's Python client does not say whether a failed value was written all the same.
        outcome = {"result": "unknown", "error": str(error)} if error else {"result": "ok"}
        offset = None if error else message.offset()
        if offset is not None and offset >= 0:  # not known of a duplicate
            outcome["offset"] = offset
        self._history.add(op="send", producer=producer, number=number, partition=message.partition(),
                          value=message.value().decode(), began=began, ended=self._cluster.now(), **outcome)


class Reader(threading.Thread):
    """A consumer of all partitions from their starts, by assignment; it follows the log until finish()."""

    def __init__(self, cluster, history, name, partitions):
        super().__init__(name=name, daemon=True)
        self.got = 0
        self._cluster = cluster
        self._history = history
        self._partitions = partitions
        self._positions = {}  # by partition: the offset behind the last record
        self._stopping = threading.Event()
        self._consumer = None

    def _start(self):
        self._consumer = self._new_consumer()
        for partition in range(self._partitions):
            self._history.add(op="seek", consumer=self.name, partition=partition, offset=0)

    def _new_consumer(self):
        """At the positions that were reached."""
        consumer = confluent_kafka.Consumer(self._cluster.client_settings(**{
            "group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": "error",
            "check.crcs": True, "fetch.wait.max.ms": 100, "enable.partition.eof": False}))
        consumer.assign([confluent_kafka.TopicPartition(TOPIC, partition, self._positions.get(partition, 0))
                         for partition in range(self._partitions)])
        return consumer

    def run(self):
        self._start()
        while not self._stopping.is_set():
            self._take(self._consumer.poll(0.1))
        self._consumer.close()

    def finish(self):
        self._stopping.set()
        self.join()

    def read_all(self):
        """In the caller's thread: every partition to its end, as it is now."""
        self._start()
        marks = {partition: self._consumer.get_watermark_offsets(
            confluent_kafka.TopicPartition(TOPIC, partition), timeout=30)
            for partition in range(self._partitions)}
        missing = sum(end for _, end in marks.values())
        deadline = time.monotonic() + STEP_TIMEOUT_S
        while missing > 0:
            missing -= self._take(self._consumer.poll(0.1))
            if time.monotonic() > deadline:
                raise Stuck(f"stuck: {missing} records cannot be read")
        self._consumer.close()
        for partition, (start, end) in marks.items():
            self._history.add(op="end", consumer=self.name, partition=partition, log_start=start,
                              log_end=end)

    def _take(self, message):
        if message is None:
            return False
        if message.error():
            self._history.add(op="note", consumer=self.name, error=str(message.error()),
                              ended=self._cluster.now())
            if message.error().code() == confluent_kafka.KafkaError._AUTO_OFFSET_RESET:
                # An old leader that does not know it yet lacks the offset: ask on. By a new consumer, as
                # librdkafka 2.0 may abort when it is given an assignment while it leaves the last one.
                self._consumer.close()
                self._consumer = self._new_consumer()
            return False
        self.got += 1
        self._positions[message.partition()] = message.offset() + 1
        self._history.add(op="read", consumer=self.name, partition=message.partition(),
                          offset=message.offset(), value=message.value().decode(),
                          ended=self._cluster.now())
        return True

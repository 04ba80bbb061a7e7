#!/usr/bin/python3
"""A member of a group by a client in Python, until SIGTERM.

    group_member.py confluent_kafka|kafka BROKERS GROUP TOPIC…

Tells each record as `kcat -J` does, and each commit that was acknowledged; see client_processes.py.
"""

import json
import signal
import sys

is_stopping = False


def tell(**event):
    print(json.dumps(event), flush=True)


def confluent_kafka_member(brokers, group, topics):
    import confluent_kafka
    consumer = confluent_kafka.Consumer({
        "bootstrap.servers": brokers, "group.id": group, "auto.offset.reset": "earliest", "enable.auto.commit": False,
        "session.timeout.ms": 10000, "heartbeat.interval.ms": 500, "fetch.wait.max.ms": 50,
        "reconnect.backoff.max.ms": 500, "topic.metadata.refresh.interval.ms": 2000, "log_level": 0})
    consumer.subscribe(topics)
    is_behind = False
    while not is_stopping:
        for message in consumer.consume(100, 0.1):
            if message.error() is None:
                tell(topic=message.topic(), partition=message.partition(), offset=message.offset(),
                     payload=message.value().decode())
                is_behind = True
        if not is_behind:
            continue
        try:
            for each in consumer.commit(asynchronous=False):
                if each.error is None:
                    tell(topic=each.topic, partition=each.partition, committed=each.offset)
            is_behind = False
        except confluent_kafka.KafkaException as error:  # no coordinator, or a rebalance: the next one counts
            is_behind = error.args[0].code() != confluent_kafka.KafkaError._NO_OFFSET
    consumer.close()


def kafka_member(brokers, group, topics):
    import kafka
    import kafka.errors
    consumer = kafka.KafkaConsumer(
        *topics, bootstrap_servers=brokers.split(","), group_id=group, auto_offset_reset="earliest",
        enable_auto_commit=False, session_timeout_ms=10_000, heartbeat_interval_ms=500, reconnect_backoff_max_ms=500,
        retry_backoff_ms=50, request_timeout_ms=12_000, metadata_max_age_ms=2000, fetch_max_wait_ms=50)
    behind = set()
    while not is_stopping:
        for partition, records in consumer.poll(100).items():
            for record in records:
                tell(topic=record.topic, partition=record.partition, offset=record.offset,
                     payload=record.value.decode())
            behind.add(partition)
        behind &= consumer.assignment()
        if not behind:
            continue
        positions = {partition: consumer.position(partition) for partition in behind}
        try:
            consumer.commit()
        except kafka.errors.KafkaError:
            continue  # as above
        for (topic, partition), position in positions.items():
            tell(topic=topic, partition=partition, committed=position)
        behind.clear()
    consumer.close()


def stop(*_):
    global is_stopping
    is_stopping = True


def main():
    client, brokers, group, *topics = sys.argv[1:]
    signal.signal(signal.SIGTERM, stop)
    {"confluent_kafka": confluent_kafka_member, "kafka": kafka_member}[client](brokers, group, topics)


main()

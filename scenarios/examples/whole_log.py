"""Reads a topic from its start to its end, for the history: when nobody sends to it any more."""

import time

import confluent_kafka


def read_whole_log(settings, history, name, topic, partitions, give_up_s, **end):
    """The consumer's name is its own; `end` is told with each `end` event. False if it takes too long."""
    consumer = confluent_kafka.Consumer({
        **settings, "group.id": "unused", "enable.auto.commit": False, "auto.offset.reset": "error",
        "isolation.level": "read_committed", "enable.partition.eof": True})
    consumer.assign([confluent_kafka.TopicPartition(topic, partition, 0) for partition in range(partitions)])
    for partition in range(partitions):
        history.add(op="seek", consumer=name, topic=topic, partition=partition, offset=0)
    marks = [_watermarks(consumer, history, name, topic, partition, give_up_s) for partition in range(partitions)]
    positions = [0] * partitions
    deadline = time.monotonic() + give_up_s
    while any(position < log_end for position, (_, log_end) in zip(positions, marks)):
        if time.monotonic() > deadline:
            return False
        began = history.now()
        messages = consumer.consume(100, 0.1)
        history.polled(began, name, [message for message in messages if message.error() is None])
        for message in messages:
            if message.error() is None:
                positions[message.partition()] = message.offset() + 1
            elif message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF:
                positions[message.partition()] = message.offset()  # behind the markers of transactions, too
    consumer.close()
    for partition, (log_start, log_end) in enumerate(marks):
        history.add(op="end", consumer=name, topic=topic, partition=partition, log_start=log_start, log_end=log_end,
                    position=positions[partition], **end)
    return True


def _watermarks(consumer, history, name, topic, partition, give_up_s):
    began = history.now()
    start, end = consumer.get_watermark_offsets(confluent_kafka.TopicPartition(topic, partition), timeout=give_up_s)
    history.ended(began, op="watermarks", client=name, topic=topic, partition=partition, log_start=start,
                  last_stable_offset=end)
    return start, end

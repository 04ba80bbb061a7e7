"""The file that the examples beside it write: scenarios/HISTORY.md says what stands in it."""

import json
import threading
import time

HEAD = {"format": "gregor-history", "version": 2, "acks": "all", "enable.idempotence": True,
        "unclean.leader.election.enable": False, "isolation.level": "read_committed"}


def outcome_of(error, message):
    """Of a send, as its delivery report says."""
    if error:  # it may have been written all the same; the client does not tell apart what never left it
        return {"result": "unknown", "error": str(error)}
    offset = message.offset()
    if offset is None or offset < 0:  # not known of a value whose first answer was lost
        return {"result": "ok"}
    return {"result": "ok", "offset": offset}


class History:
    """Written by any thread; events stand in the order in which they ended, each line at once in the file."""

    def __init__(self, path, **settings):
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._file = open(path, "w", encoding="utf-8", buffering=1)
        self.add(**HEAD, **settings)

    def now(self):
        return round(time.monotonic() - self._began, 6)

    def add(self, **event):
        with self._lock:
            self._file.write(json.dumps(event) + "\n")

    def ended(self, began, **event):
        """An operation that ends now."""
        with self._lock:
            self._file.write(json.dumps({**event, "began": began, "ended": self.now()}) + "\n")

    def polled(self, began, consumer, messages, **more):
        """What one poll gave, of each partition."""
        polled = {}
        for message in messages:
            record = [message.offset(), message.value().decode()]
            if message.key() is not None:
                record += [message.key().decode(), message.timestamp()[1]]
            polled.setdefault((message.topic(), message.partition()), []).append(record)
        for (topic, partition), records in polled.items():
            self.ended(began, op="poll", consumer=consumer, topic=topic, partition=partition, records=records, **more)

    def close(self):
        self._file.close()

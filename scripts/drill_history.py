"""The history of a drill: a file as scenarios/HISTORY.md says, and what is asked of it while it grows.

Times are seconds since the drill began: of a send when it `began`, of each event when it `ended`. Sends are
idempotent with acks=all; faults and errors are notes.
"""

import json
import math
import threading

HEAD = {"format": "gregor-history", "version": 2, "acks": "all", "enable.idempotence": True,
        "unclean.leader.election.enable": False, "min.insync.replicas": 2}


class History:
    """Events as they happen, from any thread."""

    def __init__(self, path, topic):
        self.path = path
        self.longest_silence = 0.0  # seconds between two acknowledgements in a row
        self._topic = topic
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._last_answer = math.inf
        self._watched_since = math.inf
        self._first_answers = {}  # by partition: when a value was first acknowledged that was sent since then
        self._write(HEAD)

    def add(self, **event):
        with self._lock:
            self._write(event)

    def sent(self, *, partition, began, ended, result, **event):
        with self._lock:
            if result == "ok":
                if began >= self._watched_since:
                    self._first_answers.setdefault(partition, ended)
                self.longest_silence = max(self.longest_silence, ended - self._last_answer)
                self._last_answer = ended
            self._write({"op": "send", **event, "partition": partition, "result": result, "began": began,
                         "ended": ended})

    def watch_since(self, instant):
        """From now on first_answers() is about values that are sent after this instant."""
        with self._lock:
            self._watched_since = instant
            self._first_answers = {}

    def first_answers(self):
        """By partition, when the first of them was acknowledged; not those where none was."""
        with self._lock:
            return dict(self._first_answers)

    def close(self):
        self._file.close()

    def _write(self, event):
        if "partition" in event:
            event = {**event, "topic": self._topic}
        self._file.write(json.dumps(event) + "\n")

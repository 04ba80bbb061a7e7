"""The history of a drill: a file as scenarios/HISTORY.md says, and what is asked of it while it grows.

The drill's own load writes one (History); a program of the user's writes its own, which is followed
(FollowedHistory). Either tells its Progress of each event. Times are seconds of the writer's clock.
"""

import json
import math
import threading

HEAD = {"format": "gregor-history", "version": 2, "acks": "all", "enable.idempotence": True,
        "unclean.leader.election.enable": False, "min.insync.replicas": 2}
# What clients do again and again. A step is one of them with its topic and partition, if it has one.
STEPS = ("send", "send_offsets", "offset_commit", "commit")


class Progress:
    """What the clients' steps say of the cluster: any thread tells, any thread asks."""

    def __init__(self):
        self.succeeded = 0
        self.longest_silence = 0.0  # seconds between two successes in a row
        self._lock = threading.Lock()
        self._last_success = math.inf
        self._steps = set()  # those that ever succeeded
        self._awaited = set()
        self._watched_since = math.inf
        self._since = {}  # by step: when the first one ended in success that began since then
        self._succeeded_before = 0

    def see(self, event):
        if event.get("op") not in STEPS or event.get("result") != "ok":
            return
        step = (event["op"], event.get("topic"), event.get("partition"))
        began, ended = event["began"], event["ended"]
        with self._lock:
            self.succeeded += 1
            self._steps.add(step)
            if began >= self._watched_since:
                self._since.setdefault(step, ended)
            self.longest_silence = max(self.longest_silence, ended - self._last_success)
            self._last_success = ended

    def watch_since(self, instant):
        """From now on the questions below are about steps that begin after this instant."""
        with self._lock:
            self._watched_since = instant
            self._awaited = set(self._steps)
            self._since = {}
            self._succeeded_before = self.succeeded

    def has_resumed(self, least):
        """So much succeeded since then, and each step that ever did."""
        with self._lock:
            return (self.succeeded - self._succeeded_before >= least
                    and self._awaited <= self._since.keys())

    def first_success(self, op, topic, partition):
        """When the first of them ended; one that has not is an error."""
        with self._lock:
            return self._since[op, topic, partition]

    def steps(self):
        with self._lock:
            return len(self._steps)


class History:
    """Events as they happen, from any thread. Sends are idempotent with acks=all; faults and errors are notes."""

    def __init__(self, path, topic):
        self.path = path
        self.progress = Progress()
        self._topic = topic
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._write(HEAD)

    def add(self, **event):
        if "partition" in event:
            event["topic"] = self._topic
        with self._lock:
            self._write(event)
            self.progress.see(event)

    def close(self):
        self._file.close()

    def _write(self, event):
        self._file.write(json.dumps(event) + "\n")


class FollowedHistory:
    """A file that another process writes; a line without its end is not there yet."""

    def __init__(self, path):
        self.path = path
        self.progress = Progress()
        self.first_topic = None
        self.first_group = None
        self.first_transactional_id = None
        self.lines = 0
        self._read = 0  # bytes, all of whole lines
        self._waits_for_instant = False

    def read_on(self):
        """Everything that has been written by now. ValueError if that is no history."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text[:text.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.splitlines():
            self.lines += 1
            try:
                self._take(json.loads(line))
            except (ValueError, KeyError, AttributeError, TypeError) as error:
                raise ValueError(f"{self.path}:{self.lines}: the drill cannot follow this: {error!r}") from None

    def watch_since_now(self):
        """Now, on the writer's clock, is not before the next event in the file ended."""
        self.read_on()
        self.progress.watch_since(math.inf)
        self._waits_for_instant = True

    def _take(self, event):
        if self._waits_for_instant and "ended" in event:
            self._waits_for_instant = False
            self.progress.watch_since(event["ended"])
        self.first_topic = self.first_topic or event.get("topic")
        self.first_group = self.first_group or event.get("group")
        self.first_transactional_id = self.first_transactional_id or event.get("transactional_id")
        self.progress.see(event)

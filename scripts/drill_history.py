"""The history of a drill, and its verdict.

A history is a file of JSON lines, one an event, in the order in which they ended. Times are seconds since
the drill began.

    {"op": "send", "process": "p0", "partition": 3, "value": "p0 17", "began": 1.20, "ended": 1.31,
     "result": "ok", "offset": 5}           fail: it was not written; unknown: nobody can say
    {"op": "poll", "process": "c0", "partition": 3, "value": "p0 17", "ended": 1.35, "result": "ok",
     "offset": 5}
    {"op": "fault", "kind": "kill", "node": 2, "why": "leader of 0", "ended": 2.00}
    {"op": "heal", "node": 2, "ended": 9.00}

A value is its sender and a number that the sender never uses twice and that grows. Process "final" reads
every partition from its start to its end once all faults are over: what it finds is the log. Then:

    lost         acknowledged, and not in the log, or at another offset than was said
    duplicated   one value at two offsets
    reordered    a sender's values in the log of a partition, not in the order of its sends
    invented     in the log, though nobody sent it, or its sender was told that it failed
    diverged     a consumer got another value at an offset than the log has there
    skipped      a consumer's next record is not at the next offset
"""

import collections
import json
import threading


class History:
    """Events as they happen, from any thread."""

    def __init__(self, path):
        self.events = []
        self._file = open(path, "w", encoding="utf-8")
        self._lock = threading.Lock()

    def add(self, **event):
        with self._lock:
            self.events.append(event)
            self._file.write(json.dumps(event) + "\n")

    def count(self, op, **fields):
        with self._lock:
            return sum(event["op"] == op and all(event.get(key) == value for key, value in fields.items())
                       for event in self.events)

    def close(self):
        self._file.close()


def read_history(path):
    """ValueError if a line is not an event."""
    events = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                event = json.loads(line)
                event["op"]  # pylint: disable=pointless-statement
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{path}:{number}: not an event") from None
            events.append(event)
    return events


def judge(events):
    """What is wrong, one sentence each; empty if nothing is."""
    sends = [event for event in events if event["op"] == "send"]
    polls = [event for event in events if event["op"] == "poll" and event["result"] == "ok"]
    log = {(poll["partition"], poll["offset"]): poll["value"] for poll in polls if poll["process"] == "final"}
    return [*lost(sends, log), *duplicated(log), *reordered(log), *invented(sends, log),
            *diverged(polls, log), *skipped(polls)]


def lost(sends, log):
    places = {(partition, value) for (partition, _), value in log.items()}
    for send in sends:
        if send["result"] != "ok":
            continue
        partition, offset, value = send["partition"], send["offset"], send["value"]
        if (partition, value) not in places:
            yield f"lost: {value!r}, acknowledged at {send['ended']:.3f}s for offset {offset} of partition " \
                  f"{partition}"
        elif offset >= 0 and log.get((partition, offset)) != value:  # a duplicate's offset may be unknown
            yield f"lost: {value!r} was acknowledged for offset {offset} of partition {partition}, where " \
                  f"{log.get((partition, offset))!r} is"


def duplicated(log):
    places = collections.defaultdict(list)
    for place, value in sorted(log.items()):
        places[value].append(place)
    for value, found in places.items():
        if len(found) > 1:
            yield f"duplicated: {value!r} is at {', '.join(f'{p}:{offset}' for p, offset in found)}"


def reordered(log):
    last = {}
    for (partition, offset), value in sorted(log.items()):
        sender, number = value.split()
        before = last.get((partition, sender), -1)
        if int(number) < before:
            yield f"reordered: {value!r} at {partition}:{offset} comes behind number {before}"
        last[partition, sender] = max(before, int(number))


def invented(sends, log):
    results = {(send["partition"], send["value"]): send["result"] for send in sends}
    for (partition, offset), value in sorted(log.items()):
        result = results.get((partition, value), "never sent")
        if result not in ("ok", "unknown"):
            yield f"invented: {value!r} at {partition}:{offset}: {result}"


def diverged(polls, log):
    for poll in polls:
        found = log.get((poll["partition"], poll["offset"]))
        if found != poll["value"]:
            yield f"diverged: {poll['process']} got {poll['value']!r} at {poll['partition']}:" \
                  f"{poll['offset']}, where {found!r} is now"


def skipped(polls):
    following = {}
    for poll in polls:
        reader = poll["process"], poll["partition"]
        expected = following.get(reader, 0)
        if poll["offset"] != expected:
            yield f"skipped: {poll['process']} got offset {poll['offset']} of partition " \
                  f"{poll['partition']} in place of {expected}"
        following[reader] = poll["offset"] + 1


def longest_silence(events):
    """Seconds between two acknowledgements in a row."""
    times = sorted(event["ended"] for event in events if event["op"] == "send" and event["result"] == "ok")
    return max((b - a for a, b in zip(times, times[1:])), default=0.0)

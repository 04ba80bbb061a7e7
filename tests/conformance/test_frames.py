"""Bytes that no client should send, on a real socket; and many connections that send nothing."""

import pathlib
import select
import socket
import struct
import unittest

from harness import Gregord, main, raise_open_files, resident_bytes, run_kcat, wait_until

TIMEOUT_S = 10
IDLE_CONNECTIONS = 10_000
RESIDENT_BYTES_PER_CONNECTION = 24 * 1024

API_VERSIONS = 18
METADATA = 3
UNSUPPORTED_VERSION = 35
NO_TAGGED_FIELDS = b"\0"


def frame(body):
    return struct.pack(">i", len(body)) + body


def request(api_key, version, correlation_id, body=b""):
    """A request with header version 1 and client id "raw"."""
    return frame(struct.pack(">hhih3s", api_key, version, correlation_id, 3, b"raw") + body)


def receive_exactly(connection, size):
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            raise EOFError(f"closed after {len(data)} of {size} bytes")
        data += chunk
    return data


def receive_frame(connection):
    (size,) = struct.unpack(">i", receive_exactly(connection, 4))
    return receive_exactly(connection, size)


def open_sockets(broker):
    folder = pathlib.Path(f"/proc/{broker.process.pid}/fd")
    count = 0
    for entry in folder.iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except FileNotFoundError:
            pass
    return count


class Frames(unittest.TestCase):
    def setUp(self):
        self.broker = self.enterContext(Gregord())

    def connect(self):
        connection = socket.create_connection(("127.0.0.1", self.broker.port), TIMEOUT_S)
        self.addCleanup(connection.close)
        return connection

    def assert_closed(self, connection):
        try:
            self.assertEqual(b"", connection.recv(1))
        except ConnectionResetError:
            pass

    def assert_serves(self):
        self.assertTrue(self.broker.running)
        with socket.create_connection(("127.0.0.1", self.broker.port), TIMEOUT_S) as connection:
            connection.sendall(request(API_VERSIONS, 0, 77))
            self.assertEqual(struct.pack(">ih", 77, 0), receive_frame(connection)[:6])

    def assert_refused(self, data):
        connection = self.connect()
        connection.sendall(data)
        self.assert_closed(connection)
        self.assert_serves()

    def test_a_frame_above_the_limit_closes_the_connection_before_it_is_read(self):
        before = resident_bytes(self.broker)
        self.assert_refused(struct.pack(">i", 104857601) + b"x")
        self.assert_refused(struct.pack(">i", 0x7FFFFFFF))
        self.assertLess(resident_bytes(self.broker) - before, 50 << 20)

    def test_the_limit_of_a_frame_is_socket_request_max_bytes(self):
        with Gregord({"socket.request.max.bytes": 1000}) as self.broker:
            self.assert_refused(struct.pack(">i", 1001))

    def test_an_announced_frame_is_not_paid_for_before_it_arrives(self):
        before = resident_bytes(self.broker)
        connections = [self.connect() for _ in range(20)]
        for connection in connections:
            connection.sendall(struct.pack(">i", 100 << 20) + b"x")
        self.assert_serves()
        self.assertLess(resident_bytes(self.broker) - before, 100 << 20)

    def test_a_negative_or_an_empty_length_closes_the_connection(self):
        self.assert_refused(struct.pack(">i", -1))
        self.assert_refused(struct.pack(">i", -0x80000000))
        self.assert_refused(struct.pack(">i", 0))

    def test_a_frame_that_is_shorter_than_a_header_closes_the_connection(self):
        for size in range(1, 10):
            with self.subTest(size=size):
                self.assert_refused(frame(request(METADATA, 0, 1)[4:4 + size]))

    def test_half_a_request_and_then_a_close_leaves_nothing_behind(self):
        idle = open_sockets(self.broker)
        whole = request(METADATA, 0, 1, struct.pack(">i", 0))
        for size in range(1, len(whole)):
            with socket.create_connection(("127.0.0.1", self.broker.port), TIMEOUT_S) as connection:
                connection.sendall(whole[:size])
        self.assert_serves()
        wait_until(lambda: open_sockets(self.broker) <= idle, "the sockets are closed")

    def test_a_request_in_many_small_pieces_is_one_request(self):
        connection = self.connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request(API_VERSIONS, 0, 5):
            connection.sendall(bytes([byte]))
        self.assertEqual(struct.pack(">ih", 5, 0), receive_frame(connection)[:6])

    def test_requests_in_one_piece_are_answered_in_order(self):
        connection = self.connect()
        connection.sendall(b"".join(request(API_VERSIONS, 0, i) for i in range(200)))
        for i in range(200):
            self.assertEqual(struct.pack(">ih", i, 0), receive_frame(connection)[:6])

    def test_an_unknown_api_closes_the_connection(self):
        for api_key in (-1, 9999, 0x7FFF):
            with self.subTest(api_key=api_key):
                self.assert_refused(request(api_key, 0, 1))

    def test_an_unknown_version_closes_the_connection(self):
        self.assert_refused(request(METADATA, 99, 1))
        self.assert_refused(request(METADATA, -1, 1))

    def test_an_unknown_version_of_api_versions_is_answered_in_version_0(self):
        connection = self.connect()
        connection.sendall(request(API_VERSIONS, 99, 8, NO_TAGGED_FIELDS))
        answer = receive_frame(connection)
        correlation_id, error, count = struct.unpack(">ihi", answer[:10])
        self.assertEqual((8, UNSUPPORTED_VERSION), (correlation_id, error))
        keys = {struct.unpack(">hhh", answer[10 + 6 * i:16 + 6 * i])[0] for i in range(count)}
        self.assertIn(API_VERSIONS, keys)
        connection.sendall(request(API_VERSIONS, 0, 9))
        self.assertEqual(struct.pack(">ih", 9, 0), receive_frame(connection)[:6])

    def test_an_array_longer_than_the_request_closes_the_connection(self):
        before = resident_bytes(self.broker)
        self.assert_refused(request(METADATA, 0, 1, struct.pack(">i", 0x7FFFFFFF)))
        self.assertLess(resident_bytes(self.broker) - before, 50 << 20)

    def test_a_client_that_never_reads_does_not_stop_the_others(self):
        connection = self.connect()
        connection.setblocking(False)
        requests = b"".join(request(API_VERSIONS, 0, i) for i in range(10_000))
        sent = 0
        while sent < 100 * len(requests):
            try:
                sent += connection.send(requests[sent % len(requests):])
            except BlockingIOError:
                self.assert_serves()
                if not select.select([], [connection], [], 0.2)[1]:
                    break
        self.assert_serves()
        self.assertLess(resident_bytes(self.broker), 300 << 20)


class IdleConnections(unittest.TestCase):
    def test_ten_thousand_cost_less_than_24_kib_each(self):
        raise_open_files(IDLE_CONNECTIONS + 1000)
        with Gregord() as broker:
            before = resident_bytes(broker)
            sockets = open_sockets(broker)
            connections = []
            try:
                for _ in range(IDLE_CONNECTIONS):
                    connections.append(
                        socket.create_connection(("127.0.0.1", broker.port), TIMEOUT_S))
                wait_until(lambda: open_sockets(broker) >= sockets + IDLE_CONNECTIONS, "accepted")
                fresh = (resident_bytes(broker) - before) / IDLE_CONNECTIONS
                for i, connection in enumerate(connections):
                    connection.sendall(request(API_VERSIONS, 0, i))
                for i, connection in enumerate(connections):
                    self.assertEqual(struct.pack(">ih", i, 0), receive_frame(connection)[:6])
                used = (resident_bytes(broker) - before) / IDLE_CONNECTIONS
                print(f"resident bytes per connection: {fresh:.0f} fresh, {used:.0f} after a request")
                self.assertLess(fresh, RESIDENT_BYTES_PER_CONNECTION)
                self.assertLess(used, RESIDENT_BYTES_PER_CONNECTION)
                run_kcat(broker, "-L")
            finally:
                for connection in connections:
                    connection.close()
            wait_until(lambda: open_sockets(broker) <= sockets, "all connections are closed")


if __name__ == "__main__":
    main()

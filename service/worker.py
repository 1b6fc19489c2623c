"""A gunicorn worker that gives a request a thread only once it has arrived.

gunicorn's threaded worker reads a request in a thread, for as long as the caller likes: two hundred
callers that send half a request stop it, and so do callers that keep their end of a finished
connection open. Here the main loop gathers what arrives, which costs nothing while it waits, and
gives up what does not arrive in time. A full queue is told 503 at the door.
"""

import re
import struct
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_WR, SO_SNDTIMEO, SOL_SOCKET, socket
from typing import Any

from gunicorn.workers.gthread import TConn  # type: ignore[import-untyped]

from service.arriving import gathered
from service.health import leaving
from service.lane import Lane
from service.requests import GATHERED_BYTES
from service.sharing import SharingWorker

HEAD_END = b"\r\n\r\n"
LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,18})[ \t]*\r$")
CHUNKED = re.compile(rb"(?im)^transfer-encoding:")
EXPECTING = re.compile(rb"(?im)^expect:[ \t]*100-continue")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
LAST_CHUNK = re.compile(rb"\r\n0+[ \t]*(?:;[^\r\n]*)?\r\n(?:[^\r\n]+\r\n)*\r\n\Z")
TRAILERS_BYTES = 1024
PIECE_BYTES = 64 * 1024
ARRIVAL_SECONDS = 15
"""From the first byte to the last that is gathered: a phone on a bad line manages."""
LINGER_SECONDS = 2
"""How long a caller may take to close its end, so that it reads the answer before a reset."""
SEND_TIMEOUT = struct.pack("@ll", 10, 0)
"""Seconds and microseconds without a byte read at the other end, before an answer is given up.
The system counts them: with a timeout of Python's every send is two calls, and four changes of
thread."""
QUEUE_MAX = 256
"""Requests of a worker that wait for a thread."""

REFUSALS = {
    408: (b"Request Timeout", b"too-slow", b"The body took too long to arrive", b""),
    503: (b"Service Unavailable", b"busy", b"The service is busy", b"Retry-After: 1\r\n"),
}


class Connection(TConn):  # type: ignore[misc]
    """A connection, and what has arrived of its next request."""

    def __init__(self, worker: "PatientWorker", *args: Any) -> None:
        super().__init__(worker.cfg, *args)
        self.worker = worker
        self.sock.setsockopt(SOL_SOCKET, SO_SNDTIMEO, SEND_TIMEOUT)
        self.await_request()

    def await_request(self, early: bytes = b"") -> None:
        """Nothing has arrived, or what came with the last request."""
        self.gathered = bytearray(early)
        self.head_bytes = self.body_bytes = 0
        self.chunked = self.whole = False

    def read_head(self, end: int) -> None:
        """How its body is delimited, and what it waits for."""
        self.head_bytes = end + len(HEAD_END)
        length = LENGTH.search(self.gathered, 0, self.head_bytes)
        self.body_bytes = int(length.group(1)) if length else 0
        self.chunked = CHUNKED.search(self.gathered, 0, self.head_bytes) is not None
        if not self.is_whole() and EXPECTING.search(self.gathered, 0, self.head_bytes):
            with suppress(OSError):  # whoever is gone is noticed when nothing more arrives
                self.sock.send(CONTINUE)

    def has_arrived(self) -> bool:
        """Whether a thread need not wait for it, or must since it is too much to keep here."""
        if not self.head_bytes:
            end = self.gathered.find(HEAD_END)
            if end >= 0:
                self.read_head(end)
        self.whole = self.head_bytes > 0 and self.is_whole()
        return self.whole or len(self.gathered) - self.head_bytes >= GATHERED_BYTES

    def is_whole(self) -> bool:
        """Whether the body is all there."""
        if self.chunked:
            tail = max(self.head_bytes - len(HEAD_END), len(self.gathered) - TRAILERS_BYTES)
            return LAST_CHUNK.search(self.gathered, tail) is not None
        return len(self.gathered) >= self.head_bytes + self.body_bytes

    def ready(self) -> None:
        """Hand what was gathered to gunicorn's parser."""
        self.init()
        self.parser.unreader.unread(bytes(self.gathered))
        self.gathered.clear()
        self.data_ready = True

    def close(self, graceful: bool = False) -> None:
        """Without waiting for the other end in the main loop, as gunicorn's own does."""
        if graceful and self.worker.linger(self):
            return
        super().close()


class PatientWorker(SharingWorker):
    """Gathers requests in the main loop, and answers them in threads."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lingering: deque[Connection] = deque()

    def get_thread_pool(self) -> Lane:
        """A lane in its place."""
        return Lane(self.cfg.threads)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """SIGTERM: say so at /readyz, and finish what was taken."""
        leaving.set()
        super().handle_exit(sig, frame)

    def set_accept_enabled(self, enabled: bool) -> None:
        """Accept or not; the last time, take what the system has accepted for us meanwhile."""
        super().set_accept_enabled(enabled)
        if leaving.is_set() and not self.alive and not enabled:
            for listener in self.sockets:
                self.take_last(listener)

    def take_last(self, listener: socket) -> None:
        """Everybody in the system's queue, whom closing it would turn away unheard."""
        listener.setblocking(False)
        for _ in range(self.cfg.backlog):
            if not self.take_in(listener):
                break
        listener.close()

    def handle(self, conn: Connection) -> Any:
        """Answer a request, in a thread that knows whether it can still have to wait for it."""
        gathered.whole = conn.whole
        return super().handle(conn)

    def take_in(self, listener: socket) -> bool:
        """Take a connection, and what it has sent already; whether there was one."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return False
        self.nr_conns += 1
        self.taken_in_at = time.monotonic()
        conn = Connection(self, client, address, listener.getsockname())
        if self.cfg.is_ssl:  # nothing can be read before a handshake, which takes a thread
            self.enqueue_req(conn)
        else:
            self.gather(conn)
        return True

    def on_client_socket_readable(self, conn: Connection, client: socket) -> None:
        """The next request on a connection that was kept alive."""
        if self.cfg.is_ssl:
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        conn.await_request()
        self.gather(conn)

    def finish_request(self, conn: Connection, done: "Future[bool]") -> None:
        """Keep the connection or not; what came too early of a next request waits here too."""
        self.has_answered()
        kept = not done.cancelled() and done.exception() is None and done.result() is True
        if kept and not self.cfg.is_ssl and (early := conn.parser.unreader.take_buffered()):
            conn.sock.setblocking(False)
            conn.await_request(early)
            if not self.dispatch(conn):
                self.wait_for(conn)
            return
        super().finish_request(conn, done)

    def gather(self, conn: Connection) -> None:
        """Begin to gather a request."""
        if not self.take(conn):
            self.wait_for(conn)

    def wait_for(self, conn: Connection) -> None:
        """Come back when more has arrived."""
        conn.timeout = time.monotonic() + ARRIVAL_SECONDS
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.go_on, conn))

    def go_on(self, conn: Connection, client: socket) -> None:
        """More has arrived."""
        if self.take(conn):
            self.pending_conns.remove(conn)

    def take(self, conn: Connection) -> bool:
        """Take what there is of a request; whether nothing more has to be waited for."""
        try:
            piece = conn.sock.recv(PIECE_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            piece = b""
        if not piece:
            self.leave(conn)
            return True
        conn.gathered += piece
        return self.dispatch(conn)

    def dispatch(self, conn: Connection) -> bool:
        """Give a request that has arrived to a thread, if not too many wait for one."""
        if not conn.has_arrived():
            return False
        self.forget(conn)
        if self.tpool.waiting() >= QUEUE_MAX:
            self.refuse(conn, 503)
        else:
            conn.ready()
            self.enqueue_req(conn)
        return True

    def murder_pending(self) -> None:
        """Once a second and after events: keep the lane moving, and give up what is late.

        Tell 408 to what took too long; nothing to a connection that has sent nothing."""
        self.tpool.look_after()
        while self.pending_conns and self.pending_conns[0].timeout < time.monotonic():
            conn = self.pending_conns.popleft()
            if conn.gathered:
                self.refuse(conn, 408)
            else:
                self.leave(conn)
        while self.lingering and self.lingering[0].timeout < time.monotonic():
            self.end(self.lingering.popleft())

    def refuse(self, conn: Connection, status: int) -> None:
        """An answer without a thread; whoever does not read it does not get it."""
        self.forget(conn)
        self.nr_conns -= 1
        try:
            conn.sock.send(refusal(status))
        except OSError:
            conn.close()
        else:
            conn.close(graceful=True)

    def leave(self, conn: Connection) -> None:
        """The other end is gone."""
        self.forget(conn)
        self.nr_conns -= 1
        conn.close()

    def linger(self, conn: Connection) -> bool:
        """Send the last of it, and let the other end close first; False if there is no room."""
        if self.cfg.is_ssl or not self.alive or len(self.lingering) >= self.worker_connections:
            return False
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(SHUT_WR)
        except OSError:
            return False
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self.lingering.append(conn)
        self.poller.register(conn.sock, EVENT_READ, partial(self.drain, conn))
        return True

    def drain(self, conn: Connection, client: socket) -> None:
        """Throw away what still arrives, until the other end closes."""
        try:
            if client.recv(PIECE_BYTES):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.lingering.remove(conn)
        self.end(conn)

    def end(self, conn: Connection) -> None:
        """Close a connection that has lingered."""
        self.forget(conn)
        conn.close()

    def forget(self, conn: Connection) -> None:
        """Watch it no longer."""
        if conn.sock in self.poller.get_map():
            self.poller.unregister(conn.sock)


def refusal(status: int) -> bytes:
    """The bytes of a problem document."""
    phrase, kind, title, header = REFUSALS[status]
    body = b'{"type":"/problems#%s","title":"%s","status":%d,"detail":"%s","errors":[]}'
    body %= (kind, title, status, title)
    head = b"HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nConnection: close\r\n"
    head %= (status, phrase)
    return head + header + b"Content-Length: %d\r\n\r\n" % len(body) + body

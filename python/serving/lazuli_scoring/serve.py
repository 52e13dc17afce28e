"""The sockets: frames in by one, frames out by another, one request after the other.

A frame is twelve bytes (length of the rest, kind, a byte unused, status, number) and the rest. A request's and an
answer's rest is four bytes of length, so many bytes of head (`name: value` lines; a request's first line is its method
and target) and the body. Numbers are big-endian.
"""
import gc
import os
import select
import signal
import socket
import struct
import sys
import traceback

from . import lines

REQUEST, ANSWER, BEGIN, CHUNK, END, BROKEN, CANCEL, PING, PONG = range(1, 10)
_HEADER = struct.Struct(">IBxHI")
_LENGTH = struct.Struct(">I")
_READ = 1 << 18


def listen(folder, name):
    """The path of a socket is short in the kernel's eyes, and a data directory's may be long: so it is bound from there."""
    before = os.getcwd()
    os.chdir(folder)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        os.unlink(name)
    except OSError:
        pass
    listener.bind(name)
    listener.listen(8)
    os.chdir(before)
    return listener


def forever(listener, model, settings):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # What the model keeps is not looked through again by every collection.
    gc.collect()
    gc.freeze()
    lines.log("I", "azmlinfsrv", "Worker with pid %d ready for serving traffic" % os.getpid())
    while True:
        requests, answers = accept(listener, settings.get("orphanSeconds", 30))
        try:
            _Connection(requests, answers, model).run()
        except OSError:
            pass  # the server went away; another one may come
        finally:
            requests.close()
            answers.close()
            lines.flush()


def accept(listener, patience):
    """The two connections of a server: one for its requests, then one for the answers."""
    requests = None
    while True:
        ready = select.select([listener] + ([requests] if requests else []), [], [], patience)[0]
        if not ready:
            lines.log("I", "azmlinfsrv", "No server has been connected for a while: the worker ends")
            sys.exit(0)
        if requests in ready and not requests.recv(1, socket.MSG_PEEK):
            # That server has ended in between: what comes next is the first of another's.
            requests.close()
            requests = None
        elif requests is None:
            requests = listener.accept()[0]
        elif listener in ready:
            return requests, listener.accept()[0]


class _Connection:
    def __init__(self, requests, answers, model):
        self.requests, self.answers, self.model = requests, answers, model
        self.buffer, self.position = b"", 0
        # Frames that were read while an answer was streamed.
        self.waiting = []

    def run(self):
        score = self.model.score
        send = self.answers.sendall
        while True:
            frame = self.waiting.pop(0) if self.waiting else self.frame()
            if frame is None:
                return
            kind, number, rest = frame
            if kind == REQUEST:
                end = 4 + _LENGTH.unpack_from(rest)[0]
                status, head, body = score(rest[4:end], rest[end:])
                if type(body) is bytes:
                    send(
                        _HEADER.pack(4 + len(head) + len(body), ANSWER, status, number)
                        + _LENGTH.pack(len(head))
                        + head
                        + body
                    )
                else:
                    self.stream(number, status, head, body)
            elif kind == PING:
                send(_HEADER.pack(0, PONG, 0, number))

    def stream(self, number, status, head, parts):
        """Sends an answer as the script makes it, until its reader has gone away."""
        send = self.answers.sendall
        send(_HEADER.pack(4 + len(head), BEGIN, status, number) + _LENGTH.pack(len(head)) + head)
        try:
            for part in parts:
                if isinstance(part, str):
                    part = part.encode("utf-8")
                if part:
                    send(_HEADER.pack(len(part), CHUNK, 0, number) + part)
                if self.is_cancelled(number):
                    send(_HEADER.pack(0, BROKEN, 0, number))
                    return
        except OSError:
            raise
        except BaseException:
            lines.log("E", "azmlinfsrv", "Encountered Exception: " + traceback.format_exc().rstrip())
            send(_HEADER.pack(0, BROKEN, 0, number))
            return
        finally:
            close = getattr(parts, "close", None)
            if close:
                close()
        send(_HEADER.pack(0, END, 0, number))

    def is_cancelled(self, number):
        while select.select([self.requests], [], [], 0)[0]:
            frame = self.frame()
            if frame is None:
                raise ConnectionResetError
            if frame[0] != CANCEL:
                self.waiting.append(frame)
            elif frame[1] == number:
                return True
        return False

    def frame(self):
        """The next frame: its kind, number and rest; None where the other side has closed."""
        buffer, at = self.buffer, self.position
        while True:
            have = len(buffer) - at
            if have >= 12:
                length, kind, _, number = _HEADER.unpack_from(buffer, at)
                if have >= 12 + length:
                    at += 12
                    self.buffer, self.position = buffer, at + length
                    return kind, number, buffer[at : at + length]
                if length > _READ:
                    return kind, number, self.large(buffer, at + 12, length)
            lines.flush()
            more = self.requests.recv(_READ)
            if not more:
                return None
            buffer, at = (buffer[at:] + more, 0) if have else (more, 0)
            self.buffer, self.position = buffer, at

    def large(self, buffer, at, length):
        whole = bytearray(length)
        have = len(buffer) - at
        whole[:have] = buffer[at:]
        view = memoryview(whole)
        while have < length:
            got = self.requests.recv_into(view[have:])
            if not got:
                raise ConnectionResetError
            have += got
        self.buffer, self.position = b"", 0
        return bytes(whole)

"""The log of a worker, in the form of Microsoft's inference server: time, level, process, logger, message.

Lines of requests are collected and written together: one write a line would cost a fifth of a fast model's time.
"""
import builtins
import logging
import os
import sys
import time

_PID = os.getpid()
_waiting = []
_second = -1
_stamp = ""
_print = builtins.print


def _prefix(level, name):
    global _second, _stamp
    now = time.time()
    second = int(now)
    if second != _second:
        _second, _stamp = second, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
    return "%s,%03d %s [%d] %s - " % (_stamp, (now - second) * 1000, level, _PID, name)


def add(message):
    """A line of a request; written with the next flush."""
    _waiting.append(_prefix("I", "azmlinfsrv") + message + "\n")
    if len(_waiting) > 500:
        flush()


def log(level, name, message):
    _waiting.append(_prefix(level, name) + message + "\n")
    flush()


def flush():
    if not _waiting:
        return
    text = "".join(_waiting)
    del _waiting[:]
    try:
        # Past sys.stdout, which a script may have replaced, and which costs as much as a fast model.
        os.write(1, text.encode("utf-8", "replace"))
    except OSError:
        pass  # a full disk: requests are answered all the same


class _Handler(logging.Handler):
    def emit(self, record):
        log(record.levelname[:1], record.name, self.format(record))


class AMLLogFormatter(logging.Formatter):
    """What a user's own logging.json may name."""

    converter = time.gmtime

    def __init__(self, fmt="%(asctime)s %(levelname).1s [%(process)d] %(name)s - %(message)s", datefmt=None, style="%"):
        super().__init__(fmt=fmt, datefmt=datefmt, style=style)


def _printed(*objects, sep=" ", end="\n", file=None, flush=False):
    if file is None or file is sys.stdout:
        log("I", "azmlinfsrv.print", (" " if sep is None else sep).join(map(str, objects)))
    else:
        _print(*objects, sep=sep, end=end, file=file, flush=flush)


def install():
    """`print` becomes a line of the log, and so does what the logger `azmlinfsrv` is told."""
    logger = logging.getLogger("azmlinfsrv")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(_Handler())
    builtins.print = _printed

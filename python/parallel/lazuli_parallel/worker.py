"""A worker process: loads the entry script, calls init() once, run() for each mini-batch it is given, and shutdown().

It is told what to do and tells what came of it in lines of JSON over a socket that the master holds the other end of;
what the script prints goes into the process's own log files. It never touches the job's results: the rows of a
mini-batch lie in a file of the scratch folder until the master takes them over.
"""
import importlib.util
import inspect
import json
import logging
import os
import signal
import socket
import sys
import traceback


class MiniBatchContext:
    """The second argument of a run() that takes two."""

    def __init__(self, index, key):
        self.minibatch_index = index
        self.partition_key_value = key

    def __repr__(self):
        return "MiniBatchContext(minibatch_index=%r, partition_key_value=%r)" % (self.minibatch_index, self.partition_key_value)


def load_script(path):
    """Imports the entry script under its own name, so that what it defines can be pickled."""
    folder, name = os.path.dirname(path), os.path.splitext(os.path.basename(path))[0]
    for each in (os.getcwd(), folder):
        if each in sys.path:
            sys.path.remove(each)
        sys.path.insert(0, each)
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    if not callable(getattr(module, "run", None)):
        raise TypeError("The entry script '%s' has no function run()." % os.path.basename(path))
    return module


def takes_context(run):
    """Whether run() takes a second argument, by place."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    parameters = inspect.signature(run).parameters.values()
    return len([each for each in parameters if each.kind in kinds]) > 1 or any(
        each.kind == inspect.Parameter.VAR_POSITIONAL for each in parameters
    )


def checked(result):
    """What run() returned, if it can be counted. @raises TypeError"""
    if result is None or isinstance(result, (str, bytes, dict)) or not hasattr(result, "__len__"):
        raise TypeError("run() must return a list or a pandas DataFrame; it returned %s." % type(result).__name__)
    return result


def write_rows(result, path, separator, header):
    """Writes one line for each item; returns the line of column names, where there is one and it is wanted."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        if hasattr(result, "to_csv") and hasattr(result, "columns"):
            result.to_csv(file, sep=separator, header=False, index=False)
            return result.iloc[:0].to_csv(sep=separator, index=False) if header else None
        for item in result:
            file.write("%s\n" % (item,))
    return None


class Worker:
    def __init__(self, channel, settings):
        self.channel, self.settings = channel, settings
        self.lines = channel.makefile("r", encoding="utf-8")
        self.module = None

    def tell(self, **message):
        self.channel.sendall((json.dumps(message) + "\n").encode("utf-8"))

    def begin(self):
        """Whether the script is loaded and init() went through."""
        try:
            self.module = load_script(self.settings["script"])
            if hasattr(self.module, "init"):
                self.module.init()
        except BaseException as error:  # a script's sys.exit() is a failure like any other
            self.tell(kind="init_failed", error=brief(error), trace=traceback.format_exc())
            return False
        self.tell(kind="ready")
        return True

    def work(self):
        for line in self.lines:
            order = json.loads(line)
            if order.get("close"):
                return self.close()
            self.process(order)
        os._exit(1)  # the master is gone, and nobody waits for what this process would do

    def process(self, batch):
        try:
            data = batch["files"] if "files" in batch else load_frame(batch["frame"])
            self.tell(kind="loaded")
            run = self.module.run
            context = MiniBatchContext(batch["index"], batch.get("key"))
            result = checked(run(data, context) if takes_context(run) else run(data))
            header = None
            if batch.get("rows"):
                header = write_rows(result, batch["rows"], self.settings["separator"], self.settings["header"])
            flush()
            self.tell(kind="done", returned=len(result), header=header)
        except BaseException as error:
            flush()
            self.tell(kind="failed", error=brief(error), trace=traceback.format_exc())

    def close(self):
        try:
            if hasattr(self.module, "shutdown"):
                self.module.shutdown()
            logging.shutdown()
            flush()
            self.tell(kind="closed")
        except BaseException as error:
            self.tell(kind="shutdown_failed", error=brief(error), trace=traceback.format_exc())


def load_frame(path):
    import pandas

    return pandas.read_pickle(path)


def brief(error):
    return ("%s: %s" % (type(error).__name__, error))[:2000]


def flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass  # the script closed it


def end_with_parent():
    """A master that is killed takes its workers along, even those in the middle of run(); on Linux."""
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(1, signal.SIGKILL, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def main():
    """`main.py worker FD`: FD is this end of the socket; the first line on it holds the worker's settings."""
    channel = socket.socket(fileno=int(sys.argv[2]))
    channel.set_inheritable(False)
    end_with_parent()
    worker = Worker(channel, None)
    worker.settings = json.loads(worker.lines.readline())
    sys.argv = [os.path.basename(worker.settings["script"])] + worker.settings["arguments"]
    logging.basicConfig(stream=sys.stdout, level=logging.WARNING)
    if worker.begin():
        worker.work()
    flush()
    return 0

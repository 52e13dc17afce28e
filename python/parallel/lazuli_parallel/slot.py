"""A place for one worker process, as the master sees it. A process that is lost is replaced in the same place."""
import json
import os
import signal
import socket
import subprocess
import sys
import time

MAIN = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "main.py")


class Slot:
    def __init__(self, number, node, settings):
        self.name, self.node = "process%03d" % number, str(node)
        self.settings = settings
        self.process = self.channel = None
        self.buffer = b""
        self.state = "empty"  # starting, idle, loading, running, closing, empty
        self.deadline = None  # on the monotonic clock; when what it does now has taken too long
        self.began = 0.0
        self.batch = None
        self.lost_in_init = 0

    def start(self):
        own, its = socket.socketpair()
        environment = dict(
            os.environ,
            AZUREML_PARALLEL_PROCESS=self.name,
            AZUREML_PARALLEL_NODE=self.node,
            AZUREML_PARALLEL_LOGGING_LEVEL=self.settings.logging_level,
            AZUREML_PARALLEL_WORKING_DIR=os.getcwd(),
            AZUREML_PARALLEL_SCRIPT_DIR=os.path.dirname(self.settings.script),
            PYTHONUNBUFFERED="1",
        )
        environment.pop("LAZULI_DRIVER_SETTINGS", None)
        if self.settings.output_folder:
            environment["AZUREML_PARALLEL_OUTPUT_DIR"] = self.settings.output_folder
            environment["AZUREML_BI_OUTPUT_PATH"] = self.settings.output_folder  # as batch deployments know it
        if self.settings.model_dir:
            environment["AZUREML_MODEL_DIR"] = self.settings.model_dir
        streams = []
        for stream in ("stdout", "stderr"):
            path = os.path.join("logs", "user", stream, self.node, "%s.%s.txt" % (self.name, stream))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            streams.append(open(path, "ab"))
        self.process = subprocess.Popen(
            [sys.executable, "-B", MAIN, "worker", str(its.fileno())],
            stdin=subprocess.DEVNULL,
            stdout=streams[0],
            stderr=streams[1],
            env=environment,
            pass_fds=[its.fileno()],
            start_new_session=True,
        )
        for stream in streams:
            stream.close()
        its.close()
        self.channel, self.buffer, self.batch = own, b"", None
        self.enter("starting", self.settings.first_task_seconds)
        self.send(
            script=self.settings.script,
            arguments=self.settings.arguments,
            separator=self.settings.separator,
            header=self.settings.header,
        )

    def send(self, **message):
        try:
            self.channel.sendall((json.dumps(message) + "\n").encode("utf-8"))
        except OSError:
            pass  # it has died; the end of its socket will tell

    def enter(self, state, seconds=None):
        self.state = state
        self.deadline = None if seconds is None else time.monotonic() + seconds

    def give(self, batch, rows):
        self.batch, self.began = batch, time.monotonic()
        self.enter("loading", self.settings.overhead_seconds)
        self.send(rows=rows, **{name: batch[name] for name in ("index", "files", "frame", "key") if name in batch})

    def messages(self):
        """What has arrived; the last is None where the process has ended."""
        try:
            part = self.channel.recv(1 << 16)
        except OSError:
            part = b""
        *lines, self.buffer = (self.buffer + part).split(b"\n")
        return [json.loads(line) for line in lines] + ([] if part else [None])

    def stop(self):
        """Kills the process with all that it started; returns how it ended, in words."""
        if self.process is None:
            return ""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except OSError:
            pass
        before = self.process.poll()
        code = self.process.wait()
        self.channel.close()
        self.process = self.channel = None
        self.enter("empty")
        code = code if before is None else before
        return "it was killed by signal %d" % -code if code < 0 else "it exited with status %d" % code

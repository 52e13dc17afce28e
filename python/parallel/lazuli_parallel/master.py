"""The master of a parallel job: gives mini-batches to workers, tries again what failed, and decides when it is enough.

It is the only writer of the job's results. Rows of a mini-batch are appended once it is done, whole, so that a worker
which dies or runs out of time in the middle leaves nothing of itself there.
"""
import collections
import os
import selectors
import shutil
import tempfile
import time

from .errors import JobFailed
from .job_logs import JobLogs
from .model_dir import model_dir
from .settings import read_settings
from .slot import Slot
from .splitting import mini_batches

MOST_LOST_IN_INIT = 3  # a process that dies before init() is through is replaced; not for ever
EXIT_SECONDS = 30.0  # what a process may take to go after its shutdown()


class Counts:
    def __init__(self, batches):
        self.items = sum(batch["items"] for batch in batches)
        self.done = self.failed = self.retried = self.items_done = self.items_failed = 0


class Master:
    def __init__(self, settings, logs, scratch):
        self.settings, self.logs, self.scratch = settings, logs, scratch
        self.batches = mini_batches(settings, scratch)
        self.counts = Counts(self.batches)
        self.waiting = collections.deque(self.batches)
        self.left = len(self.batches)
        self.selector = selectors.DefaultSelector()
        self.results = self.open_results()
        self.progressed = self.monitored = time.monotonic()
        self.began_at = time.monotonic()
        self.any_began = False
        workers = min(settings.nodes * settings.per_node, len(self.batches))
        self.slots = [Slot(at, at % settings.nodes, settings) for at in range(workers)]

    def open_results(self):
        if not self.settings.rows_file:
            return None
        os.makedirs(os.path.dirname(self.settings.rows_file), exist_ok=True)
        return open(self.settings.rows_file, "wb")

    def run(self):
        """Processes everything. @raises JobFailed"""
        self.logs.master(
            "%d mini-batches of %d items; %d worker processes on one node (instance_count %d, max_concurrency_per_instance %d)"
            % (len(self.batches), self.counts.items, len(self.slots), self.settings.nodes, self.settings.per_node)
        )
        for name in self.settings.not_honoured:
            self.logs.master("WARNING: --%s is not honoured here." % name)
        self.logs.progress(self.counts, len(self.batches))
        try:
            for slot in self.slots:
                self.start(slot)
            while self.left:
                self.assign()
                self.wait()
            self.finish()
        finally:
            for slot in self.slots:
                slot.stop()
        if self.results:
            self.results.flush()
            os.fsync(self.results.fileno())
            self.results.close()

    def start(self, slot):
        slot.start()
        self.selector.register(slot.channel, selectors.EVENT_READ, slot)

    def stop(self, slot):
        self.selector.unregister(slot.channel)
        return slot.stop()

    def assign(self):
        for slot in self.slots:
            if slot.state == "idle" and self.waiting:
                batch = self.waiting.popleft()
                batch["tries"] = batch.get("tries", 0) + 1
                slot.give(batch, self.rows_of(batch) if self.results else None)
                self.logs.process(slot, "mini-batch %d begins, try %d" % (batch["index"], batch["tries"]))
            elif slot.state == "empty" and self.waiting:
                self.start(slot)

    def rows_of(self, batch):
        return os.path.join(self.scratch, "rows-%d-%d" % (batch["index"], batch["tries"]))

    def wait(self):
        soonest = min([slot.deadline for slot in self.slots if slot.deadline is not None] or [float("inf")])
        for key, _ in self.selector.select(max(0.0, min(1.0, soonest - time.monotonic()))):
            slot = key.data
            for message in slot.messages():
                if message is None:
                    self.lost(slot)
                else:
                    getattr(self, "on_" + message["kind"])(slot, message)
        clock = time.monotonic()
        for slot in self.slots:
            if slot.deadline is not None and clock >= slot.deadline:
                self.late(slot)
        self.watch(clock)

    def watch(self, clock):
        """What goes wrong with the job as a whole."""
        if not self.any_began and clock - self.began_at > self.settings.first_task_seconds:
            raise JobFailed(
                "No mini-batch has begun within first_task_creation_timeout, %g seconds." % self.settings.first_task_seconds
            )
        if clock - self.progressed > self.settings.progress_seconds:
            raise JobFailed(
                "No mini-batch has ended within progress_update_timeout, %g seconds." % self.settings.progress_seconds
            )
        if self.settings.monitor_seconds and clock - self.monitored >= self.settings.monitor_seconds:
            self.monitored = clock
            self.logs.usage(self.slots)

    def on_ready(self, slot, message):
        slot.lost_in_init = 0
        slot.enter("idle")

    def on_init_failed(self, slot, message):
        self.logs.error(slot, "init()", message["error"], message["trace"])
        raise JobFailed("The entry script could not be started: %s" % message["error"])

    def on_loaded(self, slot, message):
        self.any_began = True
        slot.enter("running", self.settings.run_seconds)

    def on_done(self, slot, message):
        batch, returned = slot.batch, message["returned"]
        seconds = time.monotonic() - slot.began
        self.logs.process(
            slot, "mini-batch %d done: %d items, %d returned, %.3f s" % (batch["index"], batch["items"], returned, seconds)
        )
        if self.results:
            self.append(self.rows_of(batch), message["header"])
        slot.batch = None
        slot.enter("idle")
        # By key, a mini-batch is one thing to do, of which one row may tell: a model that was trained on it, say. Where
        # items aren't counted (error_threshold -1), as Microsoft's training of many models has it, none has to.
        is_whole = "key" in batch and (returned > 0 or self.settings.error_threshold < 0)
        short = 0 if is_whole else max(0, batch["items"] - returned)
        self.counts.items_done += batch["items"] - short
        self.counts.items_failed += short
        if short:
            self.counts.failed += 1
            self.logs.error(
                slot, "mini-batch %d" % batch["index"], "run() returned %d of %d items" % (returned, batch["items"])
            )
        else:
            self.counts.done += 1
        self.ended(batch)

    def append(self, rows, header):
        if header and self.results.tell() == 0:
            self.results.write(header.encode("utf-8"))
        with open(rows, "rb") as file:
            shutil.copyfileobj(file, self.results)
        os.unlink(rows)

    def on_failed(self, slot, message):
        batch, slot.batch = slot.batch, None
        slot.enter("idle")
        self.failed(slot, batch, message["error"], message["trace"])

    def failed(self, slot, batch, why, trace=""):
        """A try of a mini-batch came to nothing: it is tried again, by whoever is free, or counts as failed."""
        self.logs.error(slot, "mini-batch %d, try %d of %d" % (batch["index"], batch["tries"], self.settings.tries), why, trace)
        self.logs.process(slot, "mini-batch %d failed: %s" % (batch["index"], why))
        if batch["tries"] < self.settings.tries:
            self.counts.retried += 1
            self.waiting.append(batch)
            return
        self.counts.failed += 1
        self.counts.items_failed += batch["items"]
        self.ended(batch)

    def ended(self, batch):
        self.left -= 1
        self.progressed = time.monotonic()
        if "frame" in batch:
            os.unlink(batch["frame"])
        self.logs.progress(self.counts, len(self.batches))
        self.demand_thresholds()

    def demand_thresholds(self):
        """@raises JobFailed once more has failed than may; -1 lets everything fail."""
        settings, counts = self.settings, self.counts
        if 0 <= settings.allowed_failed_count < counts.failed:
            raise JobFailed(
                "%d mini-batches have failed, and mini_batch_error_threshold allows %d."
                % (counts.failed, settings.allowed_failed_count)
            )
        if 0 <= settings.error_threshold < counts.items_failed:
            raise JobFailed(
                "%d items have failed, and error_threshold allows %d." % (counts.items_failed, settings.error_threshold)
            )
        percent = 100.0 * counts.failed / len(self.batches)
        if percent > settings.allowed_failed_percent:
            raise JobFailed(
                "%g %% of the mini-batches have failed, and allowed_failed_percent allows %g."
                % (round(percent, 2), settings.allowed_failed_percent)
            )

    def late(self, slot):
        state, batch, slot.batch = slot.state, slot.batch, None
        self.stop(slot)
        if state == "closed":
            return
        if state == "starting":
            raise JobFailed(
                "init() has not ended within first_task_creation_timeout, %g seconds." % self.settings.first_task_seconds
            )
        if state == "closing":
            raise JobFailed("shutdown() has not ended within %g seconds." % self.settings.progress_seconds)
        if state == "loading":
            why = "its data was not there within task_overhead_timeout, %g seconds" % self.settings.overhead_seconds
        else:
            why = "run() has not returned within its timeout of %g seconds" % self.settings.run_seconds
        self.failed(slot, batch, why)

    def lost(self, slot):
        """The process has ended without being asked to."""
        state, batch = slot.state, slot.batch
        how = self.stop(slot)
        if state == "closed":
            return
        self.logs.process(slot, "the process is lost: %s" % how)
        if state == "closing":
            raise JobFailed("A worker process was lost in shutdown(): %s." % how)
        if batch is not None:
            slot.batch = None
            self.failed(slot, batch, "its worker process was lost: %s" % how)
            return
        self.logs.error(slot, "a worker process was lost before it had a mini-batch", how)
        slot.lost_in_init += state == "starting"
        if slot.lost_in_init >= MOST_LOST_IN_INIT:
            raise JobFailed("Worker processes die before init() is through: %s." % how)

    def finish(self):
        """Every mini-batch is over: shutdown() is called where init() is through; who still starts is not waited for."""
        for slot in self.slots:
            if slot.state == "idle":
                slot.enter("closing", self.settings.progress_seconds)
                slot.send(close=True)
        while any(slot.state in ("closing", "closed") for slot in self.slots):
            self.progressed = time.monotonic()
            self.wait()

    def on_closed(self, slot, message):
        slot.enter("closed", EXIT_SECONDS)

    def on_shutdown_failed(self, slot, message):
        self.logs.error(slot, "shutdown()", message["error"], message["trace"])
        raise JobFailed("shutdown() failed: %s" % message["error"])


def main():
    logs = JobLogs()
    scratch = tempfile.mkdtemp(prefix="parallel-")
    master = None
    try:
        settings = read_settings()
        settings.script = scoring_script(settings.scoring) if settings.scoring else script_of(settings.entry_script)
        settings.model_dir = model_dir(settings, scratch)
        master = Master(settings, logs, scratch)
        master.run()
    except JobFailed as error:
        if master:
            logs.progress(master.counts, len(master.batches), "The job failed: %s" % error)
        logs.add("user/error.txt", "%s\n" % error)
        print("The parallel job failed: %s" % error, flush=True)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    logs.progress(master.counts, len(master.batches), "The job succeeded.")
    return 0


def scoring_script(kind):
    """The driver's own entry script, which lies alone in its folder: that is where scripts import from."""
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return os.path.join(here, "scoring", "%s_model.py" % kind)


def script_of(name):
    """The entry script's path, which lies in the code's folder. @raises JobFailed"""
    root, path = os.getcwd(), os.path.abspath(name)
    if not path.startswith(root + os.sep):
        raise JobFailed("The entry script '%s' lies outside the job's code." % name)
    if not os.path.isfile(path):
        raise JobFailed("The entry script '%s' is not in the job's code." % name)
    return path

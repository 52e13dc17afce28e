"""The log files of a parallel job, at the places that Azure documents, below logs/ of the working directory.

job_progress_overview.txt tells how far it is; user/error.txt and user/error/NODE/PROCESS.txt what went wrong in the
script; sys/node/NODE/PROCESS.txt each mini-batch that a process had; perf/ what the processes use.
https://learn.microsoft.com/azure/machine-learning/how-to-troubleshoot-batch-endpoints, "Understanding logs"
"""
import os
import time

PAUSE = 5.0  # seconds between two lines of progress in the job's own log


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


class JobLogs:
    def __init__(self, folder="logs"):
        self.folder = folder
        self.said = 0.0

    def add(self, name, text):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(text)

    def process(self, slot, text):
        self.add("sys/node/%s/%s.txt" % (slot.node, slot.name), "%s %s\n" % (now(), text))

    def error(self, slot, where, brief, trace=""):
        line = "%s node %s %s, %s: %s\n" % (now(), slot.node, slot.name, where, brief)
        self.add("user/error.txt", line)
        self.add("user/error/%s/%s.txt" % (slot.node, slot.name), line + trace)
        print(line.rstrip(), flush=True)

    def master(self, text):
        self.add("sys/master_role.txt", "%s %s\n" % (now(), text))
        print(text, flush=True)

    def progress(self, counts, total, outcome=None):
        """Writes the overview anew; whole, since it may be read at any time."""
        lines = [
            "%s %s" % (now(), outcome or "The job is running."),
            "Mini-batches: %d created, %d processed, %d failed, %d tried again" % (
                total, counts.done, counts.failed, counts.retried),
            "Items: %d in all, %d processed, %d failed" % (counts.items, counts.items_done, counts.items_failed),
        ]
        path = os.path.join(self.folder, "job_progress_overview.txt")
        os.makedirs(self.folder, exist_ok=True)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        os.replace(path + ".new", path)
        if outcome or time.monotonic() - self.said >= PAUSE:
            self.said = time.monotonic()
            print("; ".join(lines[1:]), flush=True)

    def usage(self, slots):
        """One line for each process that can be seen: resident memory in KiB, and its seconds of CPU."""
        for slot in slots:
            if slot.process is None:
                continue
            try:
                with open("/proc/%d/status" % slot.process.pid) as file:
                    memory = next((line.split()[1] for line in file if line.startswith("VmRSS:")), "")
                with open("/proc/%d/stat" % slot.process.pid) as file:
                    fields = file.read().rsplit(")", 1)[1].split()
            except OSError:
                continue  # it has just ended, or this system has no /proc
            seconds = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
            line = "%s,%s,%d,%s,%.2f\n" % (now(), slot.name, slot.process.pid, memory, seconds)
            self.add("perf/%s/processes_resource_usage.csv" % slot.node, line)

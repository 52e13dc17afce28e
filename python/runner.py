"""Runs the processes of a job, detached from the server that started it.

    python3 -I -S runner.py FOLDER

FOLDER/launch.json says what to run: one process, or several of a distributed job under `processes`, where each has
what differs from the rest of the file. The first that fails ends all; so does the end of those that lead. Everything that happens is written beside it, so that a server which was killed and
started again finds the job: pid.json (this runner: pid and start time), started.json (the job's first process),
std_log.txt or the logs that processes name (their output) and exit.json (how it ended), each written whole or not at all. A file `cancel` and a SIGTERM
ask it to stop. Standard library only, Python 3.6 and later, Linux and macOS.
"""
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time

FOLDER = sys.argv[1]


def path(name):
    return os.path.join(FOLDER, name)


def write_whole(name, value, durable=False):
    temporary = path("." + name + "." + str(os.getpid()))
    with open(temporary, "w") as file:
        json.dump(value, file)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    os.rename(temporary, path(name))
    if durable:
        folder = os.open(FOLDER, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def boot_id():
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def start_time(pid):
    """The kernel's start time of a process, in ticks since boot; with the pid it names a process for good."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


def identity(pid):
    return {"pid": pid, "start": start_time(pid), "boot": boot_id()}


def now():
    seconds = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".%03dZ" % (seconds % 1 * 1000)


def become_subreaper():
    """Orphans of the job come to this process instead of init, so that none is missed at the end."""
    try:
        import ctypes

        ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def child(launch, status_pipe, error_pipe):
    """The forked side: takes its limits and becomes the job's process. Never returns."""
    try:
        for group in launch.get("cgroups", []):
            with open(os.path.join(group, "cgroup.procs"), "w") as file:
                file.write("0")
        if launch.get("cpus") and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, launch["cpus"])
        if launch.get("addressSpaceBytes"):
            resource.setrlimit(resource.RLIMIT_AS, (launch["addressSpaceBytes"],) * 2)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            # Where memory runs out, the job goes before the server does.
            with open("/proc/self/oom_score_adj", "w") as file:
                file.write("500")
        except OSError:
            pass
        os.setsid()
        null = os.open(os.devnull, os.O_RDONLY)
        log = os.open(path(launch["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.umask(0o022)
        command = list(launch["command"])
        if status_pipe is not None:
            os.set_inheritable(status_pipe, True)
            command[1:1] = ["--json-status-fd", str(status_pipe)]
        os.chdir(launch["cwd"])
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_DFL)
        os.execve(command[0], command, launch["environment"])
    except BaseException as error:  # the message must reach the job's owner, whatever it is
        os.write(error_pipe, str(error).encode("utf-8", "replace"))
        os._exit(127)


def descendants(root):
    """Every living process below `root`, by the kernel's table of parents."""
    parents = {}
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    fields = file.read().rsplit(")", 1)[1].split()
                if fields[0] != "Z":
                    parents[int(name)] = int(fields[1])
            except (OSError, IndexError, ValueError):
                pass
    found, added = {root}, True
    while added:
        more = {pid for pid, parent in parents.items() if parent in found and pid not in found}
        found |= more
        added = bool(more)
    return found - {root}


def kill(pid, number, group=False):
    try:
        (os.killpg if group else os.kill)(pid, number)
    except (OSError, ProcessLookupError):
        pass


class Sandbox:
    """What bubblewrap tells about the process that is init inside: the whole job ends with it."""

    def __init__(self, pipe):
        self.pipe, self.text = pipe, b""
        self.init = self.init_start = self.exit_code = None

    def read(self):
        while self.pipe is not None and select.select([self.pipe], [], [], 0)[0]:
            part = os.read(self.pipe, 65536)
            if not part:
                os.close(self.pipe)
                self.pipe = None
            self.text += part
        decoder, text = json.JSONDecoder(), self.text.decode("utf-8", "replace").lstrip()
        while text:
            try:
                value, end = decoder.raw_decode(text)
            except ValueError:
                break
            text = text[end:].lstrip()
            if self.init is None and "child-pid" in value:
                self.init = value["child-pid"]
                self.init_start = start_time(self.init)
            if "exit-code" in value:
                self.exit_code = value["exit-code"]

    def signal(self, number):
        self.read()
        if self.init is None or not self.init_start or start_time(self.init) != self.init_start:
            return False
        # The init of a namespace does not die of its own group's SIGTERM; everything else in there may.
        if number == signal.SIGKILL:
            kill(self.init, number)
        else:
            for pid in descendants(self.init):
                kill(pid, number)
        return True


def out_of_memory_kills(groups):
    total = 0
    for group in groups:
        for name in ("memory.oom_control", "memory.events"):
            try:
                with open(os.path.join(group, name)) as file:
                    total += sum(int(line.split()[1]) for line in file if line.startswith("oom_kill "))
            except (OSError, ValueError, IndexError):
                pass
    return total


def remaining(groups):
    pids = set()
    for group in groups:
        try:
            with open(os.path.join(group, "cgroup.procs")) as file:
                pids |= {int(line) for line in file}
        except (OSError, ValueError):
            pass
    return pids


class Process:
    """One process of the job, with what is its own laid over what all share."""

    def __init__(self, launch, own):
        self.launch = dict({"log": "std_log.txt", "leads": True}, **launch)
        self.launch.update(own)
        self.launch["environment"] = dict(launch.get("environment", {}), **own.get("environment", {}))
        self.leads, self.status, self.sandbox = self.launch["leads"], None, None

    def start(self):
        status_read, status_write = os.pipe() if self.launch.get("sandboxed") else (None, None)
        error_read, error_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            signal.set_wakeup_fd(-1)
            child(self.launch, status_write, error_write)
        os.close(error_write)
        if status_write is not None:
            os.close(status_write)
            self.sandbox = Sandbox(status_read)
        self.exec_error = os.read(error_read, 65536).decode("utf-8", "replace")
        os.close(error_read)

    def signal(self, number):
        if self.status is None and not (self.sandbox and self.sandbox.signal(number)):
            kill(self.pid, number, group=True)

    def clear(self):
        """Ends what the process left in its sandbox and its group."""
        if self.sandbox:
            self.sandbox.signal(signal.SIGKILL)
        kill(self.pid, signal.SIGKILL, group=True)

    def outcome(self, stopped):
        """Exit code, signal and what kept it from starting; `stopped` where it was asked to end."""
        code = os.WEXITSTATUS(self.status) if os.WIFEXITED(self.status) else None
        number = os.WTERMSIG(self.status) if os.WIFSIGNALED(self.status) else None
        failure = self.exec_error or None
        if self.sandbox:
            self.sandbox.read()
            if self.sandbox.exit_code is not None:
                code, number = self.sandbox.exit_code, None
            elif not stopped and code not in (None, 0):
                failure = failure or "the sandbox did not start"
        return {"code": code, "signal": number, "failure": failure}


def reap(processes):
    """Notes every process that has ended, and answers the first that failed among those that ended just now."""
    failed = None
    while True:
        try:
            ended, how = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return failed
        if ended == 0:
            return failed
        for process in processes:
            if process.pid == ended and process.status is None:
                process.status = how
                if how != 0 and failed is None:
                    failed = process


def run(launch):
    groups = list(launch.get("cgroups", []))
    for own in launch.get("processes", []):
        groups += [group for group in own.get("cgroups", []) if group not in groups]
    if not launch.get("sandboxed", False):
        become_subreaper()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    os.set_blocking(wake_read, False)
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    signal.signal(signal.SIGINT, lambda *_: asked.append(True))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake_write)

    began = time.monotonic()
    processes = [Process(launch, own) for own in launch.get("processes") or [{}]]
    started = []
    for process in processes:
        process.start()
        started.append(process)
        if process.exec_error:
            break
    if not started[-1].exec_error:
        write_whole("started.json", dict(identity(started[0].pid), at=now()))

    timeout, grace = launch.get("timeoutSeconds"), launch.get("graceSeconds", 10)
    reason, kill_at, failed = None, None, None
    while True:
        newly_failed = reap(started)
        if failed is None and kill_at is None:
            failed = newly_failed
        alive = [process for process in started if process.status is None]
        if not alive:
            break
        clock = time.monotonic()
        if kill_at is None:
            if asked or os.path.exists(path("cancel")):
                reason = "cancel"
            elif timeout is not None and clock - began >= timeout:
                reason = "timeout"
            if reason or failed or not any(process.leads for process in alive):
                kill_at = clock + grace
                for process in alive:
                    process.signal(signal.SIGTERM)
        elif clock >= kill_at:
            for process in alive:
                process.signal(signal.SIGKILL)
            kill_at = clock + 1
        wait = 1.0 if kill_at is None else max(0.01, min(1.0, kill_at - clock))
        if kill_at is None and timeout is not None:
            wait = max(0.01, min(wait, began + timeout - clock))
        select.select([wake_read], [], [], wait)
        try:
            while os.read(wake_read, 512):
                pass
        except BlockingIOError:
            pass

    # Nothing of the job outlives it: not what left its process group, not what was orphaned.
    for process in started:
        process.clear()
    for _ in range(200):
        left = (descendants(os.getpid()) | remaining(groups)) - {os.getpid()}
        if not left:
            break
        for other in left:
            kill(other, signal.SIGKILL)
        time.sleep(0.005)
    reap([])

    told = failed or next(process for process in started if process.leads)
    return dict(
        told.outcome(reason is not None),
        process=started.index(told),
        reason=reason,
        outOfMemory=out_of_memory_kills(groups) > 0,
        seconds=round(time.monotonic() - began, 3),
    )


def main():
    lock = os.open(path("lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return  # another runner has this job: a server that was not sure started us again
    if os.path.exists(path("exit.json")) or os.path.exists(path("started.json")):
        return
    write_whole("pid.json", identity(os.getpid()))
    if os.path.exists(path("cancel")):
        outcome = {"code": None, "signal": None, "reason": "cancel", "failure": None, "outOfMemory": False, "seconds": 0}
    else:
        with open(path("launch.json")) as file:
            launch = json.load(file)
        outcome = run(launch)
    for name in os.listdir(FOLDER):
        if name.startswith("std_log"):
            log = os.open(path(name), os.O_RDWR)
            os.fsync(log)
            os.close(log)
    write_whole("exit.json", dict(outcome, at=now()), durable=True)


main()

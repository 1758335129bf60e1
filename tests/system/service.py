"""A real service for the system tests: `assay up` with PostgreSQL, a coordinator and workers, in a folder of its own."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = pathlib.Path(os.environ.get("ASSAY_PROGRAMS", ROOT / "build/release/bin"))
CACHE = pathlib.Path(os.environ.get("ASSAY_CACHE", pathlib.Path.home() / ".cache/assay"))
DEMO_MODEL = pathlib.Path(os.environ.get("ASSAY_DEMO_MODEL", CACHE / "models/SmolLM2-135M-Instruct.Q4_1.gguf"))
SAMPLE_DATA = ROOT / "deploy/sample_data"
START_SECONDS = 90
JOB_SECONDS = 300

needs_demo_model = unittest.skipUnless(
    DEMO_MODEL.is_file(), f"the demo model is not at {DEMO_MODEL}: deploy/setup model fetches it")


def wait_until(condition, seconds, what):
    """The first true value of condition(), which is called until `seconds` have passed. `what`: a text, or what makes it."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.05)


def fast_folder(prefix):
    """A new folder, in memory where there is enough: to bring a database to a disk takes seconds at each start and stop."""
    memory = pathlib.Path("/dev/shm")
    in_memory = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 4 << 30
    folder = pathlib.Path(tempfile.mkdtemp(prefix=prefix, dir=memory if in_memory else None))
    # PostgreSQL never runs as root: its own user must be able to reach the folder.
    folder.chmod(0o755)
    return folder


def processes():
    """pid -> (parent's pid, command line) of all processes that have not ended."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        state, parent = stat[stat.rindex(")") + 2:].split()[:2]
        if state not in "ZX":
            found[int(entry.name)] = (int(parent), command)
    return found


class Service:
    """Usable as `with Service() as service:`. Not for several threads. `threads` of each worker; None: as many as the processors give.
    One, since tests run side by side: the threads of a pass wait for one another, and those of two services for each other's."""

    def __init__(self, workers=1, options=(), threads=1):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-system-"))
        self._data_parent = fast_folder("assay-system-data-")
        self.data = self._data_parent / "data"
        self.address = ""
        self._threads = [] if threads is None else ["--threads", str(threads)]
        self._options = ["--workers", str(workers), *options]
        self._up = None
        self._up_output = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, workers=None, options=()):
        """Starts `assay up`, on the data that an earlier start left."""
        if workers is not None:
            self._options = ["--workers", str(workers), *options]
        address_file = self.data / "run/coordinator.address"
        address_file.unlink(missing_ok=True)
        self._up_output = open(self.folder / "up.log", "a+")
        self._up = subprocess.Popen(
            [PROGRAMS / "assay", "up", "--data", self.data, "--listen", "127.0.0.1:0", *self._threads, *self._options],
            stdin=subprocess.DEVNULL, stdout=self._up_output, stderr=subprocess.STDOUT)

        def ready():
            if self._up.poll() is not None:
                raise AssertionError(f"assay up ended with {self._up.returncode}:\n{self.log()}")
            return address_file.exists() and address_file.read_text().strip()

        self.address = wait_until(ready, START_SECONDS, "assay up is ready")
        wait_until(lambda: self.run("jobs", check=False).returncode == 0, START_SECONDS, "the coordinator answers")

    def stop(self, signal_number=signal.SIGTERM):
        """Ends `assay up` as Ctrl-C does, and checks that nothing of it is left."""
        if self._up is None:
            return
        up, self._up = self._up, None
        up.send_signal(signal_number)
        code = up.wait(timeout=60)
        self._up_output.close()
        if code != 0:
            raise AssertionError(f"assay up ended with {code} after signal {signal_number}:\n{self.log()}")
        self.expect_no_processes()

    def kill(self):
        """kill -9 of `assay up` itself. The programs below it must not outlive it."""
        up, self._up = self._up, None
        up.kill()
        up.wait()
        self._up_output.close()
        self.expect_no_processes()

    def expect_no_processes(self):
        wait_until(lambda: not self.own_processes(), 30, f"no process of {self.data} is left")

    def close(self):
        try:
            self.stop()
        finally:
            for pid in self.own_processes():
                os.kill(pid, signal.SIGKILL)
            shutil.rmtree(self.folder, ignore_errors=True)
            shutil.rmtree(self._data_parent, ignore_errors=True)

    def own_processes(self):
        """pids of the processes that name the data folder or the address of this service, and of their children."""
        everything = processes()
        marks = [str(self.data)] + ([self.address] if self.address else [])
        own = {pid for pid, (_, command) in everything.items() if any(mark in command for mark in marks)}
        if self._up is not None:
            own.add(self._up.pid)
        while True:
            children = {pid for pid, (parent, _) in everything.items() if parent in own} - own
            if not children:
                return own - {os.getpid()}
            own |= children

    def up_pid(self):
        return self._up.pid

    def pids_of(self, program):
        """pids of the children of `assay up` that run `program`: assay-worker, assay-coordinator or postgres."""
        return sorted(pid for pid, (parent, command) in processes().items()
                      if parent == self._up.pid and command.split(" ")[0].rsplit("/", 1)[-1] == program)

    def log(self):
        """What `assay up` and its programs wrote, to be shown with a failure."""
        texts = []
        for path in [self.folder / "up.log", *sorted(self.data.glob("log/*.log"))]:
            if path.exists():
                texts.append(f"--- {path.name}\n" + path.read_text(errors="replace")[-4000:])
        return "\n".join(texts)

    def environment(self):
        # Tests compare what is computed twice; those of reuse ask for it.
        return {"ASSAY_NO_REUSE": "1", **os.environ, "ASSAY_COORDINATOR": self.address, "NO_COLOR": "1"}

    def popen(self, *arguments):
        """The client as a process of its own."""
        return subprocess.Popen([PROGRAMS / "assay", *map(str, arguments)], env=self.environment(), text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments, check=True, timeout=JOB_SECONDS):
        """Runs the client; with `check`, anything but exit code 0 is a failure."""
        result = subprocess.run([PROGRAMS / "assay", *map(str, arguments)], env=self.environment(), text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        if check and result.returncode != 0:
            raise AssertionError(f"assay {' '.join(map(str, arguments))}: exit code {result.returncode}\n"
                                 f"{result.stdout}{result.stderr}\n{self.log()}")
        return result

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--format", "json").stdout)

    def add_samples(self):
        """The demo model as `smol`, and the sample data of MMLU and BBH."""
        self.run("dataset", "import", "mmlu", SAMPLE_DATA / "mmlu")
        self.run("dataset", "import", "bbh", SAMPLE_DATA / "bbh")
        self.run("model", "add", "smol", DEMO_MODEL)

    def submit(self, *options, benchmark="mmlu,bbh", model="smol"):
        """Submits a job and returns its number at once."""
        return self.json("eval", "--detach", "--model", model, "--benchmark", benchmark, *options)["job_id"]

    def job(self, job_id):
        return next(job for job in self.json("jobs")["jobs"] if job["job_id"] == job_id)

    def wait(self, job_id):
        """Waits until the job has ended; it must have completed."""
        self.run("watch", job_id)

    def items_done(self, job_id):
        return self.job(job_id)["items_done"]

    def predictions(self, job_id):
        """The predictions of a job as they must be whatever the circumstances: all but what the cache spared, and the number
        of the run."""
        rows = self.json("predictions", job_id)["predictions"]
        for row in rows:
            del row["cached_tokens"], row["run_id"]
        return rows

"""PostgreSQL with its usual settings, any number of coordinators on it, and simulated workers."""

import json
import os
import pathlib
import signal
import subprocess
import time

from leaderboard_bench.service import PROGRAMS, Service

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    """User and system time of a process; 0 when it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def children(pid):
    try:
        return [int(child) for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def machine_busy_seconds():
    """All processors' time that was not idle."""
    values = [int(value) for value in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:]]
    return (sum(values[:8]) - values[3] - values[4]) / TICKS


class Cluster(Service):
    """Usable as `with Cluster(folder) as cluster:`."""

    def __init__(self, parent=None):
        super().__init__(parent)
        self.coordinators = []  # (process, address)

    def start_coordinators(self, count):
        """Stops those that run, and starts so many."""
        self.stop_coordinators()
        for number in range(count):
            address = self.folder / f"address-{number}"
            address.unlink(missing_ok=True)
            with open(self.folder / f"coordinator-{number}.log", "a") as log:
                process = subprocess.Popen([PROGRAMS / "assay-coordinator", "--database", self.url(), "--listen", "127.0.0.1:0",
                                            "--address-file", address, "--log-level", "warn"], stdout=log, stderr=subprocess.STDOUT)
            self._wait(lambda address=address: address.exists() and address.read_text(), f"coordinator {number}")
            self.coordinators.append((process, address.read_text()))
        self.address = self.addresses()

    def addresses(self):
        return ",".join(address for _, address in self.coordinators)

    def stop_coordinators(self):
        for process, _ in self.coordinators:
            process.send_signal(signal.SIGTERM)
        for process, _ in self.coordinators:
            process.wait()
        self.coordinators = []

    def stop(self):
        self.stop_coordinators()
        super().stop()

    def coordinator_memory(self):
        """MiB of all of them."""
        return sum(memory_mib(process.pid) for process, _ in self.coordinators)

    def cpu(self):
        """Seconds so far: of the coordinators, of PostgreSQL, and of everything on the machine."""
        postgres = self._postgres.pid
        self._backends = {**getattr(self, "_backends", {}), **{pid: cpu_seconds(pid) for pid in [postgres, *children(postgres)]}}
        return {"coordinators": sum(cpu_seconds(process.pid) for process, _ in self.coordinators),
                "postgres": sum(self._backends.values()), "machine": machine_busy_seconds()}

    def ended_sessions_seconds(self):
        """Processor time of the server's processes that are gone."""
        fields = pathlib.Path(f"/proc/{self._postgres.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / TICKS

    def number(self, query):
        (value,) = self.psql(query)
        return int(value or 0)

    def simulate(self, on_line=None, **options):
        """Runs simulated workers to their end. `on_line` is called with what they say each second. Returns the line of the moment when
        they were warm and the last one, with the CPU time and the memory when they were warm and when the measurement ended."""
        command = [PROGRAMS / "coordinator_bench", "--coordinators", self.addresses()]
        for name, value in options.items():
            command += ["--" + name.replace("_", "-"), str(value)]
        warm = measured = last = None
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            for text in process.stdout:
                line = json.loads(text)
                if "warm" in line or "measured" in line:
                    line |= {"cpu": self.cpu(), "memory": self.coordinator_memory()}
                    line["simulation_cpu"] = cpu_seconds(process.pid)
                if "warm" in line:
                    warm = line
                elif "measured" in line:
                    measured = line
                elif "last" in line:
                    last = {**measured, **line}
                elif on_line is not None:
                    on_line(line)
        if process.returncode != 0 or last is None:
            raise SystemExit(f"the simulated workers failed; see {self.folder}")
        return warm, last

    def wait_for_rest(self, seconds=30):
        """Until nothing is leased any more."""
        end = time.monotonic() + seconds
        while self.number("SELECT count(*) FROM shards WHERE state = 'leased'") and time.monotonic() < end:
            time.sleep(0.2)

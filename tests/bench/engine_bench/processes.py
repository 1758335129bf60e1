"""One measured process at a time: where it runs, how long, and how much memory it had at most."""

import dataclasses
import os
import pathlib
import signal
import subprocess
import threading
import time

from engine_bench.failure import Failure

TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/{}"
SECONDS_AT_MOST = 3600


@dataclasses.dataclass(frozen=True)
class Outcome:
    seconds: float  # from start to end
    peak_bytes: int  # resident, at most
    others: float  # share of the processors' time that others took meanwhile, the host included


def core_of(processor):
    names = ("physical_package_id", "core_id")
    return tuple(pathlib.Path(TOPOLOGY.format(processor, name)).read_text().strip() for name in names)


def physical_cores():
    return len({core_of(processor) for processor in os.sched_getaffinity(0)})


def processors(threads):
    """One processor of each of so many physical cores; more threads than there are cores take the cores' other processors too."""
    first, others, cores = [], [], set()
    for processor in sorted(os.sched_getaffinity(0)):
        (others if core_of(processor) in cores else first).append(processor)
        cores.add(core_of(processor))
    available = first + others
    if threads > len(available):
        raise Failure(f"--threads {threads}: this process may use {len(available)} processors")
    return available[:threads]


def busy_seconds():
    """Of all processors together since the machine started, and the time that its host took from it."""
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    idle, waiting = fields[3], fields[4]
    return (sum(fields) - idle - waiting) / os.sysconf("SC_CLK_TCK")


def run(command, threads, log, variables=None):
    """Runs it on the processors of `threads` only; output goes to the file `log`. `{now}` in a part of the command becomes the time
    of the start, in nanoseconds on the monotonic clock."""
    allowed = processors(threads)
    environment = dict(os.environ, OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads), TOKENIZERS_PARALLELISM="false",
                       HF_HUB_OFFLINE="1", PYTHONUNBUFFERED="1", **(variables or {}))
    with open(log, "wb") as output:
        busy = busy_seconds()
        begin = time.monotonic_ns()
        # A group of its own: what it starts ends with it.
        process = subprocess.Popen([str(part).replace("{now}", str(begin)) for part in command], stdout=output,
                                   stderr=subprocess.STDOUT, env=environment, start_new_session=True,
                                   preexec_fn=lambda: os.sched_setaffinity(0, allowed))
        timer = threading.Timer(SECONDS_AT_MOST, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = (time.monotonic_ns() - begin) / 1e9
        others = max(0.0, busy_seconds() - busy - usage.ru_utime - usage.ru_stime) / (seconds * os.cpu_count())
    if process.returncode != 0:
        lines = pathlib.Path(log).read_text(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "it printed nothing"
        raise Failure(f"{command[0]} ended with code {process.returncode}: {last} ({log})")
    return Outcome(seconds, usage.ru_maxrss * 1024, others)

"""A Slurm of three nodes on this machine, for tests: slurmctld, slurmd and munged out of Debian's packages, in a folder of its own.

Needs root: slurmd starts jobs as their users.
"""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile

from service import wait_until

NEEDED = ("slurmctld", "slurmd", "sbatch", "squeue", "sinfo", "munged")
CONFIGURATION = """\
ClusterName=assay
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CredType=cred/munge
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=10
KillWait=5
MinJobAge=300
SelectType=select/cons_tres
SchedulerParameters=batch_sched_delay=0,sched_interval=2
{nodes}
PartitionName=assay Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""


def missing():
    """Why there can be no cluster, or an empty string."""
    if os.geteuid() != 0:
        return "a Slurm of one's own needs root"
    programs = [name for name in NEEDED if shutil.which(name) is None]
    return f"{', '.join(programs)}: not installed (Debian: slurmctld slurmd slurm-client munge)" if programs else ""


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


class SlurmCluster:
    """`with SlurmCluster() as slurm:` starts it; slurm.run("squeue") asks it."""

    def __init__(self, nodes=3):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-slurm-"))
        self.folder.chmod(0o755)
        self.names = [f"n{i + 1}" for i in range(nodes)]
        self._programs = {}

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _start(self):
        host = socket.gethostname().split(".")[0]
        ports = free_ports(1 + len(self.names))
        # More processors than there are: the jobs take turns.
        nodes = "\n".join(f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=2000"
                          for name, port in zip(self.names, ports[1:]))
        (self.folder / "state").mkdir()
        configuration = self.folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(host=host, port=ports[0], folder=self.folder, nodes=nodes))
        self.environment = {**os.environ, "SLURM_CONF": str(configuration)}
        self._start_munge()
        self._start_program("slurmctld", ["slurmctld", "-D", "-f", configuration])
        for name in self.names:
            self._start_program(name, ["slurmd", "-D", "-N", name, "-f", configuration])
        wait_until(lambda: self.run("sinfo", "--noheader", "--format", "%T", check=False).stdout.split() == ["idle"], 60,
                   "the nodes are idle")

    def _start_munge(self):
        # munged wants a key and folders that only its own user can write.
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        for part in ("lib", "run"):
            (self.folder / part).mkdir(mode=0o755)
        self._start_program("munged", ["munged", "--foreground", "--force", f"--socket={self.folder}/munge.socket",
                                       f"--key-file={key}", f"--log-file={self.folder}/munged.log",
                                       f"--pid-file={self.folder}/run/munged.pid", f"--seed-file={self.folder}/lib/seed"])
        wait_until((self.folder / "munge.socket").exists, 30, "munged is ready")

    def _start_program(self, name, command):
        with open(self.folder / f"{name}.out", "a") as output:
            self._programs[name] = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output,
                                                    stderr=subprocess.STDOUT, env=self.environment, start_new_session=True)

    def run(self, *arguments, check=True, environment=None, cwd=None):
        result = subprocess.run(list(map(str, arguments)), env={**self.environment, **(environment or {})}, text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, timeout=60, cwd=cwd)
        if check and result.returncode != 0:
            raise AssertionError(f"{arguments}: exit code {result.returncode}\n{result.stdout}{result.stderr}{self.log()}")
        return result

    def queue(self):
        """task -> (state, node) of what has not ended."""
        lines = self.run("squeue", "--noheader", "--array", "--format", "%K|%T|%N").stdout.splitlines()
        return {task: (state, node) for task, state, node in (line.split("|") for line in lines)}

    def kill_node(self, name):
        """kill -9 of a node's daemon; what it has started lives on until Slurm notices."""
        self._programs[name].send_signal(signal.SIGKILL)
        self._programs[name].wait()

    def log(self):
        return "\n".join(f"--- {path.name}\n" + path.read_text(errors="replace")[-2000:]
                         for path in sorted(self.folder.glob("*.out")) + sorted(self.folder.glob("*.log")))

    def close(self):
        if hasattr(self, "environment"):
            self.run("scancel", "--user", pwd.getpwuid(os.getuid()).pw_name, check=False)
        for program in reversed(self._programs.values()):
            program.terminate()
        for program in self._programs.values():
            try:
                program.wait(timeout=20)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

"""A PostgreSQL cluster with its usual settings and a coordinator on it, in a folder of their own."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROGRAMS = pathlib.Path(os.environ.get("ASSAY_PROGRAMS", ROOT / "build/release/bin"))


def postgres_binaries():
    for version in ("17", "16", "15", "14"):
        folder = pathlib.Path(f"/usr/lib/postgresql/{version}/bin")
        if (folder / "initdb").exists():
            return folder
    raise SystemExit("PostgreSQL is not in /usr/lib/postgresql: deploy/setup packages")


class Service:
    """Usable as `with Service(folder) as service:`. `folder` is removed at the end."""

    def __init__(self, parent=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-leaderboard-", dir=parent))
        self.folder.chmod(0o755)
        self.address = ""
        self._binaries = postgres_binaries()
        self._sockets = self.folder / "sockets"
        self._data = self.folder / "data"
        self._postgres = None
        self._coordinator = None
        # PostgreSQL does not run as root.
        self._user = "postgres" if os.geteuid() == 0 else None

    def __enter__(self):
        try:
            self._sockets.mkdir()
            if self._user:
                owner = pwd.getpwnam(self._user)
                for path in (self.folder, self._sockets):
                    os.chown(path, owner.pw_uid, owner.pw_gid)
            subprocess.run([self._binaries / "initdb", "--pgdata", self._data, "--username=assay", "--auth=trust",
                            "--encoding=UTF8", "--locale=C"], user=self._user, cwd="/", check=True,
                           stdout=subprocess.DEVNULL)
            self.start_postgres()
            self.psql("CREATE DATABASE assay", database="postgres")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self):
        return f"postgresql:///assay?host={self._sockets}&user=assay"

    def start_postgres(self, *options):
        """With its usual settings but for `options`, each as "name=value"."""
        with open(self.folder / "postgres.log", "a") as log:
            self._postgres = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, "-k", self._sockets, "-c", "listen_addresses=",
                 *(part for option in options for part in ("-c", option))],
                user=self._user, cwd="/", stdout=log, stderr=subprocess.STDOUT)
        self._wait(lambda: subprocess.run([self._binaries / "pg_isready", "-q", "-h", self._sockets, "-U", "assay"],
                                          check=False).returncode == 0, "PostgreSQL")

    def stop_postgres(self):
        self._postgres.send_signal(signal.SIGINT)
        self._postgres.wait()

    def start_coordinator(self):
        address = self.folder / "address"
        address.unlink(missing_ok=True)
        with open(self.folder / "coordinator.log", "a") as log:
            self._coordinator = subprocess.Popen(
                [PROGRAMS / "assay-coordinator", "--database", self.url(), "--listen", "127.0.0.1:0",
                 "--address-file", address], stdout=log, stderr=subprocess.STDOUT)
        self._wait(lambda: address.exists() and address.read_text(), "the coordinator")
        self.address = address.read_text()

    def stop(self):
        for process, stop in ((self._coordinator, signal.SIGTERM), (self._postgres, signal.SIGINT)):
            if process is not None and process.poll() is None:
                process.send_signal(stop)
                process.wait()
        self._coordinator = self._postgres = None

    def restart_cold(self):
        """Both programs anew, nothing in memory that can be dropped. False where the system's cache stays."""
        self.psql("CHECKPOINT")
        self.stop()
        dropped = True
        os.sync()
        try:
            pathlib.Path("/proc/sys/vm/drop_caches").write_text("3")
        except OSError:
            dropped = False
        self.start_postgres()
        self.start_coordinator()
        return dropped

    def psql_command(self, database="assay"):
        return [self._binaries / "psql", "--no-psqlrc", "-q", "-v", "ON_ERROR_STOP=1", "-h", self._sockets, "-U", "assay", "-d", database]

    def psql(self, sql, database="assay", stdin=None):
        """The lines that the statements print."""
        result = subprocess.run([*self.psql_command(database), "-tA", "-c", sql], check=True, stdout=subprocess.PIPE,
                                stdin=stdin or subprocess.DEVNULL)
        return result.stdout.decode().splitlines()

    def copy(self, table, columns, lines):
        """COPY of `lines`, an iterable of texts that each hold whole rows."""
        command = [*self.psql_command(), "-c", f"COPY {table} ({columns}) FROM STDIN"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        for text in lines:
            process.stdin.write(text)
        process.stdin.close()
        if process.wait() != 0:
            raise SystemExit(f"COPY of {table} failed")

    def assay(self, *arguments):
        """The client's standard output, and the seconds that the whole command took."""
        environment = {**os.environ, "ASSAY_COORDINATOR": self.address, "NO_COLOR": "1"}
        begin = time.monotonic()
        result = subprocess.run([PROGRAMS / "assay", *map(str, arguments)], env=environment, check=True, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return result.stdout, time.monotonic() - begin

    def worker(self):
        return subprocess.Popen([PROGRAMS / "leaderboard_worker", self.address], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)

    def _wait(self, condition, what):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.05)
        raise SystemExit(f"{what} does not start; see {self.folder}")

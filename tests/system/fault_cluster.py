"""A cluster for the fault tests: PostgreSQL, two coordinators and workers as processes of their own, each of which may be killed,
frozen and started again, with a proxy on every way between them. Its model is tiny and random, so that a job takes seconds."""

import array
import json
import os
import pathlib
import pwd
import random
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

from fault_proxy import FaultProxy
from service import JOB_SECONDS, PROGRAMS, SAMPLE_DATA, START_SECONDS, wait_until

LEASE_SECONDS = 2


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def write_tiny_model(folder, seed=1):
    """A Llama of random weights whose tokens are bytes, in the form of a Hugging Face folder."""
    folder.mkdir(parents=True)
    hidden, inner, layers, heads, vocabulary, positions = 128, 384, 12, 4, 258, 8192
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "hidden_size": hidden,
        "intermediate_size": inner, "num_hidden_layers": layers, "num_attention_heads": heads, "num_key_value_heads": heads,
        "max_position_embeddings": positions, "rms_norm_eps": 1e-5, "vocab_size": vocabulary, "tie_word_embeddings": True,
        "rope_theta": 10000.0, "bos_token_id": 256, "eos_token_id": 257, "torch_dtype": "float32"}))
    shapes = {"model.embed_tokens.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    for i in range(layers):
        layer = f"model.layers.{i}."
        shapes |= {layer + "input_layernorm.weight": (hidden,), layer + "post_attention_layernorm.weight": (hidden,)}
        shapes |= {layer + f"self_attn.{name}_proj.weight": (hidden, hidden) for name in "qkvo"}
        shapes |= {layer + "mlp.gate_proj.weight": (inner, hidden), layer + "mlp.up_proj.weight": (inner, hidden),
                   layer + "mlp.down_proj.weight": (hidden, inner)}
    numbers = random.Random(seed)
    header, data = {}, b""
    for name, shape in shapes.items():
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        values = array.array("f", ([1.0] * count if len(shape) == 1 else (numbers.gauss(0, 0.2) for _ in range(count))))
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [len(data), len(data) + 4 * count]}
        data += values.tobytes()
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
    # GPT-2's letters for bytes.
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    letters |= {byte: chr(256 + i) for i, byte in enumerate(b for b in range(256) if b not in plain)}
    special = [{"id": 256 + i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
                "special": True} for i, content in enumerate(["<s>", "</s>"])]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    (folder / "tokenizer.json").write_text(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
        "pre_tokenizer": byte_level, "post_processor": None, "decoder": byte_level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": False, "byte_fallback": False, "merges": [],
                  "vocab": {letter: byte for byte, letter in letters.items()}}}))
    (folder / "tokenizer_config.json").write_text(json.dumps({
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "add_bos_token": True}))


def postgres_binaries():
    """The folder of the newest PostgreSQL's programs, or of the one that tests/reference/postgres_versions names."""
    if named := os.environ.get("ASSAY_TEST_POSTGRES"):
        return pathlib.Path(named)
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
    if not found:
        raise AssertionError("PostgreSQL is not installed: deploy/setup packages")
    return found[-1].parent


class Process:
    """A program that is started again and again; its log lives on."""

    def __init__(self, name, command, log, environment=None, user=None):
        self.name = name
        self._command = command
        self._log = self.log_path = log
        self._environment = environment
        self._user = user
        self._popen = None
        self.starts = 0
        self.exits = []  # (exit code, whether it was told to end)

    def start(self):
        self.starts += 1
        command = [str(part).replace("{start}", str(self.starts)) for part in self._command]
        extra = {} if self._user is None else {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}
        with open(self._log, "a") as log:
            self._popen = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                                           env=self._environment or os.environ, start_new_session=True, **extra)

    def is_running(self):
        return self._popen is not None and self._popen.poll() is None

    def signal(self, number):
        """To the program and its children."""
        if self._popen is not None and self._popen.poll() is None:
            try:
                os.killpg(self._popen.pid, number)
            except ProcessLookupError:
                pass

    def signal_itself(self, number):
        if self._popen is not None and self._popen.poll() is None:
            self._popen.send_signal(number)

    def wait(self, seconds=60):
        return self._popen.wait(timeout=seconds)

    def kill(self):
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGKILL)
        if self._popen is not None:
            self._popen.wait()

    def log_end(self, size=3000):
        path = pathlib.Path(self._log)
        return path.read_text(errors="replace")[-size:] if path.exists() else ""


class Cluster:
    """Usable as `with Cluster() as cluster:`. `workers` of them, `coordinators` of these; `database_folder` must be reachable for
    PostgreSQL's user. `clocks`: seconds by which those of "postgres", "coordinator" and "worker" are wrong."""

    def __init__(self, workers=2, coordinators=2, lease_seconds=LEASE_SECONDS, database_folder=None, clocks=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-faults-"))
        self.folder.chmod(0o755)
        self.lease_seconds = lease_seconds
        # PostgreSQL's user must be able to read it.
        self._clock_shift = shutil.copy(PROGRAMS.parent / "lib/clock_shift.so", self.folder) if clocks else None
        self._clocks = clocks or {}
        self._binaries = postgres_binaries()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._postgres_port = free_port()
        self._database_folder = pathlib.Path(database_folder or self.folder / "database")
        self.proxies = []
        self.postgres = Process("postgres", [
            *self._clock("postgres"), self._binaries / "postgres", "-D", self._database_folder, "-p", self._postgres_port, "-k",
            self._database_folder, "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=32MB", "-c", "fsync=off"],
            self.folder / "postgres.log", user=self._user)
        self.coordinators, self.to_database, self.to_coordinator = [], [], []
        for i in range(coordinators):
            port = free_port()
            self.to_database.append(self._proxy(self._postgres_port))
            self.to_coordinator.append(self._proxy(port))
            self.coordinators.append(Process(
                f"coordinator-{i}", [*self._clock("coordinator"), PROGRAMS / "assay-coordinator", "--listen", f"127.0.0.1:{port}", "--lease-seconds",
                                     lease_seconds, "--database-wait-seconds", 600],
                self.folder / f"coordinator-{i}.log",
                {**os.environ, "ASSAY_DATABASE": f"postgresql://assay@{self.to_database[i].address}/assay"}))
            self.coordinators[i].port = port
        self.direct_addresses = ",".join(f"127.0.0.1:{c.port}" for c in self.coordinators)
        self.workers = [self.make_worker(f"worker-{i}") for i in range(workers)]

    def _clock(self, kind):
        """What goes before a command line so that its clock is wrong."""
        shift = self._clocks.get(kind, 0)
        return ["env", f"LD_PRELOAD={self._clock_shift}", f"ASSAY_CLOCK_SHIFT={shift}"] if shift else []

    def _proxy(self, port):
        proxy = FaultProxy(port)
        self.proxies.append(proxy)
        return proxy

    def make_worker(self, name, environment=None, *options):
        return Process(name, [*self._clock("worker"), PROGRAMS / "assay-worker", "--coordinator", ",".join(p.address for p in self.to_coordinator),
                              "--threads", 1, "--worker-id", name + ".{start}", "--grace-seconds", 5, "--remote-shards", 0, *options],
                       self.folder / f"{name}.log", {**os.environ, **(environment or {})})

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self):
        self._database_folder.mkdir(parents=True, exist_ok=True)
        extra = {}
        if self._user is not None:
            shutil.chown(self._database_folder, self._user)
            extra = {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}
        subprocess.run([self._binaries / "initdb", "-D", self._database_folder, "-U", "assay", "--auth=trust", "--encoding=UTF8",
                        "--locale=C", "--no-sync", "--no-instructions"], check=True, stdout=subprocess.DEVNULL, cwd="/", **extra)
        self.start_postgres()
        self.sql("CREATE DATABASE assay TEMPLATE template0 ENCODING 'UTF8'", database="postgres")
        for process in [*self.coordinators, *self.workers]:
            process.start()
        wait_until(lambda: self.run("jobs", check=False).returncode == 0, START_SECONDS, "a coordinator answers")
        write_tiny_model(self.folder / "model")
        for benchmark in ("mmlu", "bbh"):
            self.run("dataset", "import", benchmark, SAMPLE_DATA / benchmark)
        self.run("model", "add", "tiny", self.folder / "model")
        self.wait_for_workers()

    def start_postgres(self):
        self.postgres.start()

        def answers():
            if not self.postgres.is_running():
                # As a service manager does. A session of the server that was killed may live until its statement has ended, and
                # for so long a new server refuses the folder.
                self.postgres.start()
            return self.sql("SELECT 1", database="postgres", check=False) == "1"

        wait_until(answers, START_SECONDS, lambda: f"PostgreSQL answers\n{self.postgres.log_end()}")

    def wait_for_workers(self):
        names = {worker.name for worker in self.workers if worker.is_running()}
        wait_until(lambda: names <= {w["worker_id"].split(".")[0] for w in self.json("workers")["workers"] if w["connected"]},
                   START_SECONDS, "the workers are connected")

    def close(self):
        for process in [*self.workers, *self.coordinators, self.postgres]:
            process.kill()
        for proxy in self.proxies:
            proxy.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def everything(self):
        return [self.postgres, *self.coordinators, *self.workers]

    def ensure(self):
        """Starts again what has ended; what is frozen is thawed; every way is open."""
        for proxy in self.proxies:
            proxy.heal()
        for process in self.everything():
            process.signal(signal.SIGCONT)
        if not self.postgres.is_running():
            self.start_postgres()
        for process in [*self.coordinators, *self.workers]:
            if not process.is_running():
                process.start()

    def logs(self):
        """To be shown with a failure."""
        return "\n".join(f"--- {process.name}\n{process.log_end()}" for process in self.everything())

    def sql(self, query, database="assay", check=True):
        """The first column of the first row."""
        result = subprocess.run([self._binaries / "psql", "-h", "127.0.0.1", "-p", str(self._postgres_port), "-U", "assay", "-d", database,
                                 "-XAtc", query], capture_output=True, text=True, cwd="/")
        if check and result.returncode != 0:
            raise AssertionError(f"{query}: {result.stderr}")
        return result.stdout.strip()

    def run(self, *arguments, check=True, timeout=JOB_SECONDS, addresses=None):
        """The client, with both coordinators to choose from."""
        result = subprocess.run([PROGRAMS / "assay", *map(str, arguments)], text=True, stdin=subprocess.DEVNULL, capture_output=True,
                                timeout=timeout, env={"ASSAY_NO_REUSE": "1", **os.environ, "NO_COLOR": "1",
                                                      "ASSAY_COORDINATOR": addresses or self.direct_addresses})
        if check and result.returncode != 0:
            raise AssertionError(f"assay {' '.join(map(str, arguments))}: exit code {result.returncode}\n"
                                 f"{result.stdout}{result.stderr}\n{self.logs()}")
        return result

    def json(self, *arguments):
        return json.loads(self.run(*arguments, "--format", "json").stdout)

    def submit(self, *options, benchmark="mmlu,bbh"):
        return self.json("eval", "--detach", "--model", "tiny", "--benchmark", benchmark, *options)["job_id"]

    def job(self, job_id):
        return next(job for job in self.json("jobs")["jobs"] if job["job_id"] == job_id)

    def predictions(self, job_id):
        """As they must be whatever happens."""
        rows = self.json("predictions", job_id)["predictions"]
        for row in rows:
            del row["cached_tokens"], row["run_id"]
        return rows

    def done(self, job_id):
        """Predictions of the job that are stored; None while the database does not answer."""
        count = self.sql(f"SELECT sum(items_done) FROM runs WHERE job_id = {job_id}", check=False)
        return int(count) if count else None

    def ended(self, job_id):
        return self.sql(f"SELECT state FROM jobs WHERE job_id = {job_id}", check=False) not in ("", "pending", "running")

    def wait(self, job_id, seconds=JOB_SECONDS):
        end = time.monotonic() + seconds
        while not self.ended(job_id):
            if time.monotonic() > end:
                open_shards = self.sql(f"SELECT string_agg(concat_ws(' ', shard_id, s.state, attempt, failures, worker_id, deadline - now(),"
                                       f" reserved_for, reserved_until - now()), E'\\n') FROM shards s JOIN runs USING (run_id)"
                                       f" WHERE job_id = {job_id} AND s.state IN ('pending', 'leased')", check=False)
                raise AssertionError(f"job {job_id} has not ended within {seconds} s:\n{open_shards}\n{self.logs()}")
            time.sleep(0.05)

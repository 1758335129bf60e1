"""The ceiling: a bare COPY of rows that were just committed into the same table, by as many connections as the coordinators have."""

import resource
import subprocess
import time

CONNECTIONS = 16  # of one coordinator: kDatabaseConnections in coordinator/main.cc
ROWS = 20_000  # of each connection
COLUMNS = ("sample_index, prompt, prompt_sha256, prompt_tokens, cached_tokens, shots_used, over_max_input, truncated, "
           "output, output_token_ids, finish_reason, choice_loglikelihoods, error, program_outcome, generated_tokens, shard_id, lease_id, "
           "committed")
FORMATS = ("binary", "text")


class Ceiling:
    def __init__(self, cluster):
        self._cluster = cluster
        self._run = 2_000_000_000

    def measure(self, coordinators):
        """By format: rows each second, and microseconds of processor time for each."""
        return {form: self._copy(form, CONNECTIONS * coordinators) for form in FORMATS}

    def _copy(self, form, connections):
        psql = self._cluster.psql_command()
        files = []
        for _ in range(connections):
            self._run += 1
            files.append(self._cluster.folder / f"rows-{len(files)}")
            select = (f"SELECT {self._run}::bigint, (row_number() OVER () - 1)::integer, {COLUMNS} FROM (SELECT * FROM predictions "
                      f"WHERE run_id < 1000000000 LIMIT {ROWS}) rows")
            with open(files[-1], "wb") as file:
                subprocess.run([*psql, "-c", f"COPY ({select}) TO STDOUT (FORMAT {form})"], stdout=file, check=True)
        processes = []
        begin = time.monotonic()
        used = self._processor_seconds()
        for path in files:
            with open(path, "rb") as file:
                processes.append(subprocess.Popen([*psql, "-c", f"COPY predictions (run_id, item_ordinal, {COLUMNS}) FROM STDIN (FORMAT {form})"], stdin=file))
        codes = [process.wait() for process in processes]
        seconds = time.monotonic() - begin
        time.sleep(0.2)  # until the server has noted the ends of its sessions
        used = self._processor_seconds() - used
        for path in files:
            path.unlink()
        if any(codes):
            raise SystemExit("a bare COPY failed")
        return connections * ROWS / seconds, used / connections / ROWS * 1e6

    def _processor_seconds(self):
        """Of clients and sessions that have ended."""
        clients = resource.getrusage(resource.RUSAGE_CHILDREN)
        return clients.ru_utime + clients.ru_stime + self._cluster.ended_sessions_seconds()

"""A TCP proxy that disturbs what goes through it: delays, stalls in one direction or both (half-open), resets, refusals."""

import asyncio
import socket
import struct
import threading

TO_SERVER, TO_CLIENT = 0, 1


def _reset(writer):
    """Closes with RST, as a machine does that knows nothing of the connection."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except OSError:
            pass
    writer.transport.abort()


class FaultProxy:
    """Listens at a port of its own of 127.0.0.1 for as long as it lives. Thread-safe."""

    def __init__(self, target_port):
        self._target_port = target_port
        self._stalled = [False, False]
        self._delay = 0.0
        self._refuse = False
        self._connections = set()
        self._changed = None
        self.count = 0  # connections so far
        ready = threading.Event()

        def run():
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._start())
            ready.set()
            self._loop.run_forever()
            self._loop.close()

        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        ready.wait()

    async def _start(self):
        self._changed = asyncio.Condition()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _set(self, **values):
        for name, value in values.items():
            setattr(self, "_" + name, value)
        async with self._changed:
            self._changed.notify_all()

    def heal(self):
        """Passes everything on again; what was held back arrives now."""
        self._call(self._set(stalled=[False, False], delay=0.0, refuse=False))

    def delay(self, seconds):
        """Every piece arrives so much later."""
        self._call(self._set(delay=seconds))

    def stall(self, to_server=True, to_client=True):
        """Nothing arrives any more, and neither side is told."""
        self._call(self._set(stalled=[to_server, to_client]))

    def refuse(self):
        """Resets all connections, and every new one at once."""
        self._call(self._set(refuse=True))
        self.reset()

    def reset(self):
        """Resets all connections; what was held back is lost."""
        async def do():
            for pair in list(self._connections):
                for writer in pair:
                    _reset(writer)
        self._call(do())

    def close(self):
        async def do():
            self._server.close()
            for pair in list(self._connections):
                for writer in pair:
                    _reset(writer)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
        self._call(do())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _serve(self, reader, writer):
        if self._refuse:
            _reset(writer)
            return
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            _reset(writer)
            return
        self.count += 1
        pair = (writer, server_writer)
        self._connections.add(pair)
        try:
            await asyncio.gather(self._pump(reader, server_writer, TO_SERVER), self._pump(server_reader, writer, TO_CLIENT))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            self._connections.discard(pair)
            for each in pair:
                each.transport.abort()

    async def _pump(self, reader, writer, direction):
        while True:
            piece = await reader.read(1 << 16)
            if self._delay:
                await asyncio.sleep(self._delay)
            async with self._changed:
                await self._changed.wait_for(lambda: not self._stalled[direction])
            if not piece:
                writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()

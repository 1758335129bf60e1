"""Calls to a coordinator, or to the next one when it is gone."""

from __future__ import annotations

import pathlib
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import grpc

from .errors import AssayError, Unavailable, error_of

_CONNECT_SECONDS = 3.0
_RETRY_SECONDS = 15.0
_OPTIONS = [("grpc.max_receive_message_length", 64 * 1024 * 1024)]


def _read(path: str | pathlib.Path | None) -> bytes | None:
    return None if path is None else pathlib.Path(path).read_bytes()


class Connection:
    """Thread-safe. Stays with one coordinator as long as that answers."""

    def __init__(self, addresses: Sequence[str], *, token: str | None, tls_ca: str | pathlib.Path | None,
                 tls_certificate: str | pathlib.Path | None, tls_key: str | pathlib.Path | None, timeout: float) -> None:
        if not addresses:
            raise ValueError("no address of a coordinator")
        self.addresses = list(addresses)
        self.timeout = timeout
        self._metadata = () if token is None else (("authorization", f"Bearer {token}"),)
        self._lock = threading.Lock()
        self._current = 0
        if tls_ca is None and tls_certificate is None:
            self._channels = [grpc.insecure_channel(address, options=_OPTIONS) for address in self.addresses]
        else:
            credentials = grpc.ssl_channel_credentials(_read(tls_ca), _read(tls_key), _read(tls_certificate))
            self._channels = [grpc.secure_channel(address, credentials, options=_OPTIONS) for address in self.addresses]

    def close(self) -> None:
        for channel in self._channels:
            channel.close()

    def _channel(self) -> grpc.Channel:
        """That of a coordinator that is there, if one is."""
        with self._lock:
            first = self._current
        if len(self._channels) == 1:
            return self._channels[0]
        for offset in range(len(self._channels)):
            place = (first + offset) % len(self._channels)
            try:
                grpc.channel_ready_future(self._channels[place]).result(timeout=_CONNECT_SECONDS)
            except grpc.FutureTimeoutError:
                continue
            with self._lock:
                self._current = place
            return self._channels[place]
        return self._channels[first]

    def _go_on(self) -> None:
        with self._lock:
            self._current = (self._current + 1) % len(self._channels)

    def call(self, stub: Callable[[grpc.Channel], Any], method: str, request: Any) -> Any:
        """One call and its answer; tried with each coordinator until one is there."""
        for left in reversed(range(len(self._channels))):
            try:
                return getattr(stub(self._channel()), method)(request, timeout=self.timeout, metadata=self._metadata)
            except grpc.RpcError as error:
                if left == 0 or error.code() != grpc.StatusCode.UNAVAILABLE:
                    raise error_of(error) from None
                self._go_on()
        raise AssertionError("there is an address")

    def submit(self, stub: Callable[[grpc.Channel], Any], method: str, request: Any) -> Any:
        """A call of a method that takes a submission key: sent again when its answer is lost, and carried out once."""
        request.submission_key = uuid.uuid4().hex
        end = time.monotonic() + _RETRY_SECONDS
        wait = 0.5
        while True:
            try:
                return self.call(stub, method, request)
            except Unavailable:
                if time.monotonic() + wait > end:
                    raise
            time.sleep(wait * random.uniform(0.75, 1.25))
            wait *= 2

    def send(self, stub: Callable[[grpc.Channel], Any], method: str, requests: Iterator[Any]) -> Any:
        """A call that streams its request. Not sent again."""
        try:
            return getattr(stub(self._channel()), method)(requests, timeout=self.timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise error_of(error) from None

    def watch(self, stub: Callable[[grpc.Channel], Any], method: str, request: Any, timeout: float | None) -> Iterator[Any]:
        """The answers of a call that streams them; the call ends with the iterator."""
        call = getattr(stub(self._channel()), method)(request, timeout=timeout, metadata=self._metadata)
        try:
            yield from call
        except grpc.RpcError as error:
            failure: AssayError = error_of(error)
            if isinstance(failure, Unavailable):
                self._go_on()
            raise failure from None
        finally:
            call.cancel()

"""Reads and writes frames of tensorpool streams in place, in shared memory, as NumPy arrays.

Needs NumPy and the ``tensorpool`` executable, and no compiler. The executable speaks the protocol (leases, epochs, losses, flow);
this module maps the memory that it names::

    import tensorpool

    with tensorpool.open("camera-1") as stream:        # an id, or the name of the data source
        for frame in stream:
            mean = frame.array.mean()                  # in place, not writeable
            if frame.intact:                           # it was not overwritten meanwhile
                print(frame.seq, mean)

    with tensorpool.publish("sim", (480, 640), "uint16") as publisher:
        publisher.next()[...] = 7                      # in place
        publisher.commit()

The executable is found by the environment variable ``TENSORPOOL`` (a path, or a command line), else on ``PATH``.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import mmap
import os
import platform
import select
import shlex
import shutil
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections import deque
from typing import Any, AsyncIterator, Callable, Deque, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

__version__ = "0.1.0"
__all__ = [
    "ExecutableError",
    "Frame",
    "FrameOverwritten",
    "NoDriverError",
    "NoExecutableError",
    "NoStreamError",
    "NotAttachedError",
    "Publisher",
    "RefusedError",
    "Stream",
    "StreamEnded",
    "TensorPoolError",
    "open",
    "publish",
]

_log = logging.getLogger("tensorpool")
#: Loads are ordered here, so that a commit word that is loaded after the values tells whether they were intact. Elsewhere the
#: executable is asked.
_HAS_ORDERED_LOADS = platform.machine() in ("x86_64", "AMD64")

_CLAIMS_VERSION = 1
#: Many times the longest record, which is a region with its path.
_BUFFER_BYTES = 1 << 16
_CREDIT, _RELEASE, _CHECK, _MAPPED, _CLAIM, _COMMIT, _ABORT = range(1, 8)
_HELLO, _REGION, _GONE, _STATE, _FRAME, _LOSS, _VERDICT, _SLOT, _REFUSED, _DROPPED, _ATTRIBUTE = range(16, 27)
_OVERWRITTEN, _GIVES_CREDIT = 1, 2
_REFUSALS = {1: "no-pool", 2: "not-attached", 3: "ended"}

_HEAD = struct.Struct("<II")
_PAIR = struct.Struct("<II")
_REQUEST = struct.Struct("<IIII")
_CLAIM_REQUEST = struct.Struct("<IIQ")
_COMMIT_REQUEST = struct.Struct("<III4sQ64s")
_COMMIT_LAYOUT = struct.Struct("<hBB")
_COMMIT_SHAPE = struct.Struct("<8i8i")
_REGION_RECORD = struct.Struct("<8xIIQQIIII")
_FRAME_RECORD = struct.Struct("<8xIIQQIIQQQQQ")
_LAYOUT = struct.Struct("<hBB4x8i8q8s")
_LOSS_RECORD = struct.Struct("<8x24sQ")
_ATTRIBUTE_RECORD = struct.Struct("<8x5I")
_SLOT_RECORD = struct.Struct("<8xIIQQQQI4x")
_REFUSED_RECORD = struct.Struct("<8xI4xQ")
_SUPERBLOCK = struct.Struct("<QIQI")
_MAGIC = 0x544F504C53484D31

_CODES = {
    "uint8": 1,
    "int8": 2,
    "uint16": 3,
    "int16": 4,
    "uint32": 5,
    "int32": 6,
    "uint64": 7,
    "int64": 8,
    "float32": 9,
    "float64": 10,
    "bool": 11,
    "bytes": 13,
    "bit": 14,
}
_NAMES = {code: name for name, code in _CODES.items()}


class TensorPoolError(Exception):
    """The base of all errors of this module. The message is the executable's where it has one."""


class NoExecutableError(TensorPoolError):
    """There is no ``tensorpool`` executable: neither ``TENSORPOOL`` nor ``PATH`` leads to one."""


class ExecutableError(TensorPoolError):
    """The executable ended although it should not have: its last words."""


class NoDriverError(TensorPoolError):
    """No driver answered in time. Start ``tensorpool driver``, or pass ``standalone=True`` on both sides."""


class NoStreamError(TensorPoolError):
    """No stream of this id or name was announced in time."""


class RefusedError(TensorPoolError):
    """The driver refused: another producer has the stream, or the request does not fit it."""


class StreamEnded(TensorPoolError):
    """The stream has ended (``once=True``), or the :class:`Stream` was closed."""


class FrameOverwritten(TensorPoolError):
    """The frame was overwritten before it was copied. It is counted as lost under ``changed``."""


class NotAttachedError(TensorPoolError):
    """No slot could be had in time: there is no driver, or it has not given another lease yet."""


# --- the executable -------------------------------------------------------------------------------------------------------


def find_executable() -> List[str]:
    """The command that starts the executable: of ``TENSORPOOL`` (a path, or a command line), else of ``PATH``.

    Raises :class:`NoExecutableError` when there is none.
    """
    named = os.environ.get("TENSORPOOL", "")
    if named:
        command = [named] if os.path.exists(named) else shlex.split(named)
        if command and shutil.which(command[0]):
            return command
        raise NoExecutableError(f"TENSORPOOL={named}: there is no such executable; set it to the path of `tensorpool`")
    found = shutil.which("tensorpool")
    if found is None:
        raise NoExecutableError(
            "there is no `tensorpool` on PATH; put the executable there, or set TENSORPOOL to its path"
        )
    return [found]


_processes: "weakref.WeakSet[_Process]" = weakref.WeakSet()


def _forget_in_child() -> None:
    """A child of fork() would keep the pipes open, and the executable alive beyond its user."""
    for process in list(_processes):
        process.abandon()


os.register_at_fork(after_in_child=_forget_in_child)


class _Process:
    """The executable with its pipes: requests go to its standard input, records come from its standard output."""

    def __init__(self, arguments: Sequence[str]) -> None:
        command = [*find_executable(), *arguments]
        environment = dict(os.environ)
        levels = environment.get("TENSORPOOL_LOG", "info")
        # The kind of an error is logged at this level.
        environment["TENSORPOOL_LOG"] = f"{levels},tensorpool=debug"
        environment["NO_COLOR"] = "1"
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env=environment,
                # Ctrl-C is Python's: it closes the stream, and the executable ends in order.
                start_new_session=True,
            )
        except OSError as error:
            raise NoExecutableError(f"{command[0]}: cannot be started: {error}") from error
        assert self._child.stdin is not None and self._child.stdout is not None and self._child.stderr is not None
        self._stdin = self._child.stdin.fileno()
        self.fd = self._child.stdout.fileno()
        self._errors: Deque[str] = deque(maxlen=200)
        self._errors_end = threading.Thread(target=self._read_errors, name="tensorpool stderr", daemon=True)
        self._errors_end.start()
        self._poll = select.poll()
        self._poll.register(self.fd, select.POLLIN)
        # Records are read into one buffer, and looked at there: those from `_at` to `_end` are still to be taken.
        self._buffer = bytearray(_BUFFER_BYTES)
        self._view = memoryview(self._buffer)
        self._at = self._end = 0
        self.has_ended = False
        self.is_closed = False
        _processes.add(self)

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, data: bytes) -> None:
        """Sends whole requests; what a process that has ended does not take is dropped."""
        try:
            sent = os.write(self._stdin, data)
            while sent < len(data):
                sent += os.write(self._stdin, memoryview(data)[sent:])
        except BrokenPipeError:
            return

    def record(self) -> Optional[Tuple[int, bytearray, int, int]]:
        """The next record that is here: its kind, the buffer, where it begins and its length. None when there is none."""
        buffer, at = self._buffer, self._at
        left = self._end - at
        if left < 8:
            return None
        length, kind = _HEAD.unpack_from(buffer, at)
        if left < length:
            return None
        self._at = at + length
        return kind, buffer, at, length

    def fill(self, timeout: Optional[float]) -> bool:
        """Waits for bytes and reads them; False when the time is up. ``has_ended`` is true after the last."""
        if self.has_ended:
            return True
        if timeout is not None and not self._poll.poll(max(0, timeout) * 1000):
            return False
        left = self._end - self._at
        if self._at > 0:
            self._view[:left] = self._view[self._at : self._end]
            self._at = 0
        count = os.readv(self.fd, (self._view[left:],))
        self._end = left + count
        if count == 0:
            self.has_ended = True
        return True

    def failure(self) -> Optional[TensorPoolError]:
        """Why the process has ended; None when it ended in order."""
        code = self._child.wait()
        self._errors_end.join(5)
        if code == 0:
            return None
        lines = list(self._errors)
        messages = [line[len("tensorpool: ") :] for line in lines if line.startswith("tensorpool: ")]
        message = messages[-1] if messages else (lines[-1] if lines else f"the executable ended with code {code}")
        text = "\n".join(lines)
        if "AttachError refused" in text:
            return RefusedError(message)
        if code == 3:
            return NoDriverError(message) if "AttachError" in text else NoStreamError(message)
        if code == 2:
            return RefusedError(message)
        return ExecutableError(f"{message} (exit code {code})")

    def close(self, patience: float = 10.0) -> None:
        """Closes the pipes and waits for the end, which the executable comes to in order. Idempotent."""
        if self.is_closed:
            return
        self.is_closed = True
        self.has_ended = True
        _processes.discard(self)
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.close()
        for stop in (None, self._child.terminate, self._child.kill):
            if stop is not None:
                stop()
            try:
                self._child.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        self._child.stdout.close()
        self._errors_end.join(5)
        if self._child.stderr is not None:
            self._child.stderr.close()

    def abandon(self) -> None:
        """In a child of fork(): the pipes are the parent's alone."""
        self.is_closed = True
        self.has_ended = True
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                os.close(pipe.fileno())
                # The object must not close the number again, which may be another file's by then.
                pipe.close = lambda: None  # type: ignore[method-assign]

    def _read_errors(self) -> None:
        assert self._child.stderr is not None
        try:
            for line in iter(self._child.stderr.readline, b""):
                text = line.decode("utf-8", "replace").rstrip("\n")
                self._errors.append(text)
                _log.debug("%s", text)
        except (OSError, ValueError):
            return


class _Region:
    """A mapped file of a stream. A shared lock on the file is held for as long as anything refers to the memory."""

    def __init__(self, record: bytearray, at: int, writeable: bool) -> None:
        self.id, self.kind, length, self.epoch, stream, nslots, slot_bytes, name_length = _REGION_RECORD.unpack_from(
            record, at
        )
        self.path = os.fsdecode(bytes(record[at + 48 : at + 48 + name_length]))
        fd = os.open(self.path, (os.O_RDWR if writeable else os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            # Held by the open file description, which the mapping duplicates.
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            stat = os.fstat(fd)
            if stat.st_nlink == 0:
                raise FileNotFoundError(f"{self.path} was removed")
            length = min(length, stat.st_size)
            access = mmap.ACCESS_WRITE if writeable else mmap.ACCESS_READ
            self.memory = mmap.mmap(fd, length, access=access)
        finally:
            os.close(fd)
        magic, _, epoch, of_stream = _SUPERBLOCK.unpack_from(self.memory, 0)
        needed = 64 + nslots * slot_bytes
        if magic != _MAGIC or epoch != self.epoch or of_stream != stream or length < needed:
            raise FileNotFoundError(f"{self.path} is not the region of stream {stream}, epoch {self.epoch}")
        self.words = memoryview(self.memory)[: length - length % 8].cast("Q") if self.kind == 1 else None


def _timeout_argument(timeout: Optional[float]) -> List[str]:
    return [] if timeout is None else ["--attach-timeout", f"{max(1, round(timeout * 1000))}ms"]


def _place_arguments(standalone: bool, aeron_dir: Optional[str], shm_dir: Optional[str]) -> List[str]:
    arguments = ["--standalone"] if standalone else []
    if aeron_dir is not None:
        arguments += ["--aeron-dir", aeron_dir]
    if shm_dir is not None:
        arguments += ["--shm-dir", shm_dir]
    return arguments


# --- reading --------------------------------------------------------------------------------------------------------------


class Frame:
    """A frame in shared memory. It is given back when the next one is taken: after that its memory may be overwritten."""

    __slots__ = (
        "_array",
        "_attributes",
        "_layout",
        "_offset",
        "_pool",
        "_ring",
        "_stream",
        "_token",
        "_word",
        "_word_index",
        "epoch",
        "lost",
        "meta_version",
        "nbytes",
        "seq",
        "timestamp_ns",
    )

    #: Number of the frame within its epoch, from 0.
    seq: int
    #: Generation of the stream: another one after its producer or driver was restarted.
    epoch: int
    #: By default CLOCK_MONOTONIC nanoseconds when the producer began the frame.
    timestamp_ns: int
    #: Version of the attributes that the frame goes with.
    meta_version: int
    #: Bytes of the values.
    nbytes: int
    #: Frames that were lost since the frame before, by cause; empty when none were.
    lost: Mapping[str, int]

    @property
    def dtype(self) -> str:
        """Element type by the stream's name for it: as NumPy's, and ``bytes`` and ``bit``."""
        return self._layout[0]

    @property
    def shape(self) -> Tuple[int, ...]:
        """At most eight dimensions; of ``bit`` frames in bits."""
        return self._layout[1]

    @property
    def order(self) -> str:
        """``"C"`` (row major) or ``"F"`` (column major)."""
        return self._layout[4]

    @property
    def attributes(self) -> Mapping[str, Union[str, bytes]]:
        """What the producer says beside the values (a gain, a calibration), by name: text as str, other formats as bytes.

        Empty until they have come, which takes at most about a second after the stream was mapped.
        """
        return dict(self._attributes.get(self.meta_version, _NO_ATTRIBUTES))

    @property
    def age(self) -> float:
        """Seconds since the timestamp, if that is of CLOCK_MONOTONIC."""
        return (time.monotonic_ns() - self.timestamp_ns) / 1e9

    @property
    def array(self) -> np.ndarray:
        """The values in place: an array over the shared memory itself, not writeable, with the frame's shape and strides.

        ``bytes`` frames are ``uint8``. ``bit`` frames are the packed bytes in one dimension: ``numpy.unpackbits(frame.array,
        bitorder="little", count=n)`` unpacks them. The memory stays mapped while the array is referred to, but is overwritten
        once the producer has gone round its ring.
        """
        if self._array is None:
            _, shape, strides, dtype, _ = self._layout
            if strides is None:
                shape = (self.nbytes,)
            self._array = np.ndarray(shape, dtype, buffer=self._pool.memory, offset=self._offset, strides=strides)
        return self._array

    @property
    def intact(self) -> bool:
        """True when the frame was not overwritten until now: what was read of ``array`` before is valid.

        One load on x86-64. Elsewhere the executable is asked, and a frame that was given back counts as overwritten.
        """
        if _HAS_ORDERED_LOADS:
            return self._has_word()
        return self._stream is not None and self._stream._ask(self)

    def copy(self) -> np.ndarray:
        """A copy of ``array`` that belongs to the caller, checked after it was made.

        Raises :class:`FrameOverwritten` when the frame was overwritten meanwhile.
        """
        made = self.array.copy(order="K")
        if not self.intact:
            raise FrameOverwritten(
                f"frame {self.seq} was overwritten before it was copied; copy frames sooner, or give the stream more slots"
            )
        return made

    def _has_word(self) -> bool:
        return self._ring.words[self._word_index] == self._word

    def __repr__(self) -> str:
        return f"<Frame {self.seq} of epoch {self.epoch}: {self.dtype} {self.shape}>"


_NO_LOSSES: Mapping[str, int] = {}
_NO_ATTRIBUTES: Mapping[str, Union[str, bytes]] = {}


class Stream:
    """Frames of one stream, made by :func:`open`: iterate over it (``for`` or ``async for``), or call :meth:`read` or :meth:`latest`.

    One frame is taken at a time, by one thread. Closing it (``with``, :meth:`close`) ends the executable in order.
    """

    def __init__(self, arguments: Sequence[str], is_latest: bool, depth: int) -> None:
        self._process = _Process(arguments)
        self._is_latest = is_latest
        self._depth = depth
        self._regions: Dict[int, _Region] = {}
        self._layouts: Dict[bytes, Tuple[str, Tuple[int, ...], Optional[Tuple[int, ...]], np.dtype, str]] = {}
        self._frames: Deque[Frame] = deque()
        self._held: Optional[Frame] = None
        self._requests = bytearray()
        self._pending = 0
        self._is_requested = False
        self._verdicts: Dict[int, bool] = {}
        self._lost: Dict[str, int] = {}
        self._lost_before: Dict[str, int] = {}
        # Of the mapped epoch, by meta_version; another dict for the next epoch.
        self._attributes: Dict[int, Dict[str, Union[str, bytes]]] = {}
        self._meta_version = -1
        self._state = 0
        if not is_latest:
            self._request(_CREDIT, depth)
        self._flush()
        try:
            self._await_stream()
        except BaseException:
            self._process.close()
            raise

    @property
    def lost(self) -> Mapping[str, int]:
        """Frames that were lost so far, by cause. README.md says what the causes are."""
        return dict(self._lost)

    @property
    def pid(self) -> int:
        """Process id of the executable."""
        return self._process.pid

    @property
    def attributes(self) -> Mapping[str, Union[str, bytes]]:
        """The attributes that came last, as far as records were read; empty before. A frame has those that it goes with."""
        return dict(self._attributes.get(self._meta_version, _NO_ATTRIBUTES))

    @property
    def is_mapped(self) -> bool:
        """True while the stream has a producer, as far as records were read."""
        return self._state == 2

    def read(self, timeout: Optional[float] = None) -> Optional[Frame]:
        """The next frame, after at most ``timeout`` seconds (None: no limit); None when the time is up.

        Raises :class:`StreamEnded` at the end, and what the executable ended with if that was no orderly end.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self._give_back()
        while True:
            frame = self._take()
            if frame is not None:
                return frame
            self._flush()
            left = None if deadline is None else deadline - time.monotonic()
            if not self._process.fill(left):
                return None

    def latest(self, timeout: Optional[float] = None) -> Optional[Frame]:
        """The newest frame: what is older is passed over. Waits for one, at most ``timeout`` seconds; None when the time is up.

        With ``mode="latest"`` the executable chooses, and passes over without loss. Otherwise the newest of those that were handed
        over already.
        """
        frame = self.read(timeout)
        if self._is_latest or frame is None:
            return frame
        while True:
            while self._process.fill(0) and not self._process.has_ended:
                self._parse()
            self._give_back()
            newer = self._take()
            if newer is None:
                self._held = frame
                return frame
            frame = newer

    def __iter__(self) -> Iterator[Frame]:
        return self

    def __next__(self) -> Frame:
        try:
            frame = self.read()
        except StreamEnded:
            raise StopIteration from None
        assert frame is not None
        return frame

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self

    async def __anext__(self) -> Frame:
        self._give_back()
        try:
            while True:
                frame = self._take()
                if frame is not None:
                    return frame
                self._flush()
                await self._readable()
                self._process.fill(0)
        except StreamEnded:
            raise StopAsyncIteration from None

    def close(self) -> None:
        """Gives the frame back and ends the executable. Arrays that are still referred to stay mapped. Idempotent."""
        if self._process.is_closed:
            return
        self._give_back()
        self._flush()
        self._process.close()
        self._regions.clear()
        self._frames.clear()

    def __enter__(self) -> "Stream":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            process.close()

    def _await_stream(self) -> None:
        """Waits until there is a lease, or a producer; the executable ends when that takes too long."""
        while self._state == 0:
            self._parse()
            if self._state != 0:
                return
            if self._process.has_ended:
                raise self._process.failure() or StreamEnded("the stream has ended")
            self._flush()
            self._process.fill(None)

    async def _readable(self) -> None:
        if self._process.has_ended:
            return
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        loop.add_reader(self._process.fd, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(self._process.fd)

    def _take(self) -> Optional[Frame]:
        """A frame that is here and not overwritten yet; None when there is none."""
        if not self._frames:
            self._parse()
        while self._frames:
            frame = self._frames.popleft()
            self._held = frame
            if frame._has_word():
                return frame
            self._give_back()
        if self._process.has_ended:
            self._parse()
            if not self._frames:
                if self._process.is_closed:
                    raise StreamEnded("this stream was closed")
                raise self._process.failure() or StreamEnded("the stream has ended")
            return self._take()
        if self._is_latest and not self._is_requested:
            self._is_requested = True
            self._request(_CREDIT, 1)
        return None

    def _give_back(self) -> None:
        frame, self._held = self._held, None
        if frame is None:
            return
        flags = 0 if self._is_latest else _GIVES_CREDIT
        if not frame._has_word():
            flags |= _OVERWRITTEN
        frame._stream = None
        self._request(_RELEASE, frame._token, flags)
        self._pending += 1
        if self._pending * 2 >= self._depth:
            self._flush()

    def _request(self, kind: int, value: int, flags: int = 0) -> None:
        self._requests += _REQUEST.pack(16, kind, value, flags)

    def _flush(self) -> None:
        if self._requests:
            requests, self._requests = self._requests, bytearray()
            self._pending = 0
            self._process.send(requests)

    def _ask(self, frame: Frame) -> bool:
        """Asks the executable, whose loads are ordered, whether the frame is intact."""
        token = frame._token
        self._request(_CHECK, token)
        self._flush()
        while token not in self._verdicts:
            if self._process.has_ended:
                return False
            self._process.fill(None)
            self._parse()
        return self._verdicts.pop(token)

    def _parse(self) -> None:
        """Takes all records that are here."""
        process = self._process
        while True:
            record = process.record()
            if record is None:
                return
            kind, buffer, at, _ = record
            if kind == _FRAME:
                self._on_frame(buffer, at)
            elif kind == _LOSS:
                name, total = _LOSS_RECORD.unpack_from(buffer, at)
                self._lost[name.rstrip(b"\0").decode()] = total
            elif kind == _STATE:
                self._state = _PAIR.unpack_from(buffer, at + 8)[0]
            elif kind == _REGION:
                self._on_region(buffer, at)
            elif kind == _GONE:
                self._regions.pop(_PAIR.unpack_from(buffer, at + 8)[0], None)
            elif kind == _ATTRIBUTE:
                self._on_attribute(buffer, at)
            elif kind == _VERDICT:
                token, intact = _PAIR.unpack_from(buffer, at + 8)
                self._verdicts[token] = intact == 1
            elif kind == _HELLO:
                _require_version(buffer, at)

    def _on_attribute(self, buffer: bytearray, at: int) -> None:
        version, _, key_bytes, format_bytes, value_bytes = _ATTRIBUTE_RECORD.unpack_from(buffer, at)
        key_at, format_at = at + 28, at + 28 + key_bytes
        value_at = format_at + format_bytes
        value = bytes(buffer[value_at : value_at + value_bytes])
        is_text = buffer[format_at:value_at].startswith(b"text/")
        if version not in self._attributes:
            self._attributes[version] = {}
            # The executable keeps four versions as well.
            for old in list(self._attributes)[:-4]:
                del self._attributes[old]
        key = buffer[key_at:format_at].decode("utf-8", "replace")
        self._attributes[version][key] = value.decode("utf-8", "replace") if is_text else value
        self._meta_version = version

    def _on_region(self, buffer: bytearray, at: int) -> None:
        # A header ring begins an epoch, whose versions of attributes are its own.
        if _PAIR.unpack_from(buffer, at + 8)[1] == 1:
            self._attributes = {}
        try:
            region = _Region(buffer, at, writeable=False)
        except (OSError, ValueError) as error:
            # The epoch has ended meanwhile; another one is announced.
            _log.info("a region is gone: %s", error)
            self._request(_MAPPED, _PAIR.unpack_from(buffer, at + 8)[0])
        else:
            self._regions[region.id] = region
            self._request(_MAPPED, region.id)
        self._flush()

    def _on_frame(self, buffer: bytearray, at: int) -> None:
        frame = Frame.__new__(Frame)
        (
            frame._token,
            pool,
            frame._offset,
            frame.nbytes,
            ring,
            frame.meta_version,
            word_offset,
            frame._word,
            frame.seq,
            frame.epoch,
            frame.timestamp_ns,
        ) = _FRAME_RECORD.unpack_from(buffer, at)
        self._is_requested = False
        if pool not in self._regions or ring not in self._regions:
            self._request(_RELEASE, frame._token, _OVERWRITTEN | (0 if self._is_latest else _GIVES_CREDIT))
            return
        frame._pool = self._regions[pool]
        frame._ring = self._regions[ring]
        frame._word_index = word_offset // 8
        frame._stream = self
        frame._array = None
        frame._attributes = self._attributes
        key = bytes(buffer[at + 80 : at + 192])
        layout = self._layouts.get(key)
        if layout is None:
            layout = self._layouts[key] = _layout_of(key)
        frame._layout = layout
        frame.lost = _NO_LOSSES
        if self._lost != self._lost_before:
            before = self._lost_before
            frame.lost = {cause: n - before.get(cause, 0) for cause, n in self._lost.items() if n > before.get(cause, 0)}
            self._lost_before = dict(self._lost)
        self._frames.append(frame)


def _require_version(buffer: bytearray, at: int) -> None:
    version = _PAIR.unpack_from(buffer, at + 8)[0]
    if version != _CLAIMS_VERSION:
        raise ExecutableError(
            f"the executable hands over claims of version {version}, this module takes version {_CLAIMS_VERSION}: "
            "use the module of the same release"
        )


def _layout_of(key: bytes) -> Tuple[str, Tuple[int, ...], Optional[Tuple[int, ...]], np.dtype, str]:
    code, order, ndims, *rest = _LAYOUT.unpack(key)
    shape = tuple(rest[:ndims])
    name = _NAMES[code]
    strides = None if name == "bit" else tuple(rest[8 : 8 + ndims])
    return name, shape, strides, np.dtype(rest[16].rstrip(b"\0").decode()), "C" if order == 1 else "F"


def open(  # noqa: A001 - as in tensorpool.open
    stream: Union[int, str] = 10_000,
    *,
    mode: str = "stream",
    once: bool = False,
    depth: int = 16,
    timeout: Optional[float] = 10.0,
    standalone: bool = False,
    aeron_dir: Optional[str] = None,
    shm_dir: Optional[str] = None,
    arguments: Sequence[str] = (),
) -> Stream:
    """Opens a stream for reading and waits until it can be read.

    ``stream``: its id, or the name of its data source. ``mode``: ``"stream"`` takes every frame, ``"latest"`` the newest at each
    look. ``once``: iteration ends with the producer; otherwise it continues with the next one (another ``epoch``). ``depth``: frames
    that are handed over at most at a time, and no more than a quarter of the stream's slots. ``timeout``: seconds to wait for the
    driver or, standalone, for the stream; None waits without limit. ``standalone``: read from a producer without a driver.
    ``arguments``: further flags of ``tensorpool consumer``.

    Raises :class:`NoExecutableError`, :class:`NoDriverError`, :class:`NoStreamError`, :class:`RefusedError`.
    """
    if mode not in ("stream", "latest"):
        raise ValueError(f'mode: expected "stream" or "latest", found {mode!r}')
    if depth < 1:
        raise ValueError(f"depth: expected at least 1, found {depth}")
    command = ["consumer", "--sink", "claims:-", "--stream", str(stream), "--mode", mode]
    command += ["--once"] if once else ["--no-once"]
    # The executable rests as soon as it has nothing to do, and leaves the processor to Python.
    if "--idle" not in arguments:
        command += ["--idle", "park"]
    command += _place_arguments(standalone, aeron_dir, shm_dir) + _timeout_argument(timeout)
    return Stream([*command, *arguments], mode == "latest", depth)


# --- writing --------------------------------------------------------------------------------------------------------------


def _wire_dtype(dtype: Any) -> Tuple[str, np.dtype]:
    """The stream's name of a dtype, and the array's. Raises ValueError for what the protocol does not have."""
    if isinstance(dtype, str) and dtype in ("bytes", "bit"):
        return dtype, np.dtype(np.uint8)
    made = np.dtype(dtype)
    if made.name not in _CODES or not made.isnative:
        raise ValueError(
            f"dtype: expected one of {', '.join(_CODES)}, little-endian, found {made.str}; convert it with astype()"
        )
    return made.name, made


class _SlotLayout:
    """What the array over a slot is like, and what COMMIT says of it."""

    __slots__ = ("_dtype", "_in_memory", "_order", "_span", "code", "nbytes", "shape_code")

    def __init__(self, shape: Tuple[int, ...], dtype: Any, order: str, strides: Optional[Sequence[int]]) -> None:
        name, self._dtype = _wire_dtype(dtype)
        self.nbytes, self._span, self._in_memory = _extent(name, self._dtype, shape, order, strides)
        self._order = order
        self.code = _COMMIT_LAYOUT.pack(_CODES[name], 1 if order == "C" else 2, len(shape))
        padding = (0,) * (8 - len(shape))
        on_wire = (0,) * len(shape) if strides is None else tuple(strides)
        self.shape_code = _COMMIT_SHAPE.pack(*shape, *padding, *on_wire, *padding)

    def array(self, memory: mmap.mmap, offset: int) -> np.ndarray:
        return np.ndarray(self._in_memory, self._dtype, memory, offset, self._span, self._order)


class Publisher:
    """Publishes frames of one stream, made by :func:`publish`: :meth:`next` gives a slot to fill in place, :meth:`commit` publishes it.

    One slot is claimed at a time, by one thread. A slot that is not committed when the publisher closes, or its process dies, is
    aborted and counted.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        shape: Tuple[int, ...],
        dtype: Any,
        order: str,
        max_bytes: int,
        timeout: Optional[float],
    ) -> None:
        self._shape = shape
        self._dtype = dtype
        self._order = order
        self._max_bytes = max_bytes
        self._timeout = timeout
        self._regions: Dict[int, _Region] = {}
        self._token: Optional[int] = None
        self._array: Optional[np.ndarray] = None
        self._default = _SlotLayout(shape, dtype, order, None)
        #: Of the slot that is claimed.
        self._layout = self._default
        self._lost: Dict[str, int] = {}
        self._state = 0
        self._refusal: Optional[Tuple[str, int]] = None
        self._slot: Optional[Tuple[int, ...]] = None
        #: Number of the frame that was claimed last, and the epoch that it belongs to.
        self.seq = -1
        self.epoch = 0
        self._process = _Process(arguments)
        try:
            # The executable ends when there is no lease in time.
            self._wait_while(lambda: self._state == 0, None)
        except BaseException:
            self._process.close()
            raise

    @property
    def lost(self) -> Mapping[str, int]:
        """Slots that were lost after they were claimed, by cause (``ended``: the lease ended, with a driver for example)."""
        return dict(self._lost)

    @property
    def pid(self) -> int:
        """Process id of the executable."""
        return self._process.pid

    def next(
        self,
        shape: Optional[Sequence[int]] = None,
        dtype: Any = None,
        *,
        order: Optional[str] = None,
        strides: Optional[Sequence[int]] = None,
        timeout: Optional[float] = None,
    ) -> np.ndarray:
        """Claims a slot: a writeable array over the shared memory itself, of whatever was in it before.

        ``shape``, ``dtype``, ``order`` (``"C"`` or ``"F"``): as the publisher's when left out. ``strides``: bytes from one element to
        the next, for arrays that are not contiguous. ``timeout``: seconds to wait for a slot while there is no lease. The array is
        made read-only by :meth:`commit`; views that were made of it are not, and must not be written to.

        Raises :class:`NotAttachedError` when no slot could be had in time, ValueError for a frame that no pool holds.
        """
        if self._token is not None:
            raise TensorPoolError("a slot is claimed already: commit() or abort() it before the next one")
        if shape is None and dtype is None and order is None and strides is None:
            layout = self._default
        else:
            layout = _SlotLayout(
                self._shape if shape is None else tuple(int(dim) for dim in shape),
                self._dtype if dtype is None else dtype,
                self._order if order is None else order,
                strides,
            )
        nbytes = layout.nbytes
        if nbytes > self._max_bytes:
            raise ValueError(f"a frame of {nbytes} bytes: expected at most max_bytes={self._max_bytes}")
        limit = self._timeout if timeout is None else timeout
        deadline = None if limit is None else time.monotonic() + limit
        slot = self._claim(nbytes, deadline)
        token, pool, offset, _, self.seq, self.epoch, _ = slot
        region = self._regions.get(pool)
        if region is None:
            self._process.send(_REQUEST.pack(16, _ABORT, token, 0))
            raise NotAttachedError("the regions of the stream are gone: its lease has just ended; claim again")
        self._token = token
        self._layout = layout
        self._array = layout.array(region.memory, offset)
        return self._array

    def commit(self, timestamp_ns: Optional[int] = None) -> None:
        """Publishes the slot. ``timestamp_ns``: CLOCK_MONOTONIC nanoseconds; when the slot was claimed if left out."""
        if self._token is None or self._array is None:
            raise TensorPoolError("no slot is claimed: call next() first")
        layout, array = self._layout, self._array
        request = _COMMIT_REQUEST.pack(88, _COMMIT, self._token, layout.code, timestamp_ns or 0, layout.shape_code)
        self._token = self._array = None
        self._process.send(request)
        array.flags.writeable = False

    def abort(self) -> None:
        """Gives the slot up: readers see a counted gap. Does nothing when none is claimed."""
        if self._token is None:
            return
        if self._array is not None:
            self._array.flags.writeable = False
        token, self._token, self._array = self._token, None, None
        self._process.send(_REQUEST.pack(16, _ABORT, token, 0))

    def put(self, array: Any, timestamp_ns: Optional[int] = None) -> None:
        """Copies an array into a slot and publishes it, with its own shape, dtype and order. Waits as :meth:`next`."""
        values = np.asarray(array)
        order = "F" if values.flags.f_contiguous and not values.flags.c_contiguous else "C"
        self.next(values.shape, values.dtype, order=order)[...] = values
        self.commit(timestamp_ns)

    def close(self) -> None:
        """Aborts what is claimed, and ends the stream and the executable in order. Idempotent."""
        if self._process.is_closed:
            return
        self.abort()
        self._process.close()
        self._regions.clear()

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def __del__(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            process.close()

    def _claim(self, nbytes: int, deadline: Optional[float]) -> Tuple[int, ...]:
        while True:
            self._slot = self._refusal = None
            self._process.send(_CLAIM_REQUEST.pack(16, _CLAIM, nbytes))
            try:
                self._wait_while(lambda: self._slot is None and self._refusal is None, deadline)
            except TimeoutError:
                self._process.close()
                raise NotAttachedError("no slot was given in time; this publisher is closed") from None
            if self._slot is not None:
                return self._slot
            assert self._refusal is not None
            if self._refusal[0] == "no-pool":
                raise ValueError(f"a frame of {nbytes} bytes: no pool of the stream has slots of that size")
            if deadline is not None and time.monotonic() > deadline:
                raise NotAttachedError("there is no lease on the stream; start its driver again")
            time.sleep(0.01)

    def _wait_while(self, is_missing: Callable[[], bool], deadline: Optional[float]) -> None:
        while True:
            self._parse()
            if not is_missing():
                return
            if self._process.has_ended:
                if self._process.is_closed:
                    raise StreamEnded("this publisher was closed")
                raise self._process.failure() or StreamEnded("the executable has ended")
            left = None if deadline is None else deadline - time.monotonic()
            if not self._process.fill(left):
                raise TimeoutError

    def _parse(self) -> None:
        while True:
            record = self._process.record()
            if record is None:
                return
            kind, buffer, at, _ = record
            if kind == _SLOT:
                self._slot = _SLOT_RECORD.unpack_from(buffer, at)
            elif kind == _REFUSED:
                reason, size = _REFUSED_RECORD.unpack_from(buffer, at)
                self._refusal = (_REFUSALS.get(reason, "unknown"), size)
            elif kind == _DROPPED:
                token, reason = _PAIR.unpack_from(buffer, at + 8)
                cause = _REFUSALS.get(reason, "unknown")
                self._lost[cause] = self._lost.get(cause, 0) + 1
            elif kind == _REGION:
                self._on_region(buffer, at)
            elif kind == _GONE:
                self._regions.pop(_PAIR.unpack_from(buffer, at + 8)[0], None)
            elif kind == _STATE:
                self._state = _PAIR.unpack_from(buffer, at + 8)[0]
            elif kind == _HELLO:
                _require_version(buffer, at)

    def _on_region(self, buffer: bytearray, at: int) -> None:
        # The header ring is the executable's.
        if _PAIR.unpack_from(buffer, at + 8)[1] == 1:
            return
        try:
            region = _Region(buffer, at, writeable=True)
        except (OSError, ValueError) as error:
            _log.info("a region is gone: %s", error)
        else:
            self._regions[region.id] = region


def _extent(
    name: str, dtype: np.dtype, shape: Tuple[int, ...], order: str, strides: Optional[Sequence[int]]
) -> Tuple[int, Optional[Tuple[int, ...]], Tuple[int, ...]]:
    """Bytes of a frame, the strides of its array (None: contiguous), and the shape of its array."""
    if len(shape) > 8 or any(dim < 0 for dim in shape):
        raise ValueError(f"shape: expected at most eight dimensions from 0 on, found {shape}")
    if order not in ("C", "F"):
        raise ValueError(f'order: expected "C" or "F", found {order!r}')
    count = 1
    for dim in shape:
        count *= dim
    if name == "bit":
        return (count + 7) // 8, None, ((count + 7) // 8,)
    if strides is None:
        return count * dtype.itemsize, None, shape
    if len(strides) != len(shape):
        raise ValueError(f"strides: expected one for each of {len(shape)} dimensions, found {tuple(strides)}")
    # As the protocol checks it: neither overlapping nor against the order.
    span = dtype.itemsize
    for dim, stride in reversed(list(zip(shape, strides))) if order == "C" else zip(shape, strides):
        if stride <= 0 or (dim > 1 and stride < span):
            raise ValueError(f"strides: expected {order} order without overlap, found {tuple(strides)} for {shape}")
        span += max(0, dim - 1) * stride
    return (0 if count == 0 else span), tuple(strides), shape


def publish(
    name: str,
    shape: Sequence[int],
    dtype: Any = "uint8",
    *,
    stream: int = 10_000,
    order: str = "C",
    max_bytes: Optional[int] = None,
    flow: str = "drop",
    timeout: Optional[float] = 10.0,
    standalone: bool = False,
    slots: Optional[int] = None,
    attributes: Optional[Mapping[str, str]] = None,
    aeron_dir: Optional[str] = None,
    shm_dir: Optional[str] = None,
    arguments: Sequence[str] = (),
) -> Publisher:
    """Publishes frames under the name of a data source, and waits until the first slot can be had.

    ``shape``, ``dtype`` (NumPy's, or ``"bytes"`` and ``"bit"``), ``order``: of frames that do not say otherwise. ``stream``: the
    stream's id. ``max_bytes``: the largest frame, if frames grow. ``flow``: ``"drop"`` never waits for readers, ``"wait"`` does,
    for 5 s a frame. ``timeout``: seconds to wait for a driver; None waits without limit. ``standalone``: without a driver; the
    regions are this publisher's, with so many ``slots``. ``attributes``: what readers need beside the values. ``arguments``:
    further flags of ``tensorpool producer``.

    Raises :class:`NoExecutableError`, :class:`NoDriverError`, :class:`RefusedError`, ValueError.
    """
    given = tuple(int(dim) for dim in shape)
    wire_name, made = _wire_dtype(dtype)
    nbytes = _extent(wire_name, made, given, order, None)[0]
    largest = max(nbytes, max_bytes or 0, 1)
    command = ["producer", "--source", f"claims:-,bytes={largest}", "--stream", str(stream), "--name", name, "--flow", flow]
    command += _place_arguments(standalone, aeron_dir, shm_dir)
    if not standalone:
        command += _timeout_argument(timeout)
    if slots is not None:
        command += ["--slots", str(slots)]
    for key, value in (attributes or {}).items():
        command += ["--attribute", f"{key}={value}"]
    # Slots are given as soon as they are asked for, and not only once a consumer is there.
    if flow == "wait" and "--wait-consumers" not in arguments:
        command += ["--wait-consumers", "0"]
    # The executable rests until Python asks, and is woken by that.
    if "--idle" not in arguments:
        command += ["--idle", "park"]
    return Publisher([*command, *arguments], given, dtype, order, largest, timeout)


# --- python -m tensorpool -------------------------------------------------------------------------------------------------


def doctor(write: Any = print) -> int:
    """Says what was found and what is missing; returns the exit code: 0 when all is there."""
    write(f"ok       Python {platform.python_version()}, NumPy {np.__version__}, this module {__version__}")
    checks = "by a load" if _HAS_ORDERED_LOADS else "by the executable"
    write(f"ok       {platform.machine()}: overwritten frames are noticed {checks}")
    try:
        command = find_executable()
    except NoExecutableError as error:
        write(f"missing  {error}")
        return 1
    try:
        done = subprocess.run([*command, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        write(f"missing  {shlex.join(command)}: does not run: {error}")
        return 1
    version = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
        write(f"missing  {shlex.join(command)}: does not run: {last}")
        return 1
    write(f"ok       {shlex.join(command)}: version {version}")
    sinks = subprocess.run([*command, "consumer", "--help"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if b"claims:-" not in sinks.stdout:
        write("missing  the executable has no sink claims:-; use one of the same release as this module")
        return 1
    free = os.statvfs("/dev/shm")
    write(f"ok       /dev/shm: {free.f_bavail * free.f_frsize >> 20} MiB free")
    write("next     `tensorpool doctor` looks at the machine, `tensorpool ls` at drivers and streams")
    return 0


def _main(arguments: Sequence[str]) -> int:
    if list(arguments) == ["doctor"]:
        return doctor()
    if list(arguments) in ([], ["--help"], ["-h"]):
        print("usage: python -m tensorpool doctor    says what was found and what is missing")
        return 0 if arguments else 2
    print(f"python -m tensorpool: expected doctor, found {' '.join(arguments)}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))

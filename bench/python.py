"""How fast frames come to Python: this client, multiprocessing.shared_memory with a queue, and pyzmq with pickle, side by side.

Run by `npm run bench -- python`. Each consumer reads the whole frame (a sum over it), or only its first byte ("taken").
"""

import multiprocessing
import os
import pickle
import sys
import tempfile
import time
from multiprocessing import shared_memory

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "clients", "python"))
import tensorpool  # noqa: E402

SLOTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
SPAWN = multiprocessing.get_context("spawn")


def consume(frames, is_touched):
    """Frames per second over SECONDS, after the first."""
    count, total, begin = 0, 0, None
    for array in frames:
        total += int(array.sum(dtype=np.uint64)) if is_touched else int(array[0])
        now = time.monotonic()
        if begin is None:
            begin = now
            continue
        count += 1
        if now - begin > SECONDS:
            break
    return count / (now - begin)


def publish(where, size, stop, gap):
    with tensorpool.publish("bench", (size,), slots=SLOTS, standalone=True, flow="wait", timeout=None, **where) as publisher:
        while not stop.is_set():
            slot = publisher.next()
            if gap == 0:
                slot[:64] = 1
                publisher.commit()
            else:
                publisher.commit(time.monotonic_ns())
                time.sleep(gap)


def ours(size, measure, gap=0.0):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        where = {"aeron_dir": place + "/aeron", "shm_dir": place + "/regions"}
        stop = SPAWN.Event()
        producer = SPAWN.Process(target=publish, args=(where, size, stop, gap))
        producer.start()
        try:
            with tensorpool.open(10_000, standalone=True, timeout=60, **where) as stream:
                return measure(stream)
        finally:
            stop.set()
            producer.join()
            # The media driver that was started for this place ends when it is unused for ten seconds.
            time.sleep(0.1)


def hand_over(stream):
    ages = []
    for frame in stream:
        ages.append(time.monotonic_ns() - frame.timestamp_ns)
        if len(ages) == 500:
            break
    ages = sorted(ages[50:])
    return ages[len(ages) // 2] / 1e3, ages[len(ages) * 99 // 100] / 1e3


def fill_shared(name, size, free, full):
    memory = shared_memory.SharedMemory(name=name)
    slots = np.ndarray((SLOTS, size), np.uint8, buffer=memory.buf)
    while True:
        index = free.get()
        if index is None:
            break
        slots[index, :64] = 1
        full.put(index)
    del slots
    memory.close()


def shared(size, is_touched):
    memory = shared_memory.SharedMemory(create=True, size=SLOTS * size)
    free, full = SPAWN.Queue(), SPAWN.Queue()
    slots = np.ndarray((SLOTS, size), np.uint8, buffer=memory.buf)
    slots[:] = 0
    for index in range(SLOTS):
        free.put(index)
    producer = SPAWN.Process(target=fill_shared, args=(memory.name, size, free, full))
    producer.start()

    def frames():
        while True:
            index = full.get()
            yield slots[index]
            free.put(index)

    rate = consume(frames(), is_touched)
    free.put(None)
    while producer.is_alive():
        try:
            full.get(timeout=0.1)
        except Exception:  # queue.Empty: the producer has nothing more
            producer.join(0.1)
    del slots
    memory.close()
    memory.unlink()
    return rate


def send_pickled(address, size, stop):
    import zmq

    socket = zmq.Context().socket(zmq.PUSH)
    socket.setsockopt(zmq.SNDHWM, 4)
    socket.setsockopt(zmq.LINGER, 0)
    socket.connect(address)
    array = np.ones(size, np.uint8)
    while not stop.is_set():
        try:
            socket.send(pickle.dumps(array, protocol=5), flags=zmq.NOBLOCK)
        except zmq.Again:
            time.sleep(0.0001)


def pickled(size, is_touched):
    try:
        import zmq
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as folder:
        address = f"ipc://{folder}/bench"
        socket = zmq.Context().socket(zmq.PULL)
        socket.setsockopt(zmq.RCVHWM, 4)
        socket.bind(address)
        stop = SPAWN.Event()
        producer = SPAWN.Process(target=send_pickled, args=(address, size, stop))
        producer.start()
        rate = consume((pickle.loads(socket.recv()) for _ in iter(int, 1)), is_touched)
        stop.set()
        producer.join()
        socket.close(0)
        return rate


def main():
    p50, p99 = ours(4096, hand_over, gap=0.002)
    print(f"hand-over, 4 KiB, 500 frames/s   p50 {p50:.0f} us, p99 {p99:.0f} us (commit in Python to frame in Python)")
    print(f"{'frames/s':32} {'tensorpool':>12} {'shared_memory':>14} {'pyzmq, pickle':>14}")
    for label, size, is_touched in [
        ("64 KiB, taken", 64 << 10, False),
        ("64 KiB, touched", 64 << 10, True),
        ("8 MiB, touched", 8 << 20, True),
    ]:
        rates = [
            ours(size, lambda stream, touched=is_touched: consume((frame.array for frame in stream), touched)),
            shared(size, is_touched),
            pickled(size, is_touched),
        ]
        cells = ["-" if rate is None else f"{rate:,.0f}" for rate in rates]
        print(f"{label:32} {cells[0]:>12} {cells[1]:>14} {cells[2]:>14}", flush=True)


if __name__ == "__main__":
    main()

"""How fast frames come to Python: this client, multiprocessing.shared_memory with a queue, and pyzmq with pickle, side by side.

Run by `npm run bench -- python`. Each consumer reads the whole frame (a sum over it: "touched"), copies it, or reads its first byte
("taken"). The consumer in Bun copies the frames of the same publisher in Python.
"""

import multiprocessing
import os
import pickle
import subprocess
import sys
import tempfile
import time
from multiprocessing import shared_memory

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "clients", "python"))
import tensorpool  # noqa: E402

SLOTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "2"))
#: Number of frames whose latency is measured, and seconds between them.
COUNT, GAP = 500, 0.002
SPAWN = multiprocessing.get_context("spawn")


def consume(frames, work):
    """Frames per second over SECONDS, after the first."""
    count, total, begin, copy = 0, 0, None, None
    for array in frames:
        if work == "touched":
            total += int(array.sum(dtype=np.uint64))
        elif work == "copied":
            copy = np.empty_like(array) if copy is None else copy
            np.copyto(copy, array)
        else:
            total += int(array[0])
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


def with_publisher(size, measure, gap=0.0):
    """What `measure` makes of the place in which a publisher in Python is at work."""
    with tempfile.TemporaryDirectory(dir="/dev/shm") as place:
        where = {"aeron_dir": place + "/aeron", "shm_dir": place + "/regions"}
        stop = SPAWN.Event()
        producer = SPAWN.Process(target=publish, args=(where, size, stop, gap))
        producer.start()
        try:
            return measure(where)
        finally:
            stop.set()
            producer.join()
            # The media driver that was started for this place ends after ten idle seconds.
            time.sleep(0.1)


def ours(size, measure, gap=0.0):
    def read(where):
        with tensorpool.open(10_000, standalone=True, timeout=60, **where) as stream:
            return measure(stream)

    return with_publisher(size, read, gap)


def in_bun(size):
    """Frames per second of a consumer in Bun that copies each of them."""
    module = os.path.join(os.path.dirname(os.path.abspath(__file__)), "python-copy.ts")

    def read(where):
        command = tensorpool.find_executable() + ["consumer", "--standalone", "--sink", f"module:{module},seconds={SECONDS}"]
        command += ["--aeron-dir", where["aeron_dir"], "--shm-dir", where["shm_dir"]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as consumer:
            try:
                return float(consumer.stdout.readline())
            finally:
                consumer.terminate()

    return with_publisher(size, read)


def percentiles(ages):
    ages = sorted(ages[50:])
    return f"p50 {ages[len(ages) // 2] / 1e3:.0f} us, p99 {ages[len(ages) * 99 // 100] / 1e3:.0f} us"


def hand_over(stream):
    ages = []
    for frame in stream:
        ages.append(time.monotonic_ns() - frame.timestamp_ns)
        if len(ages) == COUNT:
            return percentiles(ages)


def stamp(queue):
    for _ in range(COUNT):
        queue.put(time.monotonic_ns())
        time.sleep(GAP)


def hand_over_queue():
    queue = SPAWN.Queue()
    producer = SPAWN.Process(target=stamp, args=(queue,))
    producer.start()
    ages = [time.monotonic_ns() - then for then in (queue.get() for _ in range(COUNT))]
    producer.join()
    return percentiles(ages)


def hand_over_pipe():
    """A byte over a bare pipe to a process that waits for it: one of the three wake-ups between commit and frame."""
    there, back = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        os.close(there[1])
        while os.read(there[0], 8):
            os.write(back[1], time.monotonic_ns().to_bytes(8, "little"))
        os._exit(0)
    ages = []
    for _ in range(COUNT):
        then = time.monotonic_ns()
        os.write(there[1], b"frame")
        ages.append(int.from_bytes(os.read(back[0], 8), "little") - then)
        time.sleep(GAP)
    os.close(there[1])
    os.waitpid(child, 0)
    return percentiles(ages)


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


def shared(size, work):
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

    rate = consume(frames(), work)
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


def pickled(size, work):
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
        rate = consume((pickle.loads(socket.recv()) for _ in iter(int, 1)), work)
        stop.set()
        producer.join()
        socket.close(0)
        return rate


def main():
    print("4 KiB, 500 frames/s, from commit in Python to frame in Python:")
    print(f"  tensorpool              {ours(4096, hand_over, GAP)}")
    print(f"  multiprocessing.Queue   {hand_over_queue()} (of the time alone)")
    print(f"  a bare pipe             {hand_over_pipe()} (one wake-up; tensorpool has three)", flush=True)
    print(f"{'frames/s':18} {'tensorpool':>12} {'Bun consumer':>14} {'shared_memory':>14} {'pyzmq, pickle':>14}")
    for label, size, work in [
        ("64 KiB, taken", 64 << 10, "taken"),
        ("64 KiB, touched", 64 << 10, "touched"),
        ("8 MiB, touched", 8 << 20, "touched"),
        ("8 MiB, copied", 8 << 20, "copied"),
    ]:
        rates = [
            ours(size, lambda stream, work=work: consume((frame.array for frame in stream), work)),
            in_bun(size) if work == "copied" else None,
            shared(size, work),
            pickled(size, work),
        ]
        cells = ["-" if rate is None else f"{rate:,.0f}" for rate in rates]
        print(f"{label:18} {cells[0]:>12} {cells[1]:>14} {cells[2]:>14} {cells[3]:>14}", flush=True)


if __name__ == "__main__":
    main()

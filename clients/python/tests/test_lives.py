"""What lives, dies and returns: producers, drivers, Python itself; and what is missing."""

import os
import random
import signal
import subprocess
import sys
import time
import unittest
from unittest import mock

import numpy as np
from place import PATIENCE, PlaceTest, is_alive, until

import tensorpool

#: Reads one stream and publishes another, until it is killed. Prints the process ids of its executables.
VICTIM = """
import sys
sys.path.insert(0, sys.argv[1])
import tensorpool
where = {"standalone": True, "aeron_dir": sys.argv[2], "shm_dir": sys.argv[3], "timeout": 40}
publisher = tensorpool.publish("victim", (4096,), stream=10001, slots=16, **where)
stream = tensorpool.open(10000, **where)
print(publisher.pid, stream.pid, flush=True)
while True:
    slot = publisher.next()
    frame = stream.read(0.05)
    if frame is not None:
        slot[: frame.nbytes] = frame.array
    publisher.commit()
"""


class LivesTest(PlaceTest):
    def test_a_reader_survives_its_producers(self):
        stream, first, epochs = None, None, []
        for n in range(3):
            publisher = self.publish((4,), slots=16)
            stream = stream or self.open()

            def read():
                publisher.next()[...] = n
                publisher.commit()
                frame = stream.read(0.1)
                return frame if frame is not None and frame.epoch == publisher.epoch else None

            frame = until(read, "a frame of the new epoch")
            self.assertEqual(frame.array.tolist(), [n] * 4)
            epochs.append(frame.epoch)
            first = first if first is not None else frame.array
            if n == 1:
                os.kill(publisher.pid, signal.SIGKILL)
            publisher.close()
        self.assertEqual(epochs, sorted(set(epochs)))
        # What is referred to stays mapped, in an epoch that is gone as well.
        self.assertEqual(first.shape, (4,))
        first.sum()

    def test_both_survive_the_driver(self):
        driver = self.driver()
        publisher = self.publish((4,), standalone=False)
        stream = self.open(standalone=False)
        epochs = []
        for n in range(2):

            def read():
                publisher.next(timeout=PATIENCE)[...] = n
                publisher.commit()
                return stream.read(0.1)

            frame = until(read, "a frame")
            while epochs and frame.epoch == epochs[-1]:
                frame = until(read, "a frame of the next epoch")
            self.assertEqual(frame.array.tolist(), [n] * 4)
            epochs.append(frame.epoch)
            if n == 0:
                driver.kill()
                driver.wait()
                driver = self.driver()
        self.assertLess(epochs[0], epochs[1])

    def test_errors_say_what_is_missing(self):
        with mock.patch.dict(os.environ, {"TENSORPOOL": "/nowhere/tensorpool"}):
            with self.assertRaisesRegex(tensorpool.NoExecutableError, "/nowhere/tensorpool"):
                tensorpool.open(10_000)
        with mock.patch.dict(os.environ, {"PATH": "/nowhere", "TENSORPOOL": ""}):
            with self.assertRaisesRegex(tensorpool.NoExecutableError, "TENSORPOOL"):
                tensorpool.open(10_000)
        with self.assertRaisesRegex(tensorpool.NoStreamError, "10009"):
            self.open(10_009, timeout=0.5)
        with self.assertRaises(tensorpool.NoDriverError):
            self.open(standalone=False, timeout=0.5)
        with self.assertRaises(tensorpool.NoDriverError):
            self.publish((1,), standalone=False, timeout=0.5)
        self.assertEqual(self.regions(), [])

    def test_a_second_publisher_is_refused(self):
        self.driver()
        self.publish((4,), standalone=False)
        with self.assertRaises(tensorpool.RefusedError):
            self.publish((4,), standalone=False, timeout=1)

    def test_frames_that_no_pool_of_the_driver_holds_are_refused(self):
        self.driver()
        with self.assertRaisesRegex(tensorpool.RefusedError, "pool"):
            self.publish((1 << 20,), standalone=False)

    def test_closing_leaves_nothing(self):
        with self.publish((4,), slots=16) as publisher, self.open() as stream:
            self.mapped(stream)
            pids = [publisher.pid, stream.pid]
            publisher.next()
        self.assertFalse([pid for pid in pids if is_alive(pid)])
        self.assertEqual(self.regions(), [])
        with self.assertRaises(tensorpool.StreamEnded):
            stream.read()

    def test_a_child_of_fork_does_not_keep_the_executable(self):
        publisher = self.publish((4,), slots=16)
        child = os.fork()
        if child == 0:
            time.sleep(PATIENCE)
            os._exit(0)
        try:
            publisher.close()
            self.assertFalse(is_alive(publisher.pid))
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)

    def test_python_that_is_killed_leaves_nothing_and_holds_up_no_other(self):
        publisher = self.publish((64,), slots=64)
        reader = self.mapped(self.open())
        client = os.path.join(os.path.dirname(__file__), "..")

        def flows():
            publisher.put(np.zeros(64, np.uint8))
            return reader.read(0.1) is not None

        for _ in range(int(os.environ.get("TENSORPOOL_TEST_KILLS", "5"))):
            victim = self.start(client, self.where["aeron_dir"], self.where["shm_dir"], script=VICTIM)
            pids = [int(word) for word in victim.stdout.readline().split()]
            end = time.monotonic() + random.uniform(0, 0.2)
            while time.monotonic() < end:
                flows()
            victim.kill()
            victim.wait()
            for _ in range(3):
                until(flows, "frames while the other is dead")
            until(lambda: not any(is_alive(pid) for pid in pids), "the executables of the dead to end")
            left = [name for name in self.left() if "10001" in name]
            self.assertEqual(left, [])

    def left(self):
        shm_dir = self.where["shm_dir"]
        return [os.path.join(folder, name) for folder, _, names in os.walk(shm_dir) for name in names]

    def test_doctor_says_what_it_found(self):
        client = os.path.join(os.path.dirname(__file__), "..")
        command = [sys.executable, "-m", "tensorpool", "doctor"]
        done = subprocess.run(command, cwd=client, stdout=subprocess.PIPE, check=False)
        self.assertEqual((done.returncode, done.stdout.count(b"ok ")), (0, 4), done.stdout)
        missing = {**os.environ, "TENSORPOOL": "/nowhere/tensorpool"}
        done = subprocess.run(command, cwd=client, stdout=subprocess.PIPE, env=missing, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"missing", done.stdout)


if __name__ == "__main__":
    unittest.main()

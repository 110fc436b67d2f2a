"""A place of a test's own, and waiting for conditions."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import tensorpool  # noqa: E402

#: Far longer than anything takes on a busy machine.
PATIENCE = 40.0


def until(condition, what):
    """Waits until a condition holds, and returns what it gave."""
    end = time.monotonic() + PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"expected {what}, waited {PATIENCE} s for it")
        time.sleep(0.005)


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class PlaceTest(unittest.TestCase):
    """A folder in /dev/shm for each test, with a media driver of its own; nothing of it is left."""

    def setUp(self):
        self.place = tempfile.mkdtemp(prefix="tensorpool-python-", dir="/dev/shm")
        self.where = {"aeron_dir": self.place + "/aeron", "shm_dir": self.place + "/regions"}
        self.children = []
        self.addCleanup(self.clean)

    def clean(self):
        for child in self.children:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout, child.stderr):
                if pipe is not None:
                    pipe.close()
        # What the roles have started for themselves serves this place alone.
        for pid in self.media_drivers():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        until(lambda: not self.media_drivers(), "the media drivers of the place to end")
        shutil.rmtree(self.place, ignore_errors=True)

    def media_drivers(self):
        pids = []
        for name in os.listdir("/proc"):
            if not name.isdigit():
                continue
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"media-driver" in words and self.where["aeron_dir"].encode() in words:
                pids.append(int(name))
        return pids

    def start(self, *arguments, script=None):
        """Starts the executable, or a Python script in the place."""
        command = [sys.executable, "-c", script] if script else tensorpool.find_executable()
        child = subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.children.append(child)
        return child

    def driver(self, *arguments):
        """Starts a driver of stream 10000, and waits until it serves."""
        where = ["--aeron-dir", self.where["aeron_dir"], "--shm-dir", self.where["shm_dir"]]
        driver = self.start("driver", *where, "--stream", "10000", "--slots", "32", "--pool", "64KiB", *arguments)
        for line in driver.stderr:
            if b"leases end" in line:
                return driver
        raise AssertionError("the driver ended")

    def publish(self, shape, dtype="uint8", **options):
        publisher = tensorpool.publish("sim", shape, dtype, **{"standalone": True, **self.where, "timeout": PATIENCE, **options})
        self.addCleanup(publisher.close)
        return publisher

    def open(self, stream=10_000, **options):
        opened = tensorpool.open(stream, **{"standalone": True, **self.where, "timeout": PATIENCE, **options})
        self.addCleanup(opened.close)
        return opened

    def mapped(self, stream):
        """Waits until a stream is mapped: frames that are published from then on are not missed."""

        def look():
            stream.read(0.01)
            return stream.is_mapped

        until(look, "the stream to be mapped")
        return stream

    def regions(self):
        """Names of files that are left of regions."""
        return [name for _, _, names in os.walk(self.where["shm_dir"]) for name in names if "." in name]

#!/usr/bin/env python3
"""A simulated detector: publishes pictures of a spot that moves in a circle, filled in place.

    tensorpool driver --stream 10000 --slots 64 --pool 1MiB
    python3 detector.py
"""

import argparse
import math
import os
import sys
import time

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "python"))
import tensorpool  # noqa: E402

HEIGHT, WIDTH = 240, 320

parser = argparse.ArgumentParser(description="publishes pictures of a simulated detector")
parser.add_argument("--stream", type=int, default=10_000, help="id of the stream")
parser.add_argument("--standalone", action="store_true", help="publish without a driver")
parser.add_argument("--frames", type=int, default=0, help="pictures to publish; 0: until Ctrl-C")
parser.add_argument("--rate", type=float, default=30, help="pictures per second")
options = parser.parse_args()

y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
published = 0
publisher = tensorpool.publish(
    "detector",
    (HEIGHT, WIDTH),
    "uint16",
    stream=options.stream,
    standalone=options.standalone,
    attributes={"gain": "2.5"},
)
with publisher:
    due = time.monotonic()
    try:
        while options.frames == 0 or published < options.frames:
            angle = published / 50
            distance = (x - WIDTH / 2 - 80 * math.cos(angle)) ** 2 + (y - HEIGHT / 2 - 80 * math.sin(angle)) ** 2
            # Writes the frame once, directly into shared memory.
            np.copyto(publisher.next(), 60_000 * np.exp(-distance / 200), casting="unsafe")
            publisher.commit()
            published += 1
            due += 1 / options.rate
            time.sleep(max(0.0, due - time.monotonic()))
    except KeyboardInterrupt:
        print()
print(f"published {published} frames")

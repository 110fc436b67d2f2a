#!/usr/bin/env python3
"""A processing loop: finds the brightest spot of each frame, in place, as a loop of OpenCV would.

    tensorpool driver --stream 10000 --slots 64 --pool 1MiB
    python3 detector.py
    python3 process.py

`cv2` functions take `frame.array` as it is: the array is read-only, so they must not write to it.
"""

import argparse
import os
import sys

import numpy as np

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "python"))
import tensorpool  # noqa: E402

parser = argparse.ArgumentParser(description="finds the brightest spot of each frame")
parser.add_argument("--stream", default="10000", help="id of the stream, or the name of its data source")
parser.add_argument("--standalone", action="store_true", help="read from a producer without a driver")
parser.add_argument("--once", action="store_true", help="end with the producer")
options = parser.parse_args()

processed = overwritten = 0
with tensorpool.open(options.stream, standalone=options.standalone, once=options.once, timeout=30) as stream:
    try:
        for frame in stream:
            spot = np.unravel_index(np.argmax(frame.array), frame.shape)
            # The result counts only if the frame is still intact.
            if not frame.intact:
                overwritten += 1
                continue
            processed += 1
            if processed % 100 == 1:
                print(f"frame {frame.seq}: brightest at {spot[1]},{spot[0]}, {frame.age * 1e3:.1f} ms old")
    except KeyboardInterrupt:
        print()
    print(f"processed {processed} frames, {overwritten} were overwritten meanwhile, lost: {dict(stream.lost)}")

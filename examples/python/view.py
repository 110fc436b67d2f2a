#!/usr/bin/env python3
"""Shows a stream with Matplotlib: the newest frame at each look (pip install matplotlib).

    python3 view.py camera-1
"""

import argparse
import os
import sys

import matplotlib.pyplot as plt

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "clients", "python"))
import tensorpool  # noqa: E402

parser = argparse.ArgumentParser(description="shows the newest frame of a stream")
parser.add_argument("stream", nargs="?", default="10000", help="id of the stream, or the name of its data source")
parser.add_argument("--standalone", action="store_true", help="read from a producer without a driver")
options = parser.parse_args()

with tensorpool.open(options.stream, mode="latest", standalone=options.standalone, timeout=None) as stream:
    picture = None
    figure, axes = plt.subplots()
    while plt.fignum_exists(figure.number):
        frame = stream.latest(timeout=0.1)
        if frame is not None:
            try:
                values = frame.copy()
            except tensorpool.FrameOverwritten:
                continue
            if picture is None or picture.get_array().shape != values.shape:
                axes.clear()
                picture = axes.imshow(values)
            picture.set_data(values)
            picture.autoscale()
            axes.set_title(f"frame {frame.seq}, {frame.age * 1e3:.0f} ms old")
        plt.pause(0.01)

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
parser.add_argument("--frames", type=int, default=0, help="frames to show; 0: until the window is closed")
parser.add_argument("--save", metavar="FILE", help="write the last view to an image file")
options = parser.parse_args()

shown = 0
with tensorpool.open(options.stream, mode="latest", standalone=options.standalone, timeout=None) as stream:
    picture = None
    figure, axes = plt.subplots()
    while plt.fignum_exists(figure.number) and (options.frames == 0 or shown < options.frames):
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
            shown += 1
        plt.pause(0.01)
    if options.save:
        figure.savefig(options.save)
print(f"showed {shown} frames")

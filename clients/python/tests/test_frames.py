"""Frames as they are: dtypes, orders, strides, memory, losses."""

import asyncio
import itertools
import unittest
from unittest import mock

import numpy as np
from place import PATIENCE, PlaceTest, until

import tensorpool

NUMBERS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64", "bool"]
#: Shapes that are special: a scalar, one element, nothing, eight dimensions.
SHAPES = [(), (1,), (3, 5), (0, 3), (2, 1, 2, 1, 2, 1, 2, 3)]


def memory_of(array):
    """The file that an array's first element is mapped from."""
    address = array.__array_interface__["data"][0]
    with open("/proc/self/maps", encoding="ascii") as maps:
        for line in maps:
            begin, end = (int(part, 16) for part in line.split()[0].split("-"))
            if begin <= address < end:
                return line.split()[-1], line.split()[1]
    return None


class FramesTest(PlaceTest):
    def test_dtypes_orders_and_shapes_are_bit_identical_both_ways(self):
        random = np.random.default_rng(20)
        with self.publish((1,), max_bytes=4096, slots=64, flow="wait") as publisher:
            stream = self.mapped(self.open())
            for name, order, shape in itertools.product(NUMBERS, "CF", SHAPES):
                with self.subTest(dtype=name, order=order, shape=shape):
                    dtype = np.dtype(name)
                    size = int(np.prod(shape)) * dtype.itemsize
                    raw = random.integers(0, 2 if name == "bool" else 256, size, dtype=np.uint8).tobytes()
                    sent = np.frombuffer(raw, dtype).reshape(shape, order=order)
                    slot = publisher.next(shape, name, order=order)
                    self.assertEqual((slot.shape, slot.dtype), (shape, dtype))
                    slot[...] = sent
                    publisher.commit()
                    frame = stream.read(PATIENCE)
                    self.assertEqual((frame.dtype, frame.shape, frame.order, frame.nbytes), (name, shape, order, size))
                    self.assertEqual(frame.array.dtype, dtype)
                    self.assertEqual(frame.array.tobytes(order), raw)
                    self.assertEqual(frame.copy().tobytes(order), raw)
            publisher.put(np.asfortranarray(np.arange(6, dtype="<i4").reshape(2, 3)))
            frame = stream.read(PATIENCE)
            self.assertEqual(frame.order, "F")
            self.assertEqual(frame.array.tolist(), [[0, 1, 2], [3, 4, 5]])
            self.assertEqual(stream.lost, {})

    def test_bytes_and_packed_bits(self):
        with self.publish((1,), max_bytes=64, slots=16, flow="wait") as publisher:
            stream = self.mapped(self.open())
            bits = np.array([[1, 0, 1], [1, 1, 0], [0, 0, 1], [1, 0, 0]], np.uint8)
            publisher.next((4, 3), "bit")[...] = np.packbits(bits, bitorder="little")
            publisher.commit()
            frame = stream.read(PATIENCE)
            self.assertEqual((frame.dtype, frame.shape, frame.nbytes), ("bit", (4, 3), 2))
            unpacked = np.unpackbits(frame.array, bitorder="little", count=12).reshape(frame.shape)
            self.assertEqual(unpacked.tolist(), bits.tolist())
            publisher.next((5,), "bytes")[...] = list(b"hello")
            publisher.commit()
            frame = stream.read(PATIENCE)
            self.assertEqual((frame.dtype, bytes(frame.array)), ("bytes", b"hello"))

    def test_strides_are_kept_both_ways(self):
        with self.publish((1,), max_bytes=4096, slots=16, flow="wait") as publisher:
            stream = self.mapped(self.open())
            for order, shape, strides in [("C", (4, 3), (16, 2)), ("F", (4, 3), (4, 32)), ("C", (2, 3, 4), (100, 30, 4))]:
                with self.subTest(order=order, strides=strides):
                    sent = np.arange(np.prod(shape), dtype="<u2").reshape(shape)
                    publisher.next(shape, "uint16", order=order, strides=strides)[...] = sent
                    publisher.commit()
                    frame = stream.read(PATIENCE)
                    self.assertEqual((frame.array.strides, frame.order), (strides, order))
                    self.assertEqual(frame.array.tolist(), sent.tolist())
            with self.assertRaisesRegex(ValueError, "strides"):
                publisher.next((4, 3), "uint16", strides=(2, 2))

    def test_arrays_are_the_mapping_and_cannot_be_written_by_readers(self):
        with self.publish((8, 8), slots=16, flow="wait") as publisher:
            stream = self.mapped(self.open())
            slot = publisher.next()
            slot[...] = 9
            path, rights = memory_of(slot)
            publisher.commit()
            with self.assertRaises(ValueError):
                slot[0, 0] = 1
            frame = stream.read(PATIENCE)
            self.assertEqual(memory_of(frame.array), (path, "r--s"))
            self.assertEqual(rights, "rw-s")
            self.assertTrue(path.startswith(self.where["shm_dir"]) and path.endswith(".pool"))
            with self.assertRaises(ValueError):
                frame.array[0, 0] = 1
            with self.assertRaises(ValueError):
                frame.array.flags.writeable = True
            array = frame.array
            stream.close()
            self.assertEqual(int(array.sum()), 9 * 64)

    def overwrite(self):
        """A frame that is held while its producer goes round the ring."""
        publisher = self.publish((8,), slots=4)
        stream = self.mapped(self.open())
        frame = None
        while frame is None:
            publisher.next()[...] = 1
            publisher.commit()
            frame = stream.read(0.1)
        self.assertTrue(frame.intact)
        while frame._has_word():
            publisher.next()[...] = 2
            publisher.commit()
        return publisher, stream, frame

    def test_a_frame_that_was_overwritten_is_reported_and_counted(self):
        publisher, stream, frame = self.overwrite()
        self.assertFalse(frame.intact)
        with self.assertRaises(tensorpool.FrameOverwritten):
            frame.copy()

        def publish_and_look():
            publisher.put(np.zeros(8, np.uint8))
            stream.read(0.01)
            return stream.lost.get("changed", 0) > 0

        until(publish_and_look, "the frame to be counted as changed")

    def test_the_executable_judges_where_loads_are_not_ordered(self):
        with mock.patch.object(tensorpool, "_HAS_ORDERED_LOADS", False):
            _, _, frame = self.overwrite()
            self.assertFalse(frame.intact)

    def test_attributes_come_beside_the_frames_and_are_those_of_their_epoch(self):
        def frame_with_attributes(publisher, stream):
            publisher.put(np.zeros(1, np.uint8))
            frame = stream.read(0.05)
            return frame if frame is not None and frame.epoch == publisher.epoch and frame.attributes else None

        publisher = self.publish((1,), attributes={"gain": "2.5", "unit": "\u00b5m"})
        stream = self.mapped(self.open())
        first = until(lambda: frame_with_attributes(publisher, stream), "attributes")
        publisher.close()
        publisher = self.publish((1,), attributes={"gain": "3"})
        second = until(lambda: frame_with_attributes(publisher, stream), "attributes of the next epoch")
        self.assertEqual([first.attributes["gain"], second.attributes["gain"], stream.attributes["gain"]], ["2.5", "3", "3"])
        self.assertEqual([first.attributes["unit"], second.attributes.get("unit")], ["\u00b5m", None])

    def test_latest_passes_over_what_is_older(self):
        with self.publish((1,), slots=64) as publisher:
            stream = self.mapped(self.open(mode="latest"))
            first = None
            while first is None:
                publisher.put(np.zeros(1, np.uint8))
                first = stream.latest(0.1)
            for _ in range(20):
                publisher.put(np.ones(1, np.uint8))
            newest = publisher.seq
            until(lambda: stream.latest(0.1) is None or stream._held.seq == newest, "the newest frame")
            self.assertNotIn("sinkTooSlow", stream.lost)

    def test_asynchronous_iteration_ends_with_the_stream(self):
        publisher = self.publish((1,), "uint16", slots=64, flow="wait")
        stream = self.mapped(self.open(once=True))

        async def collect():
            seen = []
            async for frame in stream:
                seen.append(int(frame.array[0]))
                if len(seen) == 1:
                    publisher.close()
            return seen

        for n in range(5):
            publisher.next()[...] = n
            publisher.commit()
        self.assertEqual(asyncio.run(asyncio.wait_for(collect(), PATIENCE)), [0, 1, 2, 3, 4])

    def test_frames_that_were_handed_over_outlive_their_producer(self):
        with self.publish((64,), slots=16, flow="wait") as publisher:
            stream = self.mapped(self.open(once=True))
            for n in range(3):
                publisher.next()[...] = n
                publisher.commit()
            publisher.close()
            self.assertEqual([int(frame.array[63]) for frame in stream], [0, 1, 2])
            self.assertEqual(stream.lost, {})

    def test_an_aborted_slot_is_a_counted_gap(self):
        with self.publish((1,), slots=16, flow="wait") as publisher:
            stream = self.mapped(self.open())
            publisher.put(np.zeros(1, np.uint8))
            stream.read(PATIENCE)
            publisher.next()
            with self.assertRaises(tensorpool.TensorPoolError):
                publisher.next()
            publisher.abort()
            publisher.put(np.zeros(1, np.uint8))
            frame = stream.read(PATIENCE)
            self.assertEqual(frame.seq, 2)

            def look():
                stream.read(0.01)
                return stream.lost

            self.assertEqual(until(look, "a loss"), {"gap": 1})

    def test_what_the_protocol_does_not_have_is_refused(self):
        with self.publish((4,), slots=16) as publisher:
            for dtype in ("float16", "complex64", ">u2", "U4"):
                with self.subTest(dtype=dtype), self.assertRaisesRegex(ValueError, "astype"):
                    publisher.next((1,), dtype)
            with self.assertRaisesRegex(ValueError, "max_bytes=4"):
                publisher.next((5,))
            with self.assertRaisesRegex(ValueError, "eight"):
                publisher.next((1,) * 9)


if __name__ == "__main__":
    unittest.main()

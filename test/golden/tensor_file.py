"""The safetensors container, with the standard library alone.

Layout: an unsigned 64-bit little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
then the raw little-endian values. The header is padded with spaces so that the values start at a multiple of eight.
"""

import array
import json
import struct
import sys

# dtype of the container -> (array type code, bytes per value)
TYPES = {"F64": ("d", 8), "F32": ("f", 4), "I32": ("i", 4), "U8": ("B", 1)}


def write(path, tensors):
    """Write {name: (dtype, shape, flat sequence of numbers)}; wide types first, so that every tensor is aligned."""
    header, chunks, offset = {}, [], 0
    for name, (dtype, shape, values) in sorted(tensors.items(), key=lambda item: (-TYPES[item[1][0]][1], item[0])):
        data = array.array(TYPES[dtype][0], values)
        size = 1
        for extent in shape:
            size *= extent
        if size != len(data):
            raise ValueError(f"{name}: shape {shape} does not hold {len(data)} values")
        if sys.byteorder == "big":
            data.byteswap()
        raw = data.tobytes()
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + len(raw)]}
        chunks.append(raw)
        offset += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for raw in chunks:
            file.write(raw)


def read(path):
    """Read {name: (dtype, shape, array of numbers)}."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    tensors = {}
    for name, entry in json.loads(content[8 : 8 + length]).items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        data = array.array(TYPES[entry["dtype"]][0])
        data.frombytes(content[8 + length + start : 8 + length + end])
        if sys.byteorder == "big":
            data.byteswap()
        tensors[name] = (entry["dtype"], entry["shape"], data)
    return tensors

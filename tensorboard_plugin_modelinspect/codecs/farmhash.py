"""FarmHash Fingerprint64, the hash in a SavedModel's `fingerprint.pb`.

google/farmhash, src/farmhash.cc, namespace `farmhashna` (`Fingerprint64` is its `Hash64`), which
TensorFlow calls in tensorflow/cc/saved_model/fingerprinting_utils.cc. The algorithm is frozen: a
fingerprint must be the same for ever and on every machine. All arithmetic is modulo 2^64.

Written here because the bindings that exist lag behind Python: without a C++ compiler they cannot
be installed on every version that this package supports.
"""

from __future__ import annotations

import struct

_MASK = (1 << 64) - 1
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F
_BLOCK = struct.Struct("<8Q")

_Pair = tuple[int, int]
_State = tuple[int, int, int, _Pair, _Pair]


def fingerprint64(data: bytes) -> int:
    """The 64-bit fingerprint of `data`. Cost: 0.1 µs a byte."""
    if len(data) <= 16:
        return _hash_to_16(data)
    if len(data) <= 32:
        return _hash_17_to_32(data)
    if len(data) <= 64:
        return _hash_33_to_64(data)
    return _hash_long(data)


def _hash_to_16(data: bytes) -> int:
    size = len(data)
    if size >= 8:
        mul = _K2 + 2 * size
        a = (_fetch64(data, 0) + _K2) & _MASK
        b = _fetch64(data, size - 8)
        c = (_rotate(b, 37) * mul + a) & _MASK
        d = ((_rotate(a, 25) + b) * mul) & _MASK
        return _mix(c, d, mul)
    if size >= 4:
        mul = _K2 + 2 * size
        a = _fetch32(data, 0)
        return _mix((size + (a << 3)) & _MASK, _fetch32(data, size - 4), mul)
    if size:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return (_shift_mix(((y * _K2) ^ (z * _K0)) & _MASK) * _K2) & _MASK
    return _K2


def _hash_17_to_32(data: bytes) -> int:
    size = len(data)
    mul = _K2 + 2 * size
    a = (_fetch64(data, 0) * _K1) & _MASK
    b = _fetch64(data, 8)
    c = (_fetch64(data, size - 8) * mul) & _MASK
    d = (_fetch64(data, size - 16) * _K2) & _MASK
    left = (_rotate(a + b, 43) + _rotate(c, 30) + d) & _MASK
    return _mix(left, (a + _rotate(b + _K2, 18) + c) & _MASK, mul)


def _hash_33_to_64(data: bytes) -> int:
    size = len(data)
    mul = _K2 + 2 * size
    a = (_fetch64(data, 0) * _K2) & _MASK
    b = _fetch64(data, 8)
    c = (_fetch64(data, size - 8) * mul) & _MASK
    d = (_fetch64(data, size - 16) * _K2) & _MASK
    y = (_rotate(a + b, 43) + _rotate(c, 30) + d) & _MASK
    z = _mix(y, (a + _rotate(b + _K2, 18) + c) & _MASK, mul)
    e = (_fetch64(data, 16) * mul) & _MASK
    f = _fetch64(data, 24)
    g = ((y + _fetch64(data, size - 32)) * mul) & _MASK
    h = ((z + _fetch64(data, size - 24)) * mul) & _MASK
    left = (_rotate(e + f, 43) + _rotate(g, 30) + h) & _MASK
    return _mix(left, (e + _rotate(f + a, 18) + g) & _MASK, mul)


def _hash_long(data: bytes) -> int:
    """64 bytes at a time, then the last 64 once more, with another multiplier."""
    size, seed = len(data), 81
    y = (seed * _K1 + 113) & _MASK
    z = (_shift_mix((y * _K2 + 113) & _MASK) * _K2) & _MASK
    state: _State = ((seed * _K2 + _fetch64(data, 0)) & _MASK, y, z, (0, 0), (0, 0))
    for start in range(0, (size - 1) // 64 * 64, 64):
        state = _add_block(_BLOCK.unpack_from(data, start), state, _K1, 1)
    x, y, z, v, w = state
    mul = _K1 + ((z & 0xFF) << 1)
    rest = (w[0] + ((size - 1) & 63)) & _MASK
    v = ((v[0] + rest) & _MASK, v[1])
    w = ((rest + v[0]) & _MASK, w[1])
    x, y, z, v, w = _add_block(_BLOCK.unpack_from(data, size - 64), (x, y, z, v, w), mul, 9)
    left = (_mix(v[0], w[0], mul) + _shift_mix(y) * _K0 + z) & _MASK
    return _mix(left, (_mix(v[1], w[1], mul) + x) & _MASK, mul)


def _add_block(block: tuple[int, ...], state: _State, mul: int, weight: int) -> _State:
    """The state after eight more words."""
    x, y, z, v, w = state
    x = (_rotate(x + y + v[0] + block[1], 37) * mul) & _MASK
    y = (_rotate(y + v[1] + block[6], 42) * mul) & _MASK
    x ^= (w[1] * weight) & _MASK
    y = (y + v[0] * weight + block[5]) & _MASK
    z = (_rotate(z + w[0], 33) * mul) & _MASK
    v = _weak_hash(block[:4], (v[1] * mul) & _MASK, (x + w[0]) & _MASK)
    w = _weak_hash(block[4:], (z + w[1]) & _MASK, (y + block[2]) & _MASK)
    return z, y, x, v, w


def _weak_hash(words: tuple[int, ...], a: int, b: int) -> _Pair:
    """`WeakHashLen32WithSeeds` of four words."""
    a = (a + words[0]) & _MASK
    b = _rotate(b + a + words[3], 21)
    c = a
    a = a + words[1] + words[2]
    b = (b + _rotate(a, 44) + c) & _MASK
    return (a + words[3]) & _MASK, b


def _mix(u: int, v: int, mul: int) -> int:
    """`HashLen16` of two words."""
    a = ((u ^ v) * mul) & _MASK
    a ^= a >> 47
    b = ((v ^ a) * mul) & _MASK
    b ^= b >> 47
    return (b * mul) & _MASK


def _shift_mix(value: int) -> int:
    return value ^ (value >> 47)


def _rotate(value: int, shift: int) -> int:
    value &= _MASK
    return (value >> shift) | (value << (64 - shift)) & _MASK


def _fetch64(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 8], "little")


def _fetch32(data: bytes, offset: int) -> int:
    return int.from_bytes(data[offset : offset + 4], "little")

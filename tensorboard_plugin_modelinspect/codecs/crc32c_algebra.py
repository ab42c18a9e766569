"""Checksums of bytes that are put together, from the checksums of their parts: nothing is read.

A CRC is the remainder of a polynomial over GF(2): the checksum of `a + b` follows from those of
both and the length of `b`, as in `crc32_combine` of zlib (https://github.com/madler/zlib, crc32.c).
Checksums here are not masked. The library that computes them has no such functions.
"""

from __future__ import annotations

from functools import cache, lru_cache

from tensorboard_plugin_modelinspect.codecs.crc32c import crc32c

_POLYNOMIAL = 0x82F63B78
"""CRC-32C's, lowest power in the highest bit, as are all polynomials here."""
_ONE = 1 << 31
_ALL = 0xFFFFFFFF
_SHORT = 1 << 16
"""Bytes that are faster written out."""


def join_crc32c(first: int, second: int, second_nbytes: int) -> int:
    """Checksum of bytes followed by `second_nbytes` others. Cost: 0.1 ms at most."""
    return _times(first, _power_of_bytes(second_nbytes)) ^ second


def repeat_crc32c(pattern: bytes, count: int) -> int:
    """Checksum of `pattern` written `count` times.

    Cost: 3 ms for the first pattern of that length and count, 10 µs for the next one.
    """
    nbytes = len(pattern)
    if nbytes * count <= _SHORT:
        return crc32c(pattern * count)
    # What differs from zeros goes through linearly; the initial value of a checksum does not.
    difference = crc32c(pattern) ^ crc32c(bytes(nbytes))
    zeros = _times(_ALL, _power_of_bytes(nbytes * count)) ^ _ALL
    return zeros ^ _times(difference, _sum_of_powers(nbytes, count))


def _times(a: int, b: int) -> int:
    """Product of two polynomials, modulo CRC-32C's."""
    product = 0
    while a:
        if a & _ONE:
            product ^= b
        a = (a << 1) & _ALL
        b = (b >> 1) ^ (_POLYNOMIAL if b & 1 else 0)
    return product


@cache
def _power_of_two(exponent: int) -> int:
    """`x` to the `2 ** exponent`."""
    if not exponent:
        return _ONE >> 1
    half = _power_of_two(exponent - 1)
    return _times(half, half)


@lru_cache(4096)
def _power_of_bytes(nbytes: int) -> int:
    """`x` to the number of bits: what that many bytes behind others multiply them with."""
    power, exponent = _ONE, 3
    while nbytes:
        if nbytes & 1:
            power = _times(power, _power_of_two(exponent))
        nbytes >>= 1
        exponent += 1
    return power


@lru_cache(4096)
def _sum_of_powers(nbytes: int, count: int) -> int:
    """`1 + y + y² + …`, `count` of them, where `y` stands for `nbytes` bytes."""
    if count == 1:
        return _ONE
    half = _sum_of_powers(nbytes, count // 2)
    total = half ^ _times(half, _power_of_bytes(nbytes * (count // 2)))
    return _times(total, _power_of_bytes(nbytes)) ^ _ONE if count % 2 else total

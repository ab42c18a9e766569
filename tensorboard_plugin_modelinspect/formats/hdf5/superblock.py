"""The first bytes of an HDF5 file: is it one, and is all of it there.

https://docs.hdfgroup.org/hdf5/develop/_f_m_t3.html#Superblock: the signature stands at byte 0, 512,
1024 and so on, doubled each time. Numbers are little-endian.
"""

from __future__ import annotations

from tensorboard_plugin_modelinspect.errors import FormatError, Truncated
from tensorboard_plugin_modelinspect.formats.lfs import refuse_lfs_pointer
from tensorboard_plugin_modelinspect.sources.base import ByteSource

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_LARGEST_USER_BLOCK = 1 << 30


def find_superblock(source: ByteSource) -> int | None:
    """Where the signature stands, None if this is no HDF5. Cost: up to 22 reads of 8 bytes."""
    offset = 0
    while offset + len(SIGNATURE) <= min(source.nbytes, _LARGEST_USER_BLOCK):
        if source.read(offset, len(SIGNATURE)) == SIGNATURE:
            return offset
        offset = 2 * offset or 512
    return None


def check_superblock(source: ByteSource) -> None:
    """Raise unless a file begins as HDF5 and is as long as it says.

    Raises:
        FormatError: It is empty, a Git LFS pointer, or something else.
        Truncated: It ends before what it declares.
    """
    refuse_lfs_pointer(source)
    start = find_superblock(source)
    if start is None:
        found = "other bytes" if source.nbytes else "an empty file"
        raise FormatError(path=source.name, offset=0, expected="an HDF5 signature", found=found)
    declared_end = _declared_end(source, start)
    if declared_end is not None and declared_end > source.nbytes:
        raise Truncated(
            path=source.name,
            offset=start,
            field="the HDF5 superblock",
            expected=f"{declared_end:,}",
            found=f"{source.nbytes:,}",
        )


def _declared_end(source: ByteSource, start: int) -> int | None:
    """The end of the file as the superblock gives it; None if libhdf5 has to judge."""
    head = source.read(start, min(96, source.nbytes - start))
    version = head[8] if len(head) > 8 else 255
    # Bytes of an address, and where the base address and, behind another one, the end are.
    size_at, base_at = {0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)}.get(version, (8, 96))
    size = head[size_at] if len(head) > size_at else 0
    if size not in (2, 4, 8) or len(head) < base_at + 3 * size:
        return None
    base, _, end = (
        int.from_bytes(head[base_at + i * size : base_at + (i + 1) * size], "little")
        for i in range(3)
    )
    return end if base == start else None  # of a file that was moved, libhdf5 judges

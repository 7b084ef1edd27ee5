"""What comes back of the process that opens a workbook."""

import msgspec

from volunteer_svc.domain.errors import Fault, Refusal
from volunteer_svc.workbooks.rows import CountyWorkbook


class Refused(msgspec.Struct, frozen=True, tag=True):
    faults: tuple[Fault, ...]


def unpack(answer: bytes) -> CountyWorkbook:
    read = msgspec.msgpack.decode(answer, type=CountyWorkbook | Refused)
    if isinstance(read, Refused):
        raise Refusal(*read.faults)
    return read

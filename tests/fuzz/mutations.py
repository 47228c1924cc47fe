"""Changes of bytes that know nothing of what they mean."""

from random import Random

from tests.fuzz.canary import CARD

TOKENS = (
    *(
        b"\r\n",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b" ",
        b":",
        b"\r\n\r\n",
        b"HTTP/1.1",
        b"\x80",
        b"\t",
        b",",
        b'"',
        b"{",
    ),
    *(
        CARD.encode(),
        b"Content-Length: 5\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"0\r\n\r\n",
        b"%",
        b"\xf0\x9f\x92\xb3",
    ),
)


def mutated(random: Random, data: bytes) -> bytes:
    """Return the data with one change somewhere."""
    begin = random.randrange(len(data) + 1)
    end = min(begin + random.choice((1, 1, 2, 8, 40, 400)), len(data))
    match random.randrange(8):
        case 0 if begin < len(data):
            return data[:begin] + bytes([data[begin] ^ 1 << random.randrange(8)]) + data[begin + 1 :]
        case 1:
            return data[:begin] + random.randbytes(end - begin) + data[end:]
        case 2 | 3:
            return data[:begin] + random.choice(TOKENS) + data[begin:]
        case 4 | 5 | 6 as what:
            return {4: data[:begin] + data[end:], 5: data[:end] + data[begin:], 6: data[:begin]}[what]
        case _:
            lines = data.split(b"\r\n")
            one, other = random.randrange(len(lines)), random.randrange(len(lines))
            lines[one], lines[other] = lines[other], lines[one]
            return b"\r\n".join(lines)

"""Identifiers: what they look like, and that nobody makes another's."""

import os
import time
import uuid

from volunteer_svc import ids

MANY = 1_000
"""More than are made of one portion of random bits."""


def test_ids_are_uuidv7_and_grow_with_time():
    before = time.time_ns() // 1_000_000
    made = [ids.uuid7() for _ in range(MANY)]
    after = time.time_ns() // 1_000_000
    assert len(set(made)) == MANY
    assert {(one.version, one.variant) for one in made} == {(7, uuid.RFC_4122)}
    instants = [one.int >> 80 for one in made]
    assert instants == sorted(instants)
    assert before <= instants[0]
    assert instants[-1] <= after
    # Every free bit is 0 in some and 1 in others: none of the 74 is lost.
    tails = [one.int & ((1 << 80) - 1) for one in made]
    everywhere, nowhere = tails[0], tails[0]
    for tail in tails:
        everywhere &= tail
        nowhere |= tail
    assert (everywhere ^ nowhere).bit_count() == 74


def test_a_forked_process_makes_ids_of_its_own():
    ids.uuid7()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"".join(ids.uuid7().bytes[6:] for _ in range(10)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 1_000)
    os.close(reading)
    os.close(writing)
    assert len(theirs) == 100
    assert not {theirs[n : n + 10] for n in range(0, 100, 10)} & {
        ids.uuid7().bytes[6:] for _ in range(10)
    }

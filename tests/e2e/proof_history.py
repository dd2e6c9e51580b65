#!/usr/bin/env python3
"""A person's conversations cannot be opened: what cannot be kept is not promised, each verb says why, and the file stays as it
is. One that another process holds is waited for, and then all goes on. proof_history.py BUILD"""

import os

from databases import changed, damage, digest, locked, make_newer
from household import Household, check, main, wait_for

NOT_THERE = 69  # the code of a hawser that could not reach or use something


def says_no(person, words, *verb):
    done = person.run(*verb)
    check(done.status == NOT_THERE, f"{verb[0]} ends with its own status: {done}")
    check("conversations cannot be opened" in done.err or "nothing can be kept here" in done.err, f"{verb[0]} says why: {done}")
    check(any(word in done.err for word in words), f"{verb[0]} says what it is, one of {words}: {done}")
    check("queued" not in done.out + done.err, f"{verb[0]} promises nothing: {done}")


def nothing_is_promised(ana, bea, words):
    says_no(ana, words, "message", bea.key, "this must not be promised")
    says_no(ana, words, "messages", bea.key)
    says_no(ana, words, "messages", "--json")
    says_no(ana, words, "results")
    status = ana.well("status", "--json").lines()[0]
    check(any(word in status["trouble"] for word in words), f"status says it: {status['trouble']!r}")
    check("cannot be kept now" in ana.well("status").out, "and in words")


def proof(build):
    with Household(build) as house:
        broker = house.start_broker()
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        ana.well("message", bea.key, "before")
        broker.stop()
        path = os.path.join(ana.data, "chat.sqlite")
        for change, words in ((damage, ("damaged", "not a database", "malformed")), (make_newer, ("newer",))):
            with changed(path, change):
                before = digest(path)
                nothing_is_promised(ana, bea, words)
                check(digest(path) == before, f"{change.__name__}: the file was changed")
            print(f"{change.__name__}: nothing was promised", flush=True)

        with locked(path):
            nothing_is_promised(ana, bea, ("another program holds",))
            owner = ana.own()  # begins while it is held, and goes on
            wait_for(lambda: ana.well("status", "--json").lines()[0]["trouble"], "the owner to see that it is held")
        wait_for(lambda: not ana.well("status", "--json").lines()[0]["trouble"], "the owner to open it")
        said = ana.run("message", bea.key, "after the lock")
        check("queued" in said.out + said.err, f"it waits on the disk: {said}")
        owner.stop()
        house.start_broker("broker", house.address)
        beas = bea.own()
        owner = ana.own()
        texts = wait_for(lambda: [line["text"] for line in bea.well("messages", "--json").lines() if line["kind"] == "message"][1:], "the message")
        check(texts == ["after the lock"], f"what was promised came, and nothing else: {texts}")
        print("held by another process: waited for", flush=True)
        for program in (owner, beas):
            program.stop()


main(proof)

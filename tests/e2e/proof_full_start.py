#!/usr/bin/env python3
"""P5 and P4: programs start on a full disk, whether they were killed or ended well before, and with a lock file of an older version
left empty there. A broker lets people see and call each other, gives what lies there, refuses the rest and says so in `status`; a
person reads all she has, and what she says is refused or arrives. With room both go on by themselves. proof_full_start.py BUILD
"""

import asyncio

from disks import SmallDisk
from history import History
from household import MEBI, Household, check, main, wait_for
from light import Light, let_in, secret_of
from mail import Poster, Taker, until
from stranger import COMMAND, END, TALK, Identity

ROOM = 16 * MEBI
LIES, MORE, SIZE = 100, 1500, 2000  # messages, and bytes of each
RECOVERS = 5
WHY = "the disk is full"


def ends(program, how):
    if how == "killed":
        program.process.kill()
    else:
        program.process.terminate()
    program.process.wait(30)


def fill(disk):
    with open(disk.path + "/lock", "wb"):
        pass
    disk.fill()


async def see_and_call(address, one, other):
    async with Light(address, one) as ana, Light(address, other) as guest:
        guest.serve("tick", lambda caller, parameters: parameters)
        people = ana.open("people.watch", kind=COMMAND, flags=END)
        told = await people.message()
        while (told["user"], told.get("online")) != (guest.identity.key, True):
            told = await people.message()
        for count in range(20):
            answer = await ana.call("tick", {"n": count}, guest.identity.key, TALK)
            check(answer.code == 0, f"a call while the disk is full: {answer}")


def trouble(house):
    return house.broker("status")[0]["trouble"]


async def broker_starts(house, disk, broker, config, how):
    secret = secret_of(house.invite("--uses", 5))
    who = {name: Identity(house.folder, f"{how}-{name}") for name in ("sender", "other", "receiver", "ana", "guest")}
    for each in who.values():
        await let_in(house.address, each, secret)
    history, receiver = History(), who["receiver"]
    await asyncio.wait_for(Poster(house.address, who["sender"], receiver.key, LIES, history, SIZE).run(), 60)
    ends(broker, how)
    fill(disk)
    broker = house.start_broker(listen=house.address, config=config)
    await see_and_call(house.address, who["ana"], who["guest"])

    poster = Poster(house.address, who["other"], receiver.key, MORE, history, SIZE)
    posting = asyncio.ensure_future(poster.run())
    await until(lambda: poster.refusals, "a refusal")
    code, sentence, retry = poster.refusals[-1]
    check(code == 8 and retry > 0, f"the refusal is honest: {poster.refusals[-1]}")
    check(any(WHY in each for each in trouble(house)), f"status says it: {trouble(house)}")
    taker = Taker(house.address, receiver, history, {who[name].key: who[name].key.hex()[:8] for name in ("sender", "other")})
    taking = asyncio.ensure_future(taker.run())
    await until(lambda: not history.missing(), f"what lies there to be given: {history.missing()}", 20)
    await see_and_call(house.address, who["ana"], who["guest"])
    kept = poster.kept
    check(kept < MORE, "there is still no room")
    disk.make_room()
    await until(lambda: poster.kept > kept, "it to go on by itself", RECOVERS)
    await asyncio.wait_for(posting, 60)
    await until(lambda: not history.missing(), f"all to arrive: {history.missing()}")
    await until(lambda: not trouble(house), "status to say no more", RECOVERS)
    taker.stopped = True
    await taking
    wrong = history.verdict() + taker.gaps
    check(not wrong, "; ".join(wrong))
    check(broker.running(), "the broker goes on")
    print(f"a broker that was {how}, on a full disk: {LIES} given, refused with {sentence!r}, {history.count('seen')} seen once", flush=True)
    return broker


def texts(person):
    return [line["text"] for line in person.well("messages", "--json").lines()]


def person_starts(house, disk, ana, bea, how):
    words = f"before it {how}"
    ana.well("message", bea.key, words)
    owner = bea.own()
    wait_for(lambda: words in texts(bea), "a message to come")
    ends(owner, how)
    fill(disk)
    broker, kept = lambda: bea.well("status", "--json").lines()[0]["brokers"][0]["state"], []
    for owned in (False, True):  # each verb is the owner for itself, then all ask one
        if owned:
            owner = bea.own()
            wait_for(lambda: broker() == "ready", "her broker", 30)
        broker()
        check(words in texts(bea), f"she reads what she has: {texts(bea)}")
        check(words in bea.well("messages").out, "as text, too")
        check(any(each["key"] == ana.key for each in bea.well("contacts", "--json").lines()), "she sees whom she knows")
        said = f"{words}, {'one owner' if owned else 'no owner'}"
        done = bea.run("message", ana.key, said)
        if WHY in done.err:
            check(done.status != 0 and said not in texts(bea), f"what is refused is not shown: {done}")
        else:
            check(how == "killed" and (done.status == 0 or "queued" in done.err), f"there is no room for it: {done}")
            kept.append(said)  # what lies in a log of who was killed may be written over
    disk.make_room()
    wait_for(lambda: bea.run("message", ana.key, f"{words}, room").status == 0, "her to write again", RECOVERS)
    kept.append(f"{words}, room")
    come = lambda: [text for text in texts(ana) if text.startswith(words + ",")]
    wait_for(lambda: len(come()) >= len(kept), f"{kept} to arrive: {texts(ana)}", 30)
    check(come() == kept, f"what she was not refused arrives, once: {come()}, {kept}")
    ends(owner, "ended")
    print(f"a person whose program was {how}, on a full disk: she reads; {done.err.splitlines()[-1]!r}; {len(kept)} came", flush=True)


def proof(build):
    with Household(build) as house, SmallDisk(house, house.path("broker"), ROOM) as brokers, \
            SmallDisk(house, house.path("bea"), ROOM) as beas:
        config = f"[mailbox]\nsender_items = {2 * MORE}\n"
        broker = house.start_broker(config=config)
        ana, bea = house.person("ana"), house.person("bea")
        house.befriend_at_broker(ana, bea)
        for how in ("killed", "ended"):
            broker = asyncio.run(broker_starts(house, brokers, broker, config, how))
        ana.own()
        for how in ("killed", "ended"):
            person_starts(house, beas, ana, bea, how)


main(proof)

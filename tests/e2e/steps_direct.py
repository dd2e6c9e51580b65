"""Two people without a broker, on two machines."""

import look
import x11
from namespace import another_machine
from stage import Desktop, check
from steps_people import _allow, _compare, contacts

PLACE = (806, 678, 790, 318)


def direct(stage):
    second = stage.second
    second.page("Contacts")
    second.click("youButton")
    second.tick("listenBox")
    port = second.wait_text("myAddresses", r":(\d+)")[1]
    stage.namespace = another_machine()
    address = f"{stage.namespace.address}:{port}"
    program = stage.display.start("third", stage.namespace.command(
        [stage.suite.program("hawser-desktop"), "--data", stage.suite.folder("third")]))
    stage.third = third = Desktop(stage.display, program, PLACE)
    third.fill("myName", "Cleo")
    third.fill("joinField", address)
    third.click("joinButton")
    second.wait("approvalDialog")
    _compare(stage, third, second)
    stage.picture("12-direct-request")
    _allow(stage, second)
    third.click("contactList/Bea")
    second.click("contactList/Cleo")
    third.click("chatInput")
    stage.display.type("no broker between us")
    stage.act("say it", lambda: stage.display.key("Return"))
    second.wait("chatView/no broker between us")
    second.click("chatInput")
    stage.display.type("none at all")
    stage.display.key("Return")
    third.wait("chatView/none at all")
    ends = look.established(program.pid)
    check(ends == [(stage.namespace.address, int(port))], f"the third talks with {ends} and nobody else")
    check(look.pinned_brokers(stage.suite.folder("third")) == [], "the third knows no broker")
    there = contacts(stage, "third")[stage.key("second")]
    check(there["direct"] and there["online"], f"they are linked directly, not {there}")
    stage.picture("12-direct")

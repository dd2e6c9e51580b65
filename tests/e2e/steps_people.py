"""Somebody asks to come in, is let in, becomes a contact, and is talked with."""

import signal

import x11
from stage import check
from steps_start import broker_status

NOTE = "While somebody knocks, whoever writes here goes on writing: no letter is lost, no window jumps in between. 0123456789"


def _pending(stage):
    return stage.suite.json("hawser-brokerd", "pending", "--data", stage.suite.folder("broker"))[0]["requests"]


def request(stage):
    """The broker is made to wait, as on a slow line, until the other window is being typed into."""
    display, files = stage.display, stage.file_manager([], (640, 660, 320, 260))
    stage.second.fill("joinField", stage.address)
    stage.broker.process.send_signal(signal.SIGSTOP)
    try:
        stage.act("ask", lambda: stage.second.click("joinButton"))
        display.click(files, "otherEdit")
        before = display.active_window()
        typing = display.type_slowly(NOTE)
        files.wait("otherEdit", lambda edit: len(edit.text) >= 5, "the first letters")
    finally:
        stage.broker.process.send_signal(signal.SIGCONT)
    stage.first.wait("approvalDialog")
    typed = len(files.ask("otherEdit").text)
    check(5 <= typed < len(NOTE), f"the dialog came while somebody typed, not after {typed} letters")
    stage.act("leave the dialog alone", lambda: None)
    typing.wait()
    files.wait("otherEdit", lambda edit: edit.text == NOTE, "every letter")
    check(before == display.active_window() == "Files", f"'{before}' was active, now '{display.active_window()}'")
    states = display.window_states(stage.first.ask("approvalDialog").text)
    check("DEMANDS_ATTENTION" in states, f"the dialog asks for attention, not {states}")
    asked = _pending(stage)
    check([each["key"] for each in asked] == [stage.key("second")], f"the broker holds {asked}")
    stage.picture("04-request")


def _digits(text):
    return "".join(letter for letter in text if letter.isdigit())


def _compare(stage, asker, decider):
    """The numbers on both screens: the same six digits."""
    theirs = _digits(asker.wait_text("waitingNumber", r"\d{3} \d{3}")[0])
    mine = _digits(decider.wait_text("approvalNumber", r"\d{3} \d{3}")[0])
    theirs = stage.act("read the asker's number", lambda: theirs)
    check(mine == theirs, f"the numbers differ: {mine} and {theirs}")
    return mine


def _allow(stage, decider, lasting="approvalAlways"):
    """Looks at the dialog first: what is pressed in the first half second is not taken."""
    decider.click("approvalName")
    decider.wait("approvalAccept", lambda button: button.armed, "the dialog to be looked at")
    decider.click("approvalMatches")
    decider.click(lasting)
    decider.wait("approvalAccept", lambda button: button.armed, "Allow to be armed")
    stage.act("press Allow", lambda: decider.click("approvalAccept"))
    decider.gone("approvalDialog")


def let_in(stage):
    first, second = stage.first, stage.second
    number = _compare(stage, second, first)
    check([_digits(each["number"]) for each in _pending(stage)] == [number], "the broker knows the same number")
    stage.act("press too early", lambda: stage.display.click_at(x11.center(first.ask("approvalAccept"))))
    first.wait_text("approvalHint", r"\w{4}")
    check(first.ask("approvalDialog").visible and len(_pending(stage)) == 1 and broker_status(stage)["users"] == 1,
          "a press too early does nothing")
    stage.picture("05-let-in-too-early")
    _allow(stage, first)
    x11.wait_for(lambda: broker_status(stage)["users"] == 2, "the broker to have its second user")
    check(not _pending(stage), "nobody waits any more")
    second.wait("startPage/connected")
    stage.picture("05-let-in")


def contacts(stage, who):
    """What a person's desktop knows of others, by key."""
    known = stage.suite.json("hawser", "contacts", "--data", stage.suite.folder(who))
    return {each["key"]: each for each in known}


def contact(stage):
    first, second = stage.first, stage.second
    check(not contacts(stage, "first") and not contacts(stage, "second"), "being let in makes nobody a contact")
    second.click("addContact")
    second.click("addMenu/People at")
    second.wait("peopleMenu/Ana")
    stage.picture("06-contact-menu")
    stage.act("choose Ana", lambda: second.click("peopleMenu/Ana"))
    first.wait("approvalDialog")
    _compare(stage, second, first)
    stage.picture("06-contact-request")
    _allow(stage, first)
    for who, other in (("first", "second"), ("second", "first")):
        there = x11.wait_for(lambda: contacts(stage, who).get(stage.key(other)), f"{who} to know {other}")
        check(sorted(there["rights"]) == ["files", "messages"], f"{other} may {there['rights']} at {who}")
    check(contacts(stage, "first")[stage.key("second")]["verified"] == "number", "the first person compared the number")
    first.page("Contacts")
    first.wait("contactList/Bea")
    second.wait("contactList/Ana")
    stage.picture("06-contact")


def _said(stage, who):
    lines = stage.suite.json("hawser", "messages", "--data", stage.suite.folder(who))
    return [(line["mine"], line["text"]) for line in lines if line["kind"] == "message"]


def chat(stage):
    first, second = stage.first, stage.second
    first.click("contactList/Bea")
    second.click("contactList/Ana")
    hello, answer = "hi! here is the shoot", "I am ready, send it"
    first.click("chatInput")
    stage.display.type(hello)
    stage.act("say hello", lambda: first.click("sendButton"))
    second.wait("chatView/" + hello)
    second.click("chatInput")
    stage.display.type(answer)
    stage.act("answer", lambda: stage.display.key("Return"))
    first.wait("chatView/" + answer)
    first.wait("chatView/" + hello, lambda row: "delivered" in row.accessible, "hello to be delivered")
    check(_said(stage, "first") == [(True, hello), (False, answer)], f"Ana's conversation: {_said(stage, 'first')}")
    check(_said(stage, "second") == [(False, hello), (True, answer)], f"Bea's conversation: {_said(stage, 'second')}")
    route = first.ask("conversationRoute").text
    check("administrator could read this" in route, f"who else could read it is said under the name, not '{route}'")
    stage.picture("07-chat")

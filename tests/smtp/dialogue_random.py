# SPDX-License-Identifier: ISC
"""Random dialogues with a real MTA, and a probe at the end of each.

A dialogue is a sequence of commands, valid or not, alone or pipelined, cut into
pieces, with messages by DATA and BDAT, and refusals by the MTA at each stage.
Model says which reply each command must have.  At the end of each dialogue RSET,
MAIL and RSET must get 250: gate and MTA agree that there is no transaction.  At
the end of all, the mailbox must have each message that got 250, once and under
its sender, and no other.

The MTA refuses by name, at the stages of --refuses: a sender or recipient
"end5@..." is refused with 5xx at the end of the data, and so on.  A seed and a
number make a dialogue: --seed S --dialogues N.
"""

import copy
import random
import re
import unittest
from concurrent.futures import ThreadPoolExecutor

import harness
from harness import Gate, Mailbox

AT_ONCE = 4
STEPS_MAX = 14
STAGES = ("mail", "data", "end")
SENDER_DOMAIN = "b.example"


class Model:
    """What the client may expect.  reply() is called for each reply."""

    def __init__(self, may_relay):
        self.may_relay = may_relay
        self.state = "greeted"
        self.is_esmtp = False
        self.sender = self.marker = None
        self.has_user = False  # the mailbox is a recipient
        self.promised = {}     # marker: sender

    def refusal(self, stage):
        """The class of the refusal that the sender's name asks for, or None."""
        if self.sender and self.sender.startswith(stage):
            if stage in harness.settings.refuses:
                return self.sender[len(stage)]
        return None

    def expected(self, step):
        """The beginnings of the replies that are right; the first is likely."""
        return getattr(self, "on_" + step.kind)(step)

    def on_ehlo(self, step):
        return ["250"]

    on_helo = on_rset = on_noop = on_ehlo

    def on_vrfy(self, step):
        return ["252"]

    def on_wrong(self, step):
        return ["5"]

    def on_mail(self, step):
        if self.state != "ready":
            return ["503"]
        stage = "mail" if "mail" in harness.settings.refuses else None
        if stage and step.sender.startswith(stage):
            return [step.sender[len(stage)]]
        return ["250"]

    def on_rcpt(self, step):
        if self.state not in ("mail", "rcpt"):
            return ["503"]
        if step.name == "user":
            return ["25"]
        if step.name == "far":
            return ["451", "550"]
        return [step.name[-1]]

    def on_data(self, step):
        if self.state == "mail":
            return ["503", "554"]
        if self.state != "rcpt":
            return ["503"]
        return [self.refusal("data") or "354"]

    def on_body(self, step):
        return self.end_of(step)

    def end_of(self, step):
        if step.has_nul:
            return ["554"]
        return [self.refusal("end") or "250"]

    def on_bdat(self, step):
        if self.state == "mail":
            return ["503", "554"]
        if self.state not in ("rcpt", "chunks"):
            return ["503"]
        if step.has_nul:
            return ["554"]
        right = self.end_of(step) if step.is_last else ["250"]
        # an MTA may check at the first chunk, at the last one, or not at all
        refusal = self.refusal("data")
        return [refusal, *right] if refusal else right

    def took(self, step, code):
        """Note the reply to the step."""
        good = code[0] == "2"
        if step.kind in ("ehlo", "helo"):
            self.is_esmtp = step.kind == "ehlo"
            self.enter("ready")
        elif step.kind == "rset" and self.state != "greeted":
            self.enter("ready")
        elif step.kind == "mail" and good:
            self.enter("mail")
            self.sender = step.sender
        elif step.kind == "rcpt" and good:
            self.state = "rcpt"
            self.has_user = self.has_user or step.name == "user"
        elif step.kind == "data" and self.state == "rcpt":
            self.state = "ready" if code != "354" else "body"
            self.marker = None
        elif step.kind == "body":
            self.ended(step, good)
        elif step.kind == "bdat" and self.state in ("mail", "rcpt", "chunks"):
            # a client may give up its message, and its next chunks continue it
            if self.state != "chunks":
                self.marker = step.marker
            if good and not step.is_last:
                self.state = "chunks"
            else:
                self.ended(step, good)

    def ended(self, step, good):
        if good:
            self.promised[self.marker or step.marker] = self.sender
        self.enter("ready")

    def enter(self, state):
        self.state = state
        self.sender = None
        self.has_user = False


class Step:
    def __init__(self, kind, wire, **facts):
        self.kind = kind
        self.wire = wire
        self.sender = self.name = self.marker = None
        self.has_nul = self.is_last = False
        self.__dict__.update(facts)


class Dialogue:
    """One random dialogue."""

    def __init__(self, seed, number):
        self.random = random.Random(f"{seed}/{number}")
        self.name = f"dialogue-{seed}-{number}"
        self.n_messages = 0
        self.transcript = []

    # ---- steps --------------------------------------------------------------

    def address(self, name):
        user, domain = harness.settings.user, harness.settings.domain
        if name == "far":
            return "x@far.example"
        return f"{user if name == 'user' else name}@{domain}"

    def hello(self):
        verb = self.random.choice(["ehlo"] * 5 + ["helo"])
        return Step(verb, f"{verb.upper()} client.example\r\n".encode())

    def mail(self):
        sender = self.random.choice(
            ["a"] * 3 + [f"{stage}{n}" for stage in STAGES for n in "45"])
        sender = f"{sender}@{SENDER_DOMAIN}"
        return Step("mail", f"MAIL FROM:<{sender}>\r\n".encode(),
                    sender=sender)

    def rcpt(self, model):
        names = ["user"] * 6 if not model.has_user else []
        if "rcpt" in harness.settings.refuses:
            names += ["rcpt4", "rcpt5"]
        if not model.may_relay:
            names.append("far")
        if not names:
            return self.noise()
        name = self.random.choice(names)
        return Step("rcpt", f"RCPT TO:<{self.address(name)}>\r\n".encode(),
                    name=name)

    def message(self, model):
        """(bytes as a client has them, has_nul, marker)"""
        self.n_messages += 1
        marker = f"{self.name}-{self.n_messages}."
        lines = [b"Subject: " + marker.encode(), b"",
                 self.random.choice([b"x", b".", b"..", b".x"])]
        lines += [b"y" * self.random.randrange(70)] * self.random.choice(
            [0, 1, 1, 300])
        has_nul = self.random.random() < 0.05
        if has_nul:
            lines.append(b"a\0b")
        return b"\r\n".join(lines) + b"\r\n", has_nul, marker

    def body(self, model):
        text, has_nul, marker = self.message(model)
        text = re.sub(rb"(?m)^\.", b"..", text)
        return Step("body", text + b".\r\n", has_nul=has_nul, marker=marker)

    def chunks(self, model):
        text, has_nul, marker = self.message(model)
        # Exim has a bug where chunks end in the header
        at = text.index(b"\r\n\r\n") + 4
        cuts = [text[:at], text[at:]]
        if self.random.random() < 0.3:
            cuts = [text]
        elif self.random.random() < 0.3:
            cuts.append(b"")
        for i, cut in enumerate(cuts):
            is_last = i + 1 == len(cuts)
            last = " LAST" if is_last else ""
            yield Step("bdat", f"BDAT {len(cut)}{last}\r\n".encode() + cut,
                       has_nul=b"\0" in cut, is_last=is_last, marker=marker)

    def noise(self):
        kind, line = self.random.choice([
            ("noop", "NOOP"), ("vrfy", "VRFY joe"), ("wrong", "FOO"),
            ("wrong", "MAIL FROM:<"), ("wrong", "RSET now"),
            ("wrong", "RCPT TO:<x@y@z>"), ("wrong", "DATA now")])
        return Step(kind, f"{line}\r\n".encode())

    def next_steps(self, model, has_chunking):
        """Usually the next one of a transaction."""
        usual = {"greeted": "hello", "ready": "mail", "mail": "rcpt",
                 "rcpt": "content", "chunks": "content"}[model.state]
        what = usual
        if self.random.random() < 0.3:
            what = self.random.choice(
                ["hello", "mail", "rcpt", "content", "rset", "noise"])
        if what == "hello":
            return [self.hello()]
        if what == "mail":
            return [self.mail()]
        if what == "rcpt":
            return [self.rcpt(model)]
        if what == "rset":
            return [Step("rset", b"RSET\r\n")]
        if what == "noise":
            return [self.noise()]
        may_chunk = has_chunking and model.is_esmtp
        if model.state == "chunks" and not may_chunk:
            return [Step("rset", b"RSET\r\n")]
        if may_chunk and (model.state == "chunks" or
                          self.random.random() < 0.5):
            steps = list(self.chunks(model))
            return steps[:self.random.choice([1, 3, 3, 3])]
        return [Step("data", b"DATA\r\n")]

    def batch(self, model, has_chunking):
        """Steps that are sent at once; nothing follows DATA or a greeting."""
        ahead = copy.deepcopy(model)
        steps = []
        for _ in range(self.random.choice([1, 1, 1, 2, 4, 8])):
            for step in self.next_steps(ahead, has_chunking):
                steps.append(step)
                code = ahead.expected(step)[0].ljust(3, "5")
                ahead.took(step, code)
            if steps[-1].kind in ("ehlo", "helo"):
                break
            if steps[-1].kind == "data":
                if ahead.state == "body" and self.random.random() < 0.3:
                    steps.append(self.body(ahead))
                break
        return steps

    # ---- the dialogue -------------------------------------------------------

    def say(self, client, data):
        pieces = self.random.choice([1, 1, 1, 2, 3])
        cuts = sorted(self.random.randrange(len(data) + 1)
                      for _ in range(pieces - 1))
        for begin, end in zip([0, *cuts], [*cuts, len(data)]):
            client.say(data[begin:end])

    def hear(self, client, model, step):
        """Returns whether the session goes on."""
        right = model.expected(step)
        lines = client.reply()
        code = lines[0][:3]
        self.transcript.append(f"{step.wire[:60]!r} {lines[0]}")
        if code == "421":
            return False
        if not any(code.startswith(x) for x in right):
            raise AssertionError(f"expected {right}")
        if step.kind == "ehlo":
            self.has_chunking = any("CHUNKING" in x for x in lines)
        model.took(step, code)
        return True

    def exchange(self, client, model, steps):
        self.say(client, b"".join(step.wire for step in steps))
        for step in steps:
            if not self.hear(client, model, step):
                return False
        if model.state == "body":
            return self.exchange(client, model, [self.body(model)])
        return True

    def probe(self, client, model):
        rset = Step("rset", b"RSET\r\n")
        mail = Step("mail", b"MAIL FROM:<probe@b.example>\r\n",
                    sender="probe@b.example")
        return all(self.exchange(client, model, [step])
                   for step in (rset, mail, rset))

    def hold(self, client, may_relay):
        """Returns the model, and whether the session lasted to the end."""
        model = Model(may_relay)
        self.has_chunking = False
        client.expect_code(220)
        n_steps = self.random.randrange(2, STEPS_MAX)
        steps = [Step("ehlo", b"EHLO client.example\r\n")]
        while n_steps > 0:
            if not self.exchange(client, model, steps):
                return model, False
            n_steps -= len(steps)
            steps = self.batch(model, self.has_chunking)
        if not self.probe(client, model):
            return model, False
        client.quit()
        return model, True


class RandomDialogues(unittest.TestCase):
    def one(self, number):
        dialogue = Dialogue(harness.settings.seed, number)
        may_relay = dialogue.random.random() < 0.25
        client = self.gates[may_relay].client()
        with client:
            try:
                return dialogue.hold(client, may_relay)
            except Exception as error:
                raise AssertionError("\n".join(
                    [f"{dialogue.name}: {error}", *dialogue.transcript]))

    def check_mailbox(self, mailbox, promised):
        name = f"dialogue-{harness.settings.seed}-"

        def found():
            return [(marker[1].decode(), message)
                    for message in mailbox.messages()
                    if (marker := re.search(
                        rf"^Subject: ({name}\d+-\d+\.)".encode(), message,
                        re.M))]
        harness.wait_until(lambda: len(found()) >= len(promised),
                           f"{len(promised)} messages", 60)
        self.assertEqual(sorted(marker for marker, _ in found()),
                         sorted(promised))
        for marker, message in found():
            sender = re.search(rb"^Return-Path: <(.*)>", message, re.M)
            if sender:
                self.assertEqual(sender[1].decode(), promised[marker])

    def test_each_random_dialogue_ends_in_step_and_no_message_is_lost(self):
        harness.needs_relay()
        n = harness.settings.dialogues
        if n == 0:
            self.skipTest("none wanted (--dialogues)")
        mailbox = Mailbox()
        self.gates = [
            Gate(max_errors="1000", relay_networks=networks)
            for networks in (None, f"{harness.STRANGER4}/32")]
        promised, n_lasted = {}, 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for model, lasted in pool.map(self.one, range(n)):
                promised.update(model.promised)
                n_lasted += lasted
        self.check_mailbox(mailbox, promised)
        print(f"# {n} dialogues, seed {harness.settings.seed}: {n_lasted} "
              f"with a probe, {len(promised)} messages", flush=True)
        self.assertGreater(n_lasted, 0.9 * n)

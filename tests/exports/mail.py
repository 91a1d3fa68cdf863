"""Reads mails and mailboxes back with Python's own parser and compares them with the JSON lines of the same archive.

    mail.py JSONL EML-FOLDER MBOX-BY-DAY MBOX-BY-MESSAGE
"""

import datetime
import email
import email.policy
import hashlib
import json
import mailbox
import pathlib
import re
import sys

STRICT = email.policy.default


def parts_of(mail, name):
    """The parts that hold something, after looking for defects in every part and field."""
    for part in mail.walk():
        assert not part.defects, (name, part.defects)
        for field, value in part.items():
            defects = getattr(value, "defects", ())
            assert not defects, (name, field, defects, str(value))
    return [part for part in mail.walk() if not part.is_multipart()]


def text_of(part):
    return part.get_content().replace("\r\n", "\n").rstrip("\n")


def check_message(mail, line, name, targets):
    parts = parts_of(mail, name)
    assert mail["Message-ID"].startswith("<msg-" + line["id"] + "@"), name
    sent_at = line["sent_at"]
    assert mail["X-Chat-Sent-At"] == sent_at, name
    expected = re.sub(r"\.\d+Z$", "+00:00", sent_at)
    assert mail["Date"].datetime.astimezone(datetime.timezone.utc).isoformat() == expected, name
    if line.get("sender_name"):
        shown = mail["From"].addresses[0].display_name
        assert shown.replace(" ", "") == line["sender_name"].replace(" ", ""), (name, shown)
    if line.get("reply_to"):
        assert mail["In-Reply-To"] and ("<msg-" + line["reply_to"] + "@") in mail["In-Reply-To"], name
        assert mail["In-Reply-To"].strip() in mail["References"], name
        targets.add(mail["In-Reply-To"].strip())
    said = [part["text"] for part in line["parts"] if part["type"] == "text"]
    if len(said) == len(line["parts"]) == 1 and line["state"] == "normal" and not line.get("revisions") and not line.get("reactions"):
        if said[0].replace("\n", "").isprintable():
            assert text_of(parts[0]) == said[0].replace("\r\n", "\n").rstrip("\n"), (name, said[0], text_of(parts[0]))
    digests = {hashlib.sha256(part.get_payload(decode=True)).hexdigest() for part in parts[1:]}
    return digests


def main(jsonl, eml, by_day, by_message):
    lines = {}
    for text in pathlib.Path(jsonl).read_text(encoding="utf-8").split("\n")[:-1]:
        line = json.loads(text)
        lines[line["id"]] = line

    seen, targets, digests = set(), set(), set()
    for path in pathlib.Path(eml).rglob("*.eml"):
        data = path.read_bytes()
        assert data.isascii() and b"\n" not in data.replace(b"\r\n", b""), path
        mail = email.message_from_bytes(data, policy=STRICT)
        line = lines[mail["X-Chat-Message-Id"]]
        assert line["id"] not in seen
        seen.add(line["id"])
        digests |= check_message(mail, line, path.name, targets)
    assert seen and seen <= lines.keys()
    hidden = len(lines) - len(seen)

    box = mailbox.mbox(by_message, factory=lambda file: email.message_from_binary_file(file, policy=STRICT), create=False)
    again = set()
    for key, mail in box.iteritems():
        line = lines[mail["X-Chat-Message-Id"]]
        again.add(line["id"])
        check_message(mail, line, f"{by_message} #{key}", targets)
    assert again == seen, len(again ^ seen)

    box = mailbox.mbox(by_day, factory=lambda file: email.message_from_binary_file(file, policy=STRICT), create=False)
    counted, ids, day_digests, texts = 0, set(), set(), []
    for key, mail in box.iteritems():
        parts = parts_of(mail, f"{by_day} #{key}")
        assert mail["Message-ID"] not in ids
        ids.add(mail["Message-ID"])
        counted += int(mail["X-Chat-Message-Count"])
        texts.append(text_of(parts[0]))
        day_digests |= {hashlib.sha256(part.get_payload(decode=True)).hexdigest() for part in parts[1:]}
    assert counted == len(seen), (counted, len(seen))
    everything = "\n".join(texts)
    for line in lines.values():
        if [part["type"] for part in line["parts"]] == ["text"] and line["id"] in seen:
            first = line.get("text", "").split("\n")[0].strip()
            if first.isprintable():
                assert first in everything, first

    # Pictures and files arrive as they are; voices are made playable on the way.
    for line in lines.values():
        for part in line["parts"]:
            attachment = part.get("attachment") or {}
            if part["type"] == "file" and attachment.get("present"):
                assert attachment["sha256"] in digests and attachment["sha256"] in day_digests, attachment
    print(f"{len(seen)} mails, {len(ids)} mails by day, {hidden} rows hidden, {len(targets)} answered, {len(digests)} files: no defect")


if __name__ == "__main__":
    main(*sys.argv[1:])

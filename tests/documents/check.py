#!/usr/bin/env python3
"""Exports an archive as documents and reads them back with other people's programs.

usage: check.py PROGRAM FOLDER DEMO

Makes a chat of texts that have broken programs, imports it into FOLDER together with the demo's data in DEMO, exports everything,
and compares counts, texts, times and senders of each document with the JSON Lines export, which our own tests vouch for.
"""

import datetime
import json
import os
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import docx
import openpyxl
import pyarrow.dataset

PROGRAM, FOLDER, DEMO = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
ARCHIVE = FOLDER / "documents.hutong"

HOSTILE = [
    "=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "'=1", "=HYPERLINK(\"http://a.example\")",
    "<w:t>&amp;]]></w:t>", "_x000D_ _x0041_", "a\u202eb", "一\n二\n\n三", "nul:\x00 bell:\x07", "\ufffe\uffff", "  leading",
    "e" + "\u0301" * 5000, "字" * 40000, "𠮷" * 20000, "a" * 100000, "👩‍👩‍👧‍👦 שלום مرحبا", "{\"a\":1}", "../../etc/passwd", "12345678901234567890",
]


def run(*arguments):
    environment = dict(os.environ, HOME=str(FOLDER), XDG_CONFIG_HOME=str(FOLDER / "config"),
                       XDG_DATA_HOME=str(FOLDER / "data"), XDG_CACHE_HOME=str(FOLDER / "cache"))
    environment = {name: value for name, value in environment.items() if not name.startswith("HUTONG_")}
    done = subprocess.run([PROGRAM, "--lang", "en", "--archive", str(ARCHIVE), "--zone", "Asia/Shanghai", *map(str, arguments)],
                          env=environment, capture_output=True, text=True)
    if done.returncode not in (0, 3):
        sys.exit(f"hutong {' '.join(map(str, arguments))} failed:\n{done.stderr}")


def hostile_chat():
    """A chat of the hostile texts, in ChatLab's form."""
    members = [{"platformId": "wxid_mallory", "accountName": "=Mallory<b>"}, {"platformId": "wxid_owner", "accountName": "@owner"}]
    messages = [{"sender": members[number % 2]["platformId"], "accountName": members[number % 2]["accountName"],
                 "timestamp": 1714550400 + number, "type": 0, "content": text} for number, text in enumerate(HOSTILE)]
    chat = {"chatlab": {"version": "0.0.1", "exportedAt": 1714560000},
            "meta": {"name": "+hostile/../chat", "platform": "wechat", "type": "group", "groupId": "1@chatroom", "ownerId": "wxid_owner"},
            "members": members, "messages": messages}
    path = FOLDER / "hostile.json"
    path.write_text(json.dumps(chat), encoding="utf-8")
    return path


def visible(text):
    """A text as an office document can hold it: control characters become pictures, line ends become one character."""
    out = []
    for character in text.replace("\r\n", "\n"):
        number = ord(character)
        if number < 32 and character not in "\n\t":
            out.append(chr(0x2400 + number))
        elif number == 127:
            out.append("\u2421")
        elif 128 <= number < 160 or number in (0xFFFE, 0xFFFF):
            out.append("\ufffd")
        else:
            out.append(character)
    return "".join(out)


def expect(what, found, wanted):
    if found != wanted:
        sys.exit(f"{what}:\n  found  {str(found)[:300]!r}\n  wanted {str(wanted)[:300]!r}")


def is_words(message):
    """Whether a message is nothing but a text: then its words are the same in every format."""
    return (len(message["parts"]) == 1 and message["kind"] == "text" and message["state"] == "normal"
            and not message.get("revisions") and not message.get("reactions"))


def check_xlsx(path, messages):
    book = openpyxl.load_workbook(path)
    expect("sheets", book.sheetnames, ["Messages", "Chats", "People", "About"])
    sheet = book["Messages"]
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type == "f":
                sys.exit(f"a formula in {cell.coordinate}")
    rows = sheet.iter_rows(values_only=True)
    column = {name: index for index, name in enumerate(next(rows))}
    time = column["Time (Asia/Shanghai)"]
    found, texts = {}, {}
    number_of = {}
    for row in rows:
        if row[column["Message id"]]:
            number_of[row[0]] = row[column["Message id"]]
            found[number_of[row[0]]] = row
        texts.setdefault(number_of[row[0]], []).append(row[column["Text"]] or "")
    expect("messages in the workbook", len(found), len(messages))
    for message in messages:
        row = found[message["id"]]
        sent = datetime.datetime.fromisoformat(message["sent_at"])
        expect("time", row[time], sent.astimezone(datetime.timezone(datetime.timedelta(hours=8))).replace(tzinfo=None))
        expect("UTC time", datetime.datetime.fromisoformat(row[column["UTC time"]]), sent)
        expect("sender id", row[column["Sender id"]], message.get("sender_native_id"))
        if "sender_name" in message:
            expect("sender", row[column["Sender"]], visible(message["sender_name"]))
        if is_words(message):
            # Spreadsheets read the escape back; openpyxl does not.
            text = "".join(texts[message["id"]]).replace("_x005F_x", "_x")
            expect("text", text, visible(message["text"]).rstrip("\n"))
    counted = {row[3]: row[6] for row in book["Chats"].iter_rows(min_row=2, values_only=True)}
    expect("chats", sum(counted.values()), len(messages))


def squeeze(text):
    """A text without its lines and without the marks that keep a turn of direction to its line."""
    return "".join(character for character in text if character not in "\n\u2028\u2029\u2068\u2069")


def check_docx(path, messages):
    document = docx.Document(path)
    styles = Counter(paragraph.style.name for paragraph in document.paragraphs)
    chats = {message["conversation"] for message in messages}
    expect("headings of chats", styles["Heading 1"], len(chats))
    signed = sum("sender" in message or "sender_name" in message for message in messages)
    expect("signed messages", styles["Chat Sender"], signed)
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    squeezed = squeeze(words)
    missing = []
    for message in messages:
        if is_words(message):
            text = squeeze(visible(message["text"]))
            # Long runs of combining marks are cut.
            if "\u0301" * 21 not in text and text.strip() not in squeezed:
                missing.append(text)
    expect("texts missing from the document", missing, [])


def check_parquet(path, messages):
    table = pyarrow.dataset.dataset(path, partitioning="hive").to_table()
    rows = {row["message_id"]: row for row in table.to_pylist()}
    expect("rows", (table.num_rows, len(rows)), (len(messages), len(messages)))
    for message in messages:
        row = rows[message["id"]]
        expect("time", row["sent_at"], datetime.datetime.fromisoformat(message["sent_at"]))
        expect("month", row["month"], message["sent_at"][:7])
        expect("platform", row["platform"], message["platform"])
        expect("text", row["text"], message["text"])
        expect("sender", row["sender_native_id"], message.get("sender_native_id"))
        expect("kind", row["kind"], message["kind"])
        # The table lists what quotes show, and stickers without a file, too.
        known = [(found["name"], found["sha256"]) for found in row["attachments"]]
        for wanted in message.get("attachments", []):
            if (wanted.get("name"), wanted.get("sha256")) not in known:
                sys.exit(f"an attachment of {message['id']} is missing: {wanted}")


def main():
    if ARCHIVE.exists():
        sys.exit(f"{ARCHIVE} exists already")
    run("import", "--no-encryption", hostile_chat())
    for source in sorted(DEMO.iterdir()):
        keys = list(source.glob("*keys.json")) if source.is_dir() else []
        if keys:
            run("import", source, "--key-file", keys[0])
    for kind, name in [("jsonl", "all.jsonl"), ("xlsx", "all.xlsx"), ("docx", "all.docx"), ("parquet", "all.parquet")]:
        run("export", "--to", kind, "--hidden", "-o", FOLDER / name)
    with open(FOLDER / "all.jsonl", encoding="utf-8") as lines:
        messages = [json.loads(line) for line in lines]
    for message in messages:
        # Absent facts are absent fields.
        message.setdefault("text", "")
        message.setdefault("parts", [])
    texts = {message["text"] for message in messages}
    expect("hostile texts imported", [text[:40] for text in HOSTILE if text.strip() and text not in texts and text.strip() not in texts], [])
    for name in ["all.xlsx", "all.docx"]:
        expect(f"zip of {name}", zipfile.ZipFile(FOLDER / name).testzip(), None)
    check_xlsx(FOLDER / "all.xlsx", messages)
    check_docx(FOLDER / "all.docx", messages)
    check_parquet(FOLDER / "all.parquet", messages)
    print(f"documents: {len(messages)} messages are the same in xlsx, docx, parquet and jsonl")


main()

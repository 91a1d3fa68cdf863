#!/usr/bin/env python3
"""Makes the conformance vectors of HCX 1.0. Everything in them is invented.

    make_vectors.py FOLDER          writes the files and index.json
    make_vectors.py --check FOLDER  says whether they are what this script makes
"""
import hashlib, io, json, os, struct, sys, zipfile

ONE, TWO, THREE = "0" * 31 + "1", "0" * 31 + "2", "0" * 31 + "3"
CHAT, OTHER_CHAT = "c" * 32, "d" * 32
VECTORS = []


def canonical(value):
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(canonical(name) + ":" + canonical(value[name]) for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def text(words):
    return {"type": "text", "text": words}


def message(number=1, parts=None, **more):
    made = {
        "type": "message", "id": f"{number:032x}", "conversation": CHAT, "direction": "in", "platform": "wechat",
        "sent_at": f"2024-05-01T08:00:{number % 60:02}.000Z", "time_precision": "s", "state": "normal",
        "origin": {"input": "message_0.db", "table": "Msg_1", "row": str(number)}, "sender": ONE, "kind": "text",
        "conversation_kind": "group", "conversation_native_id": "1@chatroom", "conversation_name": "读书会",
        "sender_name": "陈雨", "sender_native_id": "wxid_chen", "native_ids": {"server_id": str(900 + number)},
        "source": "wechat_pc4", "parts": [text(f"第{number}条")] if parts is None else parts, "text": f"第{number}条",
    }
    made.update(more)
    return {name: value for name, value in made.items() if value is not None}


def copy_of(made, **more):
    """What a copy says: a message without what only lines say."""
    derived = {"type", "kind", "text", "conversation_kind", "conversation_native_id", "conversation_name", "sender_name",
               "sender_native_id", "copies", "reply_to", "attachments"}
    return {**{name: value for name, value in made.items() if name not in derived}, **more}


ACCOUNT = {"type": "account", "id": ONE, "platform": "wechat", "native_id": "wxid_chen", "kind": "person", "nickname": "陈雨"}
OWNER = {"type": "account", "id": TWO, "platform": "wechat", "native_id": "wxid_li", "kind": "person", "nickname": "李明", "owner": True}
GROUP = {"type": "conversation", "id": CHAT, "platform": "wechat", "native_id": "1@chatroom", "kind": "group", "name": "读书会", "owner": TWO}
MEMBER = {"type": "membership", "conversation": CHAT, "account": ONE, "role": "member", "name": "雨"}


def lines(records):
    return b"".join(record if isinstance(record, bytes) else (canonical(record) + "\n").encode() for record in records)


class Maker:
    """A valid file, which a vector then spoils."""

    def __init__(self, messages=None, changes=(), accounts=(ACCOUNT, OWNER), conversations=(GROUP,), memberships=(MEMBER,), blobs=(), header=None):
        messages = [message()] if messages is None else messages
        self.files = {
            "data/accounts.jsonl": lines(accounts), "data/conversations.jsonl": lines(conversations),
            "data/memberships.jsonl": lines(memberships), "data/changes.jsonl": lines(changes),
        }
        if messages:
            self.files["data/messages/000001.jsonl"] = lines(messages)
        for blob in blobs:
            self.files["data/blobs/" + sha(blob)] = blob
        known = [record for record in messages if isinstance(record, dict)]
        copies = [copy for record in known for copy in (record.get("copies") or [record]) if isinstance(copy, dict)]
        self.counts = {
            "accounts": len(accounts), "blobs": len(blobs), "changes": len(changes), "conversations": len(conversations),
            "copies": len(copies) + len(messages) - len(known), "memberships": len(memberships), "messages": len(messages),
        }
        self.header = {"format": "hcx", "version": "1.0", "counts": self.counts, "sources": sorted({copy["source"] for copy in copies if "source" in copy})}
        if not self.header["sources"]:
            del self.header["sources"]
        self.header.update(header or {})
        self.top, self.extra_members, self.tags, self.seal = "hcx", [], {}, True
        self.manifest = self.tag_manifest = self.info = None
        self.method, self.unlisted, self.left_out = zipfile.ZIP_DEFLATED, {}, set()
        self.declaration = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
        self.header_bytes = None
        self.info_of, self.change_bytes = {}, None

    def bytes(self):
        files = dict(self.files)
        files["data/hcx.json"] = self.header_bytes if self.header_bytes is not None else lines([self.header])
        listed = "".join(f"{sha(data)}  {path}\n" for path, data in sorted(files.items()))
        info = f"Bag-Software-Agent: make_vectors\nPayload-Oxum: {sum(map(len, files.values()))}.{len(files)}\n".encode()
        tags = {"bag-info.txt": info if self.info is None else self.info, "bagit.txt": self.declaration,
                "manifest-sha256.txt": (self.manifest(listed) if self.manifest else listed).encode(), **self.tags}
        listed = "".join(f"{sha(data)}  {path}\n" for path, data in sorted(tags.items()))
        tags["tagmanifest-sha256.txt"] = (self.tag_manifest(listed) if self.tag_manifest else listed).encode()
        members = [(f"{self.top}/{path}", data) for path, data in {**files, **tags, **self.unlisted}.items() if path not in self.left_out]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as made:
            for name, data in members + self.extra_members:
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.external_attr, entry.create_system = 0o100644 << 16, 3
                entry.compress_type = self.method
                for field, value in self.info_of.get(name, {}).items():
                    setattr(entry, field, value)
                made.writestr(entry, data, entry.compress_type)
        data = out.getvalue()
        if self.seal:
            data = data[:-2] + struct.pack("<H", 71)
            data += b"sha256:" + sha(data).encode()
        return self.change_bytes(data) if self.change_bytes else data


def vector(name, code, what, maker):
    data = maker if isinstance(maker, bytes) else maker.bytes()
    VECTORS.append((name + ".hcx", code, what, data))


def spoiled(**fields):
    maker = Maker()
    for name, value in fields.items():
        setattr(maker, name, value)
    return maker


def with_line(line, file="data/messages/000001.jsonl"):
    """A file in which one line of records is these bytes."""
    maker = Maker()
    maker.files[file] = line
    if file != "data/messages/000001.jsonl":
        maker.header["counts"][file[5:].split(".")[0]] = 1
    return maker


def accepted():
    vector("valid-minimal", None, "one message, one account, one conversation", Maker())
    vector("valid-empty", None, "no record at all", Maker([], accounts=(), conversations=(), memberships=()))
    vector("valid-many", None, "a hundred and twenty messages, some of them read by two sources", Maker(
        [message(number, copies=[copy_of(message(number)), copy_of(message(number), source="wechat_ios", origin={"input": "MM.sqlite", "row": str(number)})],
                 source=None) if number % 5 == 0 else message(number) for number in range(1, 121)]))
    vector("valid-two-files", None, "messages in two files, numbered without a gap", two_files())
    vector("valid-stored", None, "a ZIP file whose members are not packed", spoiled(method=zipfile.ZIP_STORED))
    vector("valid-no-seal", None, "a ZIP file without the seal in its comment", spoiled(seal=False))
    vector("valid-other-folder", None, "the one top folder has any name", spoiled(top="chats-2024"))
    vector("valid-folder-entries", None, "the ZIP file has entries for its folders", spoiled(extra_members=[("hcx/", b""), ("hcx/data/", b"")]))
    vector("valid-unknown-members", None, "members that nobody knows, at every depth", Maker([message(
        x_top=[1, {"x": True}], parts=[{**text("你好"), "x_part": "x"}], origin={"input": "a.db", "x_origin": {}})],
        accounts=({**ACCOUNT, "x_account": 5}, OWNER)))
    vector("valid-future-part", None, "a part of a kind that version 1.0 does not have", Maker([message(
        parts=[{"type": "hologram", "depth": 3, "frames": [{"at": 1}]}], kind="unknown", text=None)]))
    vector("valid-future-record", None, "a record of a kind that version 1.0 does not have, among the changes",
           Maker(changes=({"type": "pin", "message": ONE}, {"type": "change", "change": "translation", "message": ONE, "conversation": CHAT, "text": "hello"})))
    vector("valid-future-minor", None, "minor version 1.7", Maker(header={"version": "1.7", "x_tool": "later"}))
    vector("valid-extension-file", None, "a file of somebody's own in data/ext", extension())
    vector("valid-more-tags", None, "a further tag file, listed in the tag manifest", spoiled(tags={"README.txt": "给看到它的人\n".encode()}))
    vector("valid-cyclic-replies", None, "two messages answer each other", Maker([
        message(1, reply_to=f"{2:032x}"), message(2, reply_to=f"{1:032x}"), message(3, reply_to=f"{3:032x}")]))
    vector("valid-dangling-ids", None, "sender, conversation, answer and change name what is not in the file", Maker(
        [message(sender=THREE, conversation=OTHER_CHAT, reply_to=THREE, thread=THREE, lookup_keys=[THREE], reply_keys=[THREE])],
        changes=({"type": "change", "change": "recall", "message": THREE, "conversation": OTHER_CHAT},)))
    vector("valid-copies", None, "two copies of one message that differ", Maker([message(copies=[
        copy_of(message(), stated_name="雨"), copy_of(message(parts=[text("第一条")]), source="wechat_txt", id=THREE)], source=None)]))
    vector("valid-two-owners", None, "a direct chat in the copies of both sides", two_owners())
    vector("valid-links", None, "linked conversations, conversations apart, one person", Maker(
        conversations=(GROUP, {**GROUP, "id": OTHER_CHAT}),
        changes=({"type": "link", "conversation": OTHER_CHAT, "into": CHAT, "reason": "user", "at": "2024-05-01T08:00:00.000Z"},
                 {"type": "apart", "conversation": CHAT, "other": OTHER_CHAT}, {"type": "person", "accounts": [ONE, TWO]})))
    vector("valid-changes", None, "a recall, another wording, a reaction", Maker(changes=(
        {"type": "change", "change": "recall", "message": ONE, "conversation": CHAT, "by": ONE, "at": "2024-05-01T08:00:09.000Z"},
        {"type": "change", "change": "revision", "message": ONE, "conversation": CHAT, "parts": [text("改过的话")]},
        {"type": "change", "change": "reaction", "message": ONE, "conversation": CHAT, "emoji": "👍", "count": 2, "accounts": [ONE, TWO]})))
    vector("valid-recalled", None, "a recalled message keeps its words; who and when are known", Maker([message(
        state="recalled", state_detail={"by": ONE, "at": "2024-05-01T08:00:09.000Z"}, revisions=[{"parts": [text("原来的话")]}])]))
    vector("valid-attachment", None, "a picture whose content is in the file", with_picture())
    vector("valid-missing-attachment", None, "a file whose content was not found", Maker([message(
        parts=[{"type": "file", "attachment": {"present": False, "name": "账目.xlsx", "size": 18944}}], kind="file")]))
    vector("valid-referenced-attachment", None, "a file whose content was seen and left where it was", Maker([message(
        parts=[{"type": "file", "attachment": {"present": True, "name": "账目.xlsx", "size": 4, "sha256": sha(b"data"), "path": "FileStorage/账目.xlsx"}}], kind="file")]))
    vector("valid-hostile-text", None, "texts that are dangerous elsewhere are texts here", Maker([message(number, [text(words)], text=words) for number, words in enumerate([
        "=cmd|' /C calc'!A0", "</script><script>alert(1)</script>", "../../etc/passwd", "\u202egnp.exe", "a\u0000b", "a\u2028b\u2029c",
        "#set page(width: 1pt)", "<!DOCTYPE x [<!ENTITY y 'z'>]>", "\"\\\b\f\n\r\t\u0001\u001f\u007f", "e" + "\u0301" * 1000, "\ufeff"], 1)]))
    vector("valid-utf16-order", None, "names of members are ordered by UTF-16: U+1F600 before U+FB33", Maker([message(**{"x_\U0001F600": 1, "x_\uFB33": 2})]))
    vector("valid-largest-numbers", None, "numbers up to 2^53 - 1; an order of 64 bits as text", Maker([message(order="-9223372036854775808", x_low=-9007199254740991, x_high=9007199254740991)]))
    vector("valid-old-and-late", None, "instants before 1970 and beyond the year 9999", Maker([
        message(1, sent_at="0000-01-01T00:00:00.000Z"), message(2, sent_at="+010000-01-01T00:00:00.000Z"), message(3, sent_at="-000001-12-31T23:59:59.999Z")]))
    vector("valid-precisions", None, "times of every precision", Maker([message(number, time_precision=name) for number, name in enumerate(["ms", "s", "min", "day"], 1)]))
    deep = {"type": "text", "text": "innerst"}
    for _ in range(20):
        deep = {"type": "forward", "messages": [{"parts": [deep]}]}
    vector("valid-deep-forward", None, "bundles inside bundles, 20 levels", Maker([message(parts=[deep], kind="forward")]))
    vector("valid-nesting-limit", None, "128 levels of nesting in one line", Maker([message(x_deep=nested(127))]))
    long = "长" * 3_500_000
    vector("valid-long-line", None, "a line of 10 MB", Maker([message(parts=[text(long + sha(b"x"))], text=None)]))
    vector("valid-every-part", None, "every kind of part", every_part())
    vector("valid-raw", None, "original rows and unknown bytes", Maker([message(raw_hex="00ff10", parts=[{"type": "unknown", "kind": "49/99", "raw_hex": "dead", "text": "?"}], kind="unknown")]))
    vector("valid-system", None, "a system event without a sender", Maker([message(sender=None, sender_name=None, direction="none", parts=[{"type": "system", "event": "joined", "text": "陈雨加入了群聊", "accounts": [ONE]}], kind="system")]))
    vector("valid-hidden", None, "a service row", Maker([message(hidden=True)]))
    vector("valid-same-id-twice", None, "two lines with one id: two copies that nobody has merged", Maker([message(), message(origin={"input": "b.db", "row": "7"})]))
    vector("valid-statements", None, "two copies say different things of one account", Maker(accounts=(
        {**ACCOUNT, "as_of": "2024-01-01T00:00:00.000Z"}, {**ACCOUNT, "as_of": "2023-01-01T00:00:00.000Z", "nickname": "小雨"}, OWNER)))


def two_files():
    maker = Maker([message(1), message(2)])
    maker.files["data/messages/000001.jsonl"] = lines([message(1)])
    maker.files["data/messages/000002.jsonl"] = lines([message(2)])
    return maker


def extension():
    maker = Maker()
    maker.files["data/ext/example.org/notes.jsonl"] = b"not even JSON\r\n"
    return maker


def two_owners():
    chat = {"type": "conversation", "id": CHAT, "platform": "wechat", "kind": "direct", "native_id": "wxid_chen", "owner": TWO, "peer": ONE}
    out = message(direction="out", sender=TWO)
    return Maker([message(direction="out", sender=TWO, source=None, conversation_kind="direct", copies=[
        copy_of(out, origin={"input": "li.db", "row": "1"}), copy_of(out, direction="in", origin={"input": "chen.db", "row": "4"})])],
        accounts=(ACCOUNT, {**ACCOUNT, "owner": True}, OWNER), conversations=(chat, {**chat, "native_id": "wxid_li", "owner": ONE, "peer": TWO}), memberships=())


def picture(stored=True, digest=None):
    return {"type": "image", "attachment": {"present": True, "stored": stored, "sha256": digest or sha(b"picture"), "size": 7, "name": "a.png"}, "width": 4, "height": 3}


def with_picture():
    return Maker([message(parts=[picture()], kind="image", text="[图片]", attachments=[picture()["attachment"]])], blobs=(b"picture",))


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def every_part():
    file = {"present": False, "name": "a.bin"}
    parts = [
        {"type": "text", "text": "@所有人 看", "mentions": [{"name": "@所有人", "everyone": True}, {"account": ONE, "native_id": "wxid_chen", "name": "@雨"}]},
        {"type": "image", "attachment": file, "thumbnail": file, "width": 4, "height": 3, "flash": True},
        {"type": "voice", "attachment": file, "duration_ms": 1500, "transcript": "好的"}, {"type": "video", "attachment": file, "thumbnail": file, "duration_ms": 9, "width": 1, "height": 1},
        {"type": "file", "attachment": file}, {"type": "sticker", "attachment": file, "meaning": "笑", "pack": "p", "result": "6"},
        {"type": "place", "latitude": "39.9", "longitude": "116.4", "name": "鼓楼", "address": "北京"},
        {"type": "contact", "native_id": "wxid_x", "name": "某人", "alias": "x", "description": "d", "official": True},
        {"type": "link", "url": "https://example.org/", "title": "t", "description": "d", "source": "s"},
        {"type": "mini_app", "app": "a", "app_id": "i", "title": "t", "description": "d", "path": "p", "url": "u"},
        {"type": "channel_post", "author": "a", "author_id": "i", "description": "d", "post_id": "p", "url": "u", "duration_ms": 1, "form": "live"},
        {"type": "quote", "author": ONE, "author_native_id": "n", "author_name": "雨", "sent_at": "2024-05-01T08:00:00.000Z", "native_id": "5", "parts": [text("从前的话")]},
        {"type": "forward", "title": "t", "summary": ["a"], "count": 2, "native_id": "n", "raw": "<x/>", "messages": [
            {"sender": ONE, "sender_native_id": "n", "sender_name": "雨", "sent_at": "2024-05-01T08:00:00.000Z", "sent_at_text": "上午", "native_id": "1", "parts": [text("里面")]}]},
        {"type": "payment", "payment": "red_packet", "state": "received", "amount": "8.88", "currency": "CNY", "note": "恭喜", "native_id": "n", "payer": ONE, "receiver": TWO},
        {"type": "call", "call": "video", "outcome": "missed", "duration_ms": 0, "text": "未接"}, {"type": "nudge", "actor": ONE, "target": TWO, "text": "拍了拍"},
        {"type": "announcement", "title": "t", "text": "公告"}, {"type": "poll", "title": "t", "text": "投票", "options": ["是", "否"]},
        {"type": "system", "event": "renamed", "text": "改名", "accounts": [ONE]},
        {"type": "card", "app": "a", "title": "t", "text": "x", "url": "u", "fields": [["标签", "值"]], "raw": "{}"}, {"type": "unknown", "kind": "k", "raw_hex": "", "text": "t"},
    ]
    return Maker([message(number, [part], kind=part["type"], text=None) for number, part in enumerate(parts, 1)])


def bad_lines():
    line = canonical(message())
    for name, code, what, data in [
        ("crlf", "lines", "lines end with CR LF", line + "\r\n"),
        ("bom", "lines", "a line begins with a byte order mark", "\ufeff" + line + "\n"),
        ("empty-line", "lines", "an empty line", line + "\n\n"),
        ("no-line-end", "lines", "the last line does not end", line),
        ("not-json", "json", "a line that is no JSON", "{'type':'message'}\n"),
        ("cut-json", "json", "a line that ends in the middle", line[:90] + "\n"),
        ("duplicate-key", "json", "a name stands twice in one object", line[:-1] + ',"type":"message"}\n'),
        ("duplicate-key-nested", "json", "a name stands twice in an inner object", line.replace('"row":"1"', '"row":"1","row":"1"') + "\n"),
        ("lone-surrogate", "json", "half of a surrogate pair as an escape", line.replace("第1条", "\\ud800") + "\n"),
        ("control-character", "json", "a control character that is not escaped", line.replace("第1条", "a\u0001b") + "\n"),
        ("two-values", "json", "two values on one line", line + line + "\n"),
        ("number-leading-zero", "json", "a number that begins with 0", line[:-1] + ',"x_n":01}\n'),
        ("nan", "json", "NaN", line[:-1] + ',"x_n":NaN}\n'),
        ("white-space", "canonical", "white space between members", line.replace(",", ", ", 1) + "\n"),
        ("white-space-behind", "canonical", "white space behind the object", line + " \n"),
        ("key-order", "canonical", "members that are not in order", '{"type":"message",' + line[1:].replace(',"type":"message"', "") + "\n"),
        ("needless-escape", "canonical", "an escape that is not needed", line.replace("第1条", "\\u7b2c1条") + "\n"),
        ("escaped-slash", "canonical", "an escaped slash", line.replace("第1条", "a\\/b") + "\n"),
        ("upper-case-escape", "canonical", "an escape in upper case", line.replace("第1条", "\\u001F") + "\n"),
        ("escaped-pair", "canonical", "a surrogate pair as escapes", line.replace("第1条", "\\ud83d\\ude00") + "\n"),
        ("number-fraction", "canonical", "a number with a fraction", line[:-1] + ',"x_n":1.0}\n'),
        ("number-exponent", "canonical", "a number with an exponent", line[:-1] + ',"x_n":1e3}\n'),
        ("number-minus-zero", "canonical", "minus zero", line[:-1] + ',"x_n":-0}\n'),
        ("number-too-large", "canonical", "a number beyond 2^53 - 1", line[:-1] + ',"x_n":9007199254740992}\n'),
        ("null", "canonical", "null", line[:-1] + ',"x_n":null}\n'),
        ("deep-nesting", "depth", "129 levels of nesting", canonical(message(x_deep=nested(128))) + "\n"),
        ("deeper-nesting", "depth", "100,000 levels of nesting", line[:-1] + ',"x_deep":' + "[" * 100_000 + "]" * 100_000 + "}\n"),
    ]:
        vector("bad-" + name, code, what, with_line(data.encode()))
    vector("bad-utf8", "json", "bytes that are no UTF-8", with_line(line.encode().replace("第".encode(), b"\xff\xfe\xfd") + b"\n"))
    vector("bad-surrogate-bytes", "json", "a surrogate as three bytes", with_line(line.encode().replace("第".encode(), b"\xed\xa0\x80") + b"\n"))


def bad_records():
    def record(name, what, made, code="record", **where):
        vector("bad-" + name, code, what, with_line((canonical(made) + "\n").encode(), **where))

    record("no-type", "a record without a type", message(type=None))
    record("array-record", "a line that is an array", [message()])
    record("no-id", "a message without an id", message(id=None))
    record("upper-case-id", "an id in upper case", message(id="A" * 32))
    record("no-parts", "a message without parts", message(parts=None, x=1) | {"parts": "x"})
    record("part-without-type", "a part without a type", message(parts=[{"text": "x"}]))
    record("unknown-direction", "a direction that there is not", message(direction="sideways"))
    record("empty-string", "an empty string where nothing is known", message(stated_name=""))
    record("time-offset", "an instant with an offset", message(sent_at="2024-05-01T16:00:00.000+08:00"))
    record("time-no-milliseconds", "an instant without milliseconds", message(sent_at="2024-05-01T08:00:00Z"))
    record("time-impossible", "the 30th of February", message(sent_at="2024-02-30T08:00:00.000Z"))
    record("number-for-string", "a number where a string must stand", message(platform=5))
    record("negative-size", "a size below zero", message(parts=[{"type": "file", "attachment": {"present": False, "size": -1}}]))
    record("stored-without-digest", "a content that is stored and has no digest", message(parts=[{"type": "file", "attachment": {"present": True, "stored": True}}]))
    record("no-copies", "an empty list of copies", message(copies=[]))
    record("detail-of-normal", "who recalled a message that was not recalled", message(state_detail={"by": ONE}))
    record("one-person", "a person of one account", {"type": "person", "accounts": [ONE]}, file="data/changes.jsonl")
    record("misplaced", "an account among the messages", ACCOUNT)
    record("misplaced-future", "a record of an unknown kind among the accounts", {"type": "pin"}, file="data/accounts.jsonl")
    maker = Maker([message(parts=[picture()], kind="image")])
    vector("bad-blob-missing", "blob", "a content that is said to be stored and is not there", maker)


def bad_bags():
    def change(name, code, what, **fields):
        vector("bad-" + name, code, what, spoiled(**fields))

    change("no-bagit", "missing", "bagit.txt is missing", left_out={"bagit.txt"})
    change("no-manifest", "missing", "the manifest is missing", left_out={"manifest-sha256.txt"})
    change("no-tagmanifest", "missing", "the tag manifest is missing", left_out={"tagmanifest-sha256.txt"})
    change("missing-file", "missing", "a file that the manifest lists is missing", left_out={"data/changes.jsonl"})
    change("extra-file", "extra", "a file that no manifest lists", unlisted={"data/blobs/" + sha(b"more"): b"more"})
    change("extra-tag", "extra", "a tag file that the tag manifest does not list", unlisted={"notes.txt": b"x"})
    change("unknown-file", "extra", "a listed file that HCX does not know", files={**Maker().files, "data/notes.txt": b"x"})
    change("fetch", "bag", "a bag that wants to fetch", tags={"fetch.txt": b"https://example.org/x 5 data/x\n"})
    change("declaration", "bag", "bagit.txt of another version", declaration=b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")
    change("oxum", "bag", "Payload-Oxum is not what the payload adds up to", info=b"Payload-Oxum: 1.1\n")
    change("no-oxum", "bag", "Payload-Oxum is missing", info=b"Bag-Software-Agent: x\n")
    change("wrong-digest", "digest", "a digest in the manifest is another one", manifest=lambda listed: listed.replace(sha(Maker().files["data/accounts.jsonl"]), "0" * 64))
    change("wrong-tag-digest", "digest", "a digest in the tag manifest is another one", tag_manifest=lambda listed: "0" * 64 + listed[64:])
    change("manifest-twice", "bag", "the manifest lists a file twice", manifest=lambda listed: listed + listed[:listed.index("\n") + 1])
    change("manifest-format", "bag", "a line of the manifest has one space", manifest=lambda listed: listed.replace("  ", " ", 1))
    change("manifest-upper-case", "bag", "a digest in upper case", manifest=lambda listed: listed[:64].upper() + listed[64:])
    change("manifest-traversal", "path", "the manifest names a path outside", manifest=lambda listed: listed + "0" * 64 + "  data/../../etc/passwd\n")
    change("manifest-absolute", "path", "the manifest names an absolute path", manifest=lambda listed: listed + "0" * 64 + "  /etc/passwd\n")
    change("blob-name", "digest", "a content that is not named by its digest", files={**Maker().files, "data/blobs/" + "1" * 64: b"x"}, header={**Maker().header, "counts": {**Maker().counts, "blobs": 1}})
    change("gap-in-numbers", "missing", "files of messages with a gap in their numbers", files={**Maker().files, "data/messages/000003.jsonl": lines([message(3)])})
    change("counts", "counts", "the header counts more messages than there are", header={**Maker().header, "counts": {**Maker().counts, "messages": 7}})
    change("sources", "counts", "the header lists a source that no message names", header={**Maker().header, "sources": ["qq_nt", "wechat_pc4"]})
    change("major-version", "version", "major version 2", header={"format": "hcx", "version": "2.0", "everything": "else"})
    change("version-format", "header", "a version that is no two numbers", header={**Maker().header, "version": "1"})
    change("other-format", "header", "another format", header={**Maker().header, "format": "zip"})
    change("no-counts", "header", "a header without counts", header={"format": "hcx", "version": "1.0"})
    change("header-not-canonical", "canonical", "a header with white space", header_bytes=(json.dumps(Maker().header) + "\n").encode())


def bad_containers():
    valid = Maker().bytes()
    vector("bad-not-zip", "container", "no ZIP file", b"This is not an HCX file.\n")
    vector("bad-empty-file", "container", "no bytes at all", b"")
    vector("bad-cut", "container", "a ZIP file that was cut off", valid[:-200])
    middle = len(valid) // 2
    vector("bad-flipped-byte", "digest", "one byte changed: the seal does not fit", valid[:middle] + bytes([valid[middle] ^ 255]) + valid[middle + 1:])
    vector("bad-seal", "digest", "another seal", valid[:-64] + b"0" * 64)
    comment = Maker()
    comment.seal = False
    vector("bad-comment", "container", "a comment that is no seal", comment.bytes()[:-2] + struct.pack("<H", 5) + b"hello")
    for name, member in [("traversal", "../evil"), ("inner-traversal", "hcx/../../evil"), ("absolute", "/etc/passwd"), ("backslash", "hcx\\..\\evil"),
                         ("drive", "C:/evil"), ("dot", "hcx/./a"), ("double-slash", "hcx//a"), ("control", "hcx/a\nb")]:
        vector("hostile-path-" + name, "path", f"a member called {member!r}", spoiled(extra_members=[(member, b"x")]))
    vector("hostile-two-folders", "path", "a second folder at the top", spoiled(extra_members=[("other/bagit.txt", b"x")]))
    vector("hostile-outside", "path", "a file beside the folder", spoiled(extra_members=[("hcx", b"x")]))
    vector("hostile-symlink", "path", "a symbolic link", spoiled(extra_members=[("hcx/link", b"/etc/passwd")], info_of={"hcx/link": {"external_attr": 0o120777 << 16}}))
    vector("hostile-same-name", "path", "two members with one name", spoiled(extra_members=[("hcx/data/accounts.jsonl", b"{}\n")]))
    vector("hostile-same-name-case", "path", "two names that differ in case only", spoiled(extra_members=[("hcx/DATA/accounts.jsonl", b"{}\n")]))
    bomb = Maker()
    bomb.files["data/messages/000001.jsonl"] = b" " * (40 << 20)
    vector("hostile-bomb", "limit", "a member that unpacks to a thousand times its size", bomb)
    vector("hostile-overlap", "container", "members that share the same bytes", overlapping())


def overlapping():
    """Many entries of the directory that lead to one large member: what is packed adds up to more than the file has."""
    data = Maker()
    data.seal, data.method = False, zipfile.ZIP_STORED
    block = b"x" * 20_000
    names = [f"hcx/data/ext/{number}" for number in range(8)]
    data.extra_members = [(names[0], block)]
    made = data.bytes()
    end = made.rindex(b"PK\5\6")
    start = struct.unpack("<I", made[end + 16:end + 20])[0]
    directory = made[start:end]
    entry = directory[directory.rindex(b"PK\1\2"):]
    more = b"".join(entry[:-1] + name[-1:].encode() for name in names[1:])
    count = struct.unpack("<H", made[end + 10:end + 12])[0] + 7
    tail = made[end:end + 8] + struct.pack("<HHII", count, count, len(directory + more), start) + b"\0\0"
    return made[:start] + directory + more + tail


def main(arguments):
    accepted(), bad_lines(), bad_records(), bad_bags(), bad_containers()
    index = {"format": "HCX 1.0 conformance vectors", "vectors": [
        {"file": name, "must": "reject" if code else "accept", **({"code": code} if code else {}), "what": what} for name, code, what, _ in VECTORS]}
    files = {name: data for name, _, _, data in VECTORS}
    files["index.json"] = (json.dumps(index, ensure_ascii=False, indent=1) + "\n").encode()
    folder = arguments[-1]
    if arguments[0] == "--check":
        there = {name for name in os.listdir(folder) if name.endswith((".hcx", ".json"))}
        stale = [name for name in files if name not in there or not same(open(os.path.join(folder, name), "rb").read(), files[name])]
        stale += sorted(there - set(files))
        return f"stale vectors: {', '.join(stale)}" if stale else print(f"{len(VECTORS)} vectors are what the script makes")
    os.makedirs(folder, exist_ok=True)
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)
    print(f"{len(VECTORS)} vectors, {sum(map(len, files.values())):,} bytes")


def same(there, made):
    """Whether two files have the same members: what packs them may differ from machine to machine."""
    if there == made:
        return True
    try:
        one, other = [zipfile.ZipFile(io.BytesIO(data)) for data in (there, made)]
        return [(info.filename, info.CRC) for info in one.infolist()] == [(info.filename, info.CRC) for info in other.infolist()]
    except zipfile.BadZipFile:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Reads HCX 1 files, as the specification beside it says: reader.py [--transcript] FILE | reader.py --vectors FOLDER"""
import datetime, hashlib, itertools, json, os, re, stat, sys, zipfile, zlib
HERE = os.path.dirname(os.path.abspath(__file__))
MAX_LINE, MAX_DEPTH, MAX_RATIO, FREE = 64 << 20, 128, 250, 16 << 20
INFO, BAGIT, MANIFEST, TAGS = "bag-info.txt", "bagit.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt"
COUNTS = ["accounts", "blobs", "changes", "conversations", "copies", "memberships", "messages"]
PLACES = {name[:-1]: name for name in ("accounts", "conversations", "memberships", "messages")}
HEADER, RECORDS = "data/hcx.json", [f"data/{name}.jsonl" for name in COUNTS if name not in ("blobs", "copies", "messages")]
PAYLOAD = r"data/(hcx\.json|(accounts|changes|conversations|memberships)\.jsonl|messages/\d{6}\.jsonl|blobs/[0-9a-f]{64}|ext/.+)"
TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
folder = lambda path: path[5:].split("/")[0].split(".")[0]
STRING, VERSION = re.compile(r'"(?:[^"\\]|\\.)*"'), r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})"

SCHEMAS = {name[:-12]: json.load(open(os.path.join(HERE, name), encoding="utf-8")) for name in os.listdir(HERE) if name.endswith(".schema.json")}

class Flaw(Exception):
    """Code, file, what is wrong, line."""
def need(holds, code, file="", what="is not what it must be", line=0):
    if not holds:
        raise Flaw(code, file, str(what), line)

def faults(value, rule, root, path=""):
    """Gives where a value is not what a schema says (as much of JSON Schema as ours use)."""
    rule = root["$defs"][rule["$ref"][8:]] if "$ref" in rule else rule
    rules, members, text = rule.get("prefixItems", []), rule.get("properties", {}), isinstance(value, str)
    if (("type" in rule and type(value) is not TYPES[rule["type"]])
            or value != rule.get("const", value) or value not in rule.get("enum", [value])
            or (text and (len(value) < rule.get("minLength", 0) or not re.search(rule.get("pattern", ""), value)))
            or (type(value) is int and not rule.get("minimum", value) <= value <= rule.get("maximum", value))
            or (isinstance(value, list) and rules and len(value) != len(rules))
            or (isinstance(value, dict) and not set(rule.get("required", [])) <= set(value))):
        yield f"{path or 'the record'} must not be {str(value)[:80]}"
    for name, member in value.items() if isinstance(value, dict) else []:
        yield from faults(member, members.get(name, rule.get("additionalProperties", {})), root, f"{path}/{name}")
    for index, element in enumerate(value) if isinstance(value, list) else []:
        yield from faults(element, rules[index] if rules and index < len(rules) else rule.get("items", {}), root, f"{path}/{index}")
    for one in rule.get("allOf", []) if isinstance(value, dict) else []:
        if value.get("type") == one["if"]["properties"]["type"]["const"]:
            yield from faults(value, one["then"], root, path)

def canonical(value):
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(canonical(name) + ":" + canonical(member) for name, member in members) + "}"
    return "[" + ",".join(map(canonical, value)) + "]" if isinstance(value, list) else json.dumps(value, ensure_ascii=False)

def parse(line, file, number):
    once = lambda pairs: need(len(dict(pairs)) == len(pairs), "json", file, "a name stands twice", number) or dict(pairs)
    try:
        bare = STRING.sub("", line.decode("utf-8"))
        levels = itertools.accumulate(1 if mark in "[{" else -1 for mark in re.findall(r"[\[\]{}]", bare))
        need(max(levels, default=0) <= MAX_DEPTH, "depth", file, "nested too deep", number)
        value = json.loads(line.decode("utf-8"), object_pairs_hook=once,
                           parse_constant=lambda word: need(False, "json", file, word, number),
                           parse_float=lambda word: need(False, "canonical", file, word + " is no whole number", number))
        same = canonical(value).encode("utf-8") == line and "null" not in bare
    except ValueError as error:  # not UTF-8, not JSON, or a surrogate that stands alone
        raise Flaw("json", file, error, number)
    same = same and all(len(word) < 18 and abs(int(word)) < 1 << 53 for word in re.findall(r"-?\d+", bare))
    need(same, "canonical", file, "not in canonical form", number)
    return value

def inside(value):
    yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        yield from inside(inner)

def record(value, file, number, payload):
    kind = value.get("type") if isinstance(value, dict) else None
    need(isinstance(kind, str) and folder(file) == PLACES.get(kind, "changes"), "record", file, "no record of this file", number)
    need(kind != "change" or isinstance(value.get("change"), str), "record", file, "/change is no string", number)
    rules = SCHEMAS.get(f"change-{value['change']}" if kind == "change" else kind, {}) if kind != "hcx" else {}
    for fault in faults(value, rules, rules):
        raise Flaw("record", file, fault, number)
    need(value.get("copies") != [] and (kind != "person" or value["accounts"][1:]), "record", file, "too few of them", number)
    try:
        for one in inside({key: member for key, member in value.items() if key != "attachments"} if rules else 0):
            if isinstance(one, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one):
                datetime.datetime.fromisoformat(one[:-1] if one > "0001" else "2" + one[1:-1])  # 0000 is a leap year as 2000 is
            if isinstance(one, dict) and one.get("state") in ("normal", "deleted"):
                need("state_detail" not in one, "record", file, "/state_detail of a message that was not recalled", number)
            if isinstance(one, dict) and one.get("stored") is True and "present" in one:
                need(one["present"] and "sha256" in one, "record", file, "stored, but not present or without sha256", number)
                need("data/blobs/" + one["sha256"] in payload, "blob", file, "stored, but not in data/blobs", number)
    except ValueError as error:
        raise Flaw("record", file, str(error), number)

class Bag:
    def __init__(self, path):
        with open(path, "rb") as file:
            start, seal = file.read(max(os.path.getsize(path) - 71, 0)), file.read()
        try:
            self.zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Flaw("container", "", error, 0)
        need(self.zip.comment in (b"", seal) and self.zip.comment[:7] in (b"", b"sha256:"), "container", what="no seal")
        need(self.zip.comment[7:] in (b"", hashlib.sha256(start).hexdigest().encode()), "digest", what="not the bytes that were sealed")
        self.members, seen, tops = {}, set(), set()
        for info in self.zip.infolist():
            name = info.orig_filename
            top, *rest = name.removesuffix("/").split("/")
            tops.add(top)
            odd = re.search(r"[\x00-\x1f\x7f-\x9f\\:]", name) or len(name.encode()) > 1024 or {"", ".", ".."} & {top, *rest}
            odd = odd or stat.S_ISLNK(info.external_attr >> 16) or len(tops) > 1 or name.lower() in seen
            need(not odd and (rest or name.endswith("/")), "path", name, "leads outside, is a link, or stands there twice")
            need(info.file_size <= FREE or info.file_size // MAX_RATIO <= info.compress_size, "limit", name, "unpacks to too much")
            if not name.endswith("/"):
                seen.add(name.lower())
                self.members["/".join(rest)] = info
        need(sum(info.compress_size for info in self.members.values()) <= os.path.getsize(path), "container", what="members overlap")

    def lines(self, path, digest=None):
        hasher = hashlib.sha256()
        try:
            with self.zip.open(self.members[path]) as file:
                while line := file.readline(MAX_LINE + 2):
                    hasher.update(line)
                    yield line
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise Flaw("digest" if "CRC" in str(error) else "container", path, error, 0)
        need(not digest or hasher.hexdigest() == digest, "digest", path, "not the bytes that were written")

    def manifest(self, path):
        listed = {}
        for number, line in enumerate(self.lines(path), 1):
            found = re.fullmatch(rb"([0-9a-f]{64})  ([!-~]+)\n", line)
            need(found, "bag", path, "no digest and path", number)
            name = found[2].decode()
            need(not re.search(r"[\\%:]|(^|/)\.{0,2}(/|$)", name), "path", path, "a path that must not be named", number)
            need(name not in listed, "bag", path, "a path for the second time", number)
            listed[name] = found[1].decode()
        return listed

    def header(self):
        """Holds the bag against its manifests, and gives what data/hcx.json says."""
        def all_in(names, held, code="missing"):
            for name in sorted(set(names) - set(held)):
                raise Flaw(code, name, "is missing, or stands in no manifest", 0)
        all_in([INFO, BAGIT, MANIFEST, TAGS], self.members)
        tags = self.manifest(TAGS)
        all_in([INFO, BAGIT, MANIFEST], tags, "bag")
        all_in(tags, self.members)
        text, self.payload = {name: b"".join(self.lines(name, digest)) for name, digest in tags.items()}, self.manifest(MANIFEST)
        need(text[BAGIT] == b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n", "bag", BAGIT)
        need("fetch.txt" not in self.members and TAGS not in tags and not re.search("^data/", "\n".join(tags), re.M), "bag", TAGS)
        need(all(name.startswith("data/") for name in self.payload), "bag", MANIFEST)
        all_in(self.members, [*tags, TAGS, *filter(re.compile(PAYLOAD).fullmatch, self.payload)], "extra")
        all_in(self.payload, self.members)
        messages = [name for name in self.payload if folder(name) == "messages"]
        all_in([HEADER, *RECORDS, *(f"data/messages/{number:06}.jsonl" for number, _ in enumerate(messages, 1))], self.payload)
        oxum = f"{sum(self.members[name].file_size for name in self.payload)}.{len(self.payload)}"
        need(re.findall(r"(?m)^Payload-Oxum: (.*)$", text[INFO].decode("utf-8", "replace")) == [oxum], "bag", INFO, "Payload-Oxum")
        line = b"".join(self.lines(HEADER, self.payload[HEADER]))
        need(line.endswith(b"\n"), "lines", HEADER)
        header = parse(line[:-1], HEADER, 1)
        version = str(header["version"]) if isinstance(header, dict) and "version" in header else ""
        need(re.fullmatch(VERSION, version), "header", HEADER, "the version is no two numbers with a dot")
        need(version.startswith("1."), "version", HEADER, version)
        for fault in faults(header, SCHEMAS["hcx"], SCHEMAS["hcx"]):
            raise Flaw("header", HEADER, fault, 1)
        return header

def check(path, show=lambda message: None):
    bag, counts, sources = Bag(path), dict.fromkeys(COUNTS, 0), set()
    header = bag.header()
    for file, digest in sorted(bag.payload.items()):
        counts["blobs"] += folder(file) == "blobs"
        need(folder(file) != "blobs" or file[11:] == digest, "digest", file, "not named by its digest")
        for number, line in enumerate(bag.lines(file, digest), 1):
            if not file.endswith(".jsonl") or folder(file) == "ext":
                continue
            need(len(line) <= MAX_LINE + 1, "limit", file, "the line is too long", number)
            need(re.fullmatch(rb"(?s)(?!\xef\xbb\xbf).*[^\r\n]\n", line), "lines", file, "a line ends or begins as it must not", number)
            value = parse(line[:-1], file, number)
            record(value, file, number, bag.payload)
            counts[folder(file)] += 1
            if folder(file) == "messages":
                counts["copies"] += len(value.get("copies", [value]))
                sources |= {copy["source"] for copy in value.get("copies", [value]) if "source" in copy}
                show(value)
    need({name: header["counts"][name] for name in COUNTS} == counts, "counts", HEADER, f"there are {counts}")
    need(header.get("sources", []) == sorted(sources), "counts", HEADER, f"the sources are {sorted(sources)}")
    return counts

def judge(path, *show):
    try:
        return "ok", check(path, *show)
    except Flaw as flaw:
        return flaw.args

if __name__ == "__main__":
    option, path = sys.argv[1:3] if sys.argv[2:] else ["", *sys.argv[1:]] if sys.argv[1:] else sys.exit(__doc__)
    if option == "--vectors":
        index = json.load(open(os.path.join(path, "index.json"), encoding="utf-8"))["vectors"]
        wrong = [one["file"] for one in index if judge(os.path.join(path, one["file"]))[0] != one.get("code", "ok")]
        sys.exit(print(f"{len(index) - len(wrong)} of {len(index)} vectors", *wrong) or len(wrong))
    show = lambda message: print(*(message.get(name, "-") for name in ("sent_at", "conversation_name", "sender_name", "text")))
    verdict = judge(path, *([show] if option == "--transcript" else []))
    sys.exit(print(*verdict) or verdict[0] != "ok")

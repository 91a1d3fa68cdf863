"""Reads RSMF files with Python's mail parser, checks their manifests against the schema beside this file, and compares them with
the JSON lines of the same archive.

    rsmf.py JSONL FOLDER
"""

import collections
import email
import email.policy
import io
import json
import pathlib
import sys
import zipfile

import jsonschema_rs

HEADS = [
    "X-RSMF-Version", "X-RSMF-Generator", "X-RSMF-BeginDate", "X-RSMF-EndDate", "X-RSMF-EventCount", "X-RSMF-Application",
    "X-RSMF-Custodian", "X-RSMF-Participants", "X-RSMF-AttachmentCount", "X-RSMF-EventCollectionID",
]


def main(jsonl, folder):
    schema = json.loads(pathlib.Path(__file__).with_name("rsmf-manifest.schema.json").read_text())
    validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
    lines = {}
    for text in pathlib.Path(jsonl).read_text(encoding="utf-8").split("\n")[:-1]:
        line = json.loads(text)
        lines[line["id"]] = line

    seen, files, history, attachments = set(), 0, 0, 0
    collections_seen = collections.defaultdict(set)
    for path in pathlib.Path(folder).rglob("*.rsmf"):
        files += 1
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        for part in mail.walk():
            assert not part.defects, (path, part.defects)
            for field, value in part.items():
                assert not getattr(value, "defects", ()), (path, field, value)
        for head in HEADS:
            assert mail[head], (path, head)
        text, attachment = mail.get_body().get_content(), list(mail.iter_attachments())
        assert len(attachment) == 1 and attachment[0].get_filename() == "rsmf.zip"
        assert attachment[0]["Content-Transfer-Encoding"] == "base64"
        assert attachment[0].get_content_disposition() == "attachment"
        archive = zipfile.ZipFile(io.BytesIO(attachment[0].get_content()))
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert len(names) == len(archive.namelist()) and not any("/" in name or "\\" in name for name in names)
        manifest = json.loads(archive.read("rsmf_manifest.json"))
        errors = list(validator.iter_errors(manifest))
        assert not errors, (path, errors[0].message, errors[0].instance_path)

        assert mail["X-RSMF-EventCollectionID"] == manifest["eventcollectionid"]
        assert int(mail["X-RSMF-EventCount"]) == len(manifest["events"]) <= 10_000
        people = {one["id"]: one for one in manifest["participants"]}
        named = {"rsmf_manifest.json"} | {one["avatar"] for one in people.values() if "avatar" in one}
        [conversation] = manifest["conversations"]
        collections_seen[conversation["id"]].add(manifest["eventcollectionid"])
        assert set(conversation["participants"]) <= people.keys()
        ids = {event["id"] for event in manifest["events"]}
        assert len(ids) == len(manifest["events"])
        for event in manifest["events"]:
            assert event["conversation"] == conversation["id"]
            assert event.get("parent", event["id"]) in ids, (path, event)
            assert event.get("participant") is None or event["participant"] in people
            for one in event.get("attachments", []):
                assert archive.getinfo(one["id"]).file_size == one["size"]
                named.add(one["id"])
                attachments += 1
            if event["type"] == "history":
                history += 1
                continue
            line = lines[event["id"]]
            assert line["id"] not in seen
            seen.add(line["id"])
            assert event["timestamp"] == line["sent_at"]
            assert event.get("deleted", False) == (line["state"] != "normal")
            assert event.get("parent") == line.get("reply_to") or not line.get("reply_to")
            assert event.get("direction", "none") == {"in": "incoming", "out": "outgoing"}.get(line["direction"], "none")
            if [part["type"] for part in line["parts"]] == ["text"]:
                said = line["parts"][0]["text"]
                if said.replace("\n", "").isprintable():
                    assert event.get("body", "") == said.rstrip("\n"), (event, said)
                    assert said.split("\n")[0] in text
        assert named == names, (path, named ^ names)
    assert all(len(ids) == 1 for ids in collections_seen.values())
    assert len(lines) - len(seen) < 20 and files
    print(f"{files} RSMF files, {len(seen)} messages, {history} brought in from other days, {attachments} attachments: every manifest fits")


if __name__ == "__main__":
    main(*sys.argv[1:])

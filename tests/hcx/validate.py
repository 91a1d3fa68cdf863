"""Holds every line of an unpacked HCX file against the schemas of the specification, with a public validator.

    validate.py SPECIFICATION BAG
"""
import json, pathlib, sys

from jsonschema_rs import Draft202012Validator, meta

specification, bag = map(pathlib.Path, sys.argv[1:])
validators = {}
for path in specification.glob("*.schema.json"):
    schema = json.loads(path.read_text(encoding="utf-8"))
    meta.validate(schema)
    validators[path.name.removesuffix(".schema.json")] = Draft202012Validator(schema)
count = 0
validators["hcx"].validate(json.loads((bag / "data/hcx.json").read_text(encoding="utf-8")))
for path in sorted(bag.glob("data/**/*.jsonl")):
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            kind = record["type"]
            validators[f"change-{record['change']}" if kind == "change" else kind].validate(record)
            count += 1
print(f"{count} lines fit the schemas")

"""Reads a book back with pdftotext and qpdf and compares it with the JSON lines of the same archive.

    book.py JSONL FOLDER      FOLDER has one PDF for each chat, or several volumes of it
"""

import json
import pathlib
import re
import subprocess
import sys
import unicodedata


def squeezed(text):
    """What is left when spaces, ends of lines and invisible marks do not count."""
    text = unicodedata.normalize("NFC", text)
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc", "Mn"))


def is_simple(text):
    """Whether a text runs in one direction, so that readers agree on its order."""
    return all(unicodedata.bidirectional(c) not in ("R", "AL", "AN", "RLO", "RLE", "LRO", "LRE") for c in text)


lines, folder = sys.argv[1:]
files = sorted(pathlib.Path(folder).glob("*.pdf"))
assert files, "no book was written"
books = {}
for file in files:
    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True)
    assert checked.returncode == 0, (file, checked.stdout, checked.stderr)
    outline = json.loads(subprocess.run(["qpdf", "--json=2", "--json-key=outlines", file], capture_output=True, check=True).stdout)
    chats = outline["outlines"]
    assert chats and all(month["kids"] for chat in chats for month in chat["kids"]), f"{file}: bookmarks"
    words = subprocess.run(["pdftotext", "-enc", "UTF-8", file, "-"], capture_output=True, check=True).stdout.decode()
    # Heads and feet of pages stand between the lines of a message.
    pages = [re.sub(r"\A[^\n]*\n+(?:[^\n]*\n+)?", "", page, count=0) for page in words.split("\f")]
    stem = re.sub(r"-\d+-of-\d+$", "", file.stem)
    books[stem] = books.get(stem, "") + squeezed("".join(pages))
everything = list(books.values())

looked_for, missing, chats = 0, [], {}
with open(lines, encoding="utf-8") as source:
    for line in source:
        message = json.loads(line)
        if message.get("hidden"):
            continue
        for part in message.get("parts", []):
            if part.get("type") == "text" and is_simple(part.get("text", "")):
                text = squeezed(part["text"])
                if 2 <= len(text) <= 60:
                    chats.setdefault(message["conversation"], []).append(text)
turned = 0
for texts in chats.values():
    looked_for += len(texts)
    # The book of this chat is the one that lacks the fewest of its texts.
    book = min(everything, key=lambda book: sum(text not in book for text in texts))
    missing += [text for text in texts if text not in book]
    # What was said once stands after what was said once before it.
    once = [text for text in texts if texts.count(text) == 1 and book.count(text) == 1]
    places = [book.index(text) for text in once]
    turned += sum(before > after for before, after in zip(places, places[1:]))
# A text that runs over the end of a page has a foot and a head inside it.
assert looked_for > 100, looked_for
assert len(missing) <= looked_for // 50, (len(missing), looked_for, missing[:20])
assert turned <= looked_for // 200, (turned, looked_for)
print(f"{len(files)} books, {looked_for} texts in order, {len(missing)} over the end of a page")

"""Files as people get them and send them: read from a message, and built as programs write them."""

import csv
import io

import requests

from tests.people import Message, Person


def file_of(person: Person, message: Message) -> bytes:
    """The content of the file in a message."""
    assert message.card is None
    [url] = message.raw["files"]
    answer = requests.get(
        url, headers={"Authorization": f"Bearer {person.about['token']}"}, timeout=30
    )
    assert answer.headers["Content-Type"].startswith("text/csv")
    return answer.content


def table(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    """The rows of an exported file, by heading."""
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=separator))

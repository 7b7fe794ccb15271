"""Mails as texts and as what their headers and form tell, spam or ham: ``mails.csv``.

Left out is what tells mailing lists apart (List-Id, Precedence, …): in this corpus only ham comes through them.
"""

import re
from datetime import date
from email.utils import getaddresses, parsedate_tz
from pathlib import Path
from typing import Any

import pandas as pd

from nas_dev.cache import Input
from nas_dev.datasets import mails
from nas_dev.datasets.mails import Mail, header
from nas_dev.steps import Steps

INPUTS: list[Input] = [Path(__file__), Path(mails.__file__)]
LINK = re.compile(r"https?://", re.IGNORECASE)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def build(steps: Steps, directory: Path) -> None:
    """Write one row a mail; a missing number is an empty field."""
    rows = [{"text": mail.text, **columns(mail), "label": mail.label} for mail in mails.read(steps)]
    pd.DataFrame(rows).to_csv(directory / "mails.csv", index=False)


def columns(mail: Mail) -> dict[str, Any]:
    """Return the columns of a mail but for its text and label."""
    message, subject = mail.message, header(mail.message, "Subject")
    sent = parsedate_tz(header(message, "Date"))
    written = mail.plain + mail.html
    letters = [character for character in subject if character.isalpha()]
    parts = list(message.walk())
    return {
        "hour_sent": sent[3] if sent else None,
        "day_sent": _day(sent),
        "utc_offset_hours": sent[9] / 3600 if sent and sent[9] is not None else None,
        "content_type": message.get_content_type(),
        "charset": (message.get_content_charset() or "none")[:20],
        "characters": len(written),
        "lines": written.count("\n"),
        "links": len(LINK.findall(written)),
        "html_share": round(len(mail.html) / max(1, len(written)), 3),
        "parts": len(parts),
        "recipients": sum(bool(address) for _, address in getaddresses([header(message, "To"), header(message, "Cc")])),
        "hops": len(message.get_all("Received", [])),
        "reply": subject.lower().startswith("re:"),
        "subject_characters": len(subject),
        "subject_capitals": round(sum(c.isupper() for c in letters) / max(1, len(letters)), 3),
        "subject_marks": sum(subject.count(mark) for mark in "!?$"),
    }


def _day(sent: Any) -> str | None:
    """Return the day of the week of a date as email.utils parses it, None if there is no such date."""
    if sent is None:
        return None
    try:
        return DAYS[date(*sent[:3]).weekday()]
    except ValueError:
        return None

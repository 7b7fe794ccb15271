"""Mails as they come: in parts, in HTML, with broken headers."""

from __future__ import annotations

import email

import pytest

from nas_dev.datasets.mail_tables import columns
from nas_dev.datasets.mails import Mail, parts, readable

SPAM = b"""From: a@example.com
To: One <one@example.com>, two@example.com
Cc: three@example.com
Subject: BUY now!!
Date: Thu, 22 Aug 2002 07:36:19 -0600
Content-Type: text/html; charset="no-such-charset"
Received: from here
Received: from there

<html><style>p { color: red }</style><p>Cheap <b>pills</b> at http://example.com</p></html>
"""
BROKEN = b"Subject: =?broken\xff?=\nDate: never\n\nRead me\n"


def mail(raw: bytes) -> Mail:
    message = email.message_from_bytes(raw)
    return Mail("spam", message, parts(message, "text/plain"), parts(message, "text/html"))


def test_of_html_only_what_is_read_stays() -> None:
    assert mail(SPAM).text == "BUY now!! Cheap pills at http://example.com"
    assert readable("a<script>no</script></script>b").split() == ["a", "b"]


def test_the_columns_of_a_mail() -> None:
    found = columns(mail(SPAM))
    assert (found["hour_sent"], found["day_sent"], found["utc_offset_hours"]) == (7, "Thu", -6.0)
    assert (found["recipients"], found["hops"], found["links"], found["html_share"]) == (3, 2, 1, 1.0)
    assert found["subject_capitals"] == pytest.approx(3 / 6) and found["subject_marks"] == 2
    assert not found["reply"]


def test_a_broken_mail_has_missing_values() -> None:
    found = columns(mail(BROKEN))
    assert found["hour_sent"] is None and found["day_sent"] is None and found["recipients"] == 0
    assert mail(BROKEN).text.endswith("Read me")

"""XML for feeds, sitemaps and OAI-PMH, written as text: what goes in is escaped here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


def escaped(text: str) -> str:
    """Text for an element or an attribute; characters that XML 1.0 cannot hold become U+FFFD (section 2.2)."""
    text = _NOT_XML.sub("\ufffd", text)
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def element(
    name: str, text: str | None = None, attributes: Mapping[str, str] | None = None, *inner: str
) -> str:
    """One element: escaped `text` first, then `inner`, which is XML already."""
    given = "".join(f' {k}="{escaped(v)}"' for k, v in (attributes or {}).items())
    body = escaped(text or "") + "".join(inner)
    return f"<{name}{given}>{body}</{name}>" if body else f"<{name}{given}/>"

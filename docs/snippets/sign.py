"""Creates a token, then lists the tokens that work. Python 3.8 or newer, standard library only.

The environment holds TOLLGATE_URL, TOLLGATE_ACCESS_KEY and TOLLGATE_SECRET_KEY.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import urllib.error
import urllib.request
from datetime import datetime, timezone

URL = os.environ["TOLLGATE_URL"]
ACCESS_KEY = os.environ["TOLLGATE_ACCESS_KEY"]
SECRET_KEY = os.environ["TOLLGATE_SECRET_KEY"]


def request(method, uri, payload=None):
    """uri: path with query, exactly as it goes over the wire."""
    # Serialised once: what is signed and what is sent are the same bytes.
    body = b"" if payload is None else json.dumps(payload).encode()
    # With microseconds, since a signature that changes something is accepted once.
    date = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    text = f"{method}\n{uri}\n{date}\n".encode() + body
    digest = hmac.new(SECRET_KEY.encode(), text, hashlib.sha256).digest()
    headers = {
        "Authorization": f"QINIU {ACCESS_KEY}:{base64.b64encode(digest).decode()}",
        "X-Qiniu-Date": date,
        "Content-Type": "application/json",
    }
    call = urllib.request.Request(URL + uri, data=body or None, method=method, headers=headers)
    try:
        with urllib.request.urlopen(call, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        sys.exit(f"{error.code} {error.read().decode()}")


created = request(
    "POST",
    "/api/v2/tokens",
    {"description": "made by sign.py ✓", "scope": ["storage:read"], "expires_in_seconds": 3600},
)
print(json.dumps(created))
print(json.dumps(request("GET", "/api/v2/tokens?active_only=true&limit=10")))

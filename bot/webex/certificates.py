"""The certificates to trust for Webex: set in the environment, checked before anything starts."""

import os
import re
import ssl
from pathlib import Path
from urllib.parse import urlsplit

NAMES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables that name a certificate file or folder; the first one set counts, as in requests.

requests doesn't know the last one, though most other programs do.
"""

_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def trust_certificates(base_url: str) -> None:
    """Check the certificates that the environment names, and make requests use SSL_CERT_FILE too.

    The first of `NAMES` that is set counts. Raises ValueError if it can't be read.
    """
    name = next((name for name in NAMES if os.environ.get(name)), None)
    if name is None:
        return
    path = Path(os.environ[name])
    os.environ["REQUESTS_CA_BUNDLE"] = str(path)
    if urlsplit(base_url).scheme != "https":
        return
    try:
        _load(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise ValueError(f"{name}={path}: these certificates can't be read ({why})") from None


def _load(path: Path) -> None:
    """Load certificates as a connection will. Raises OSError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if path.is_dir():
        if not any(_HASHED.fullmatch(file.name) for file in path.iterdir()):
            raise OSError("a folder needs certificates named by their hashes; name a file instead")
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(cafile=path)

"""An identity provider (OpenID Connect) with an RSA key, which openssl makes and signs with."""

import base64
import json
import subprocess
import time
from pathlib import Path

ISSUER = "https://token.example.com/realm"
PUBLIC_EXPONENT = "AQAB"


class Provider:
    """`key_set` is the file that a server reads. Another provider with a key of its own may use the same words."""

    def __init__(self, place: Path, name: str = "provider"):
        self.place, self.private, self.public = place, place / f"{name}.key", place / f"{name}.pem"
        self.openssl("genrsa", "-out", str(self.private), "2048")
        self.openssl("rsa", "-in", str(self.private), "-pubout", "-out", str(self.public))
        told = self.openssl("rsa", "-in", str(self.private), "-noout", "-modulus").decode()
        modulus = bytes.fromhex(told.strip().split("=", 1)[1])
        self.jwk = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "one", "n": encoded(modulus), "e": PUBLIC_EXPONENT}
        self.key_set = place / f"{name}.jwks.json"
        self.key_set.write_text(json.dumps({"keys": [self.jwk]}))

    def openssl(self, *words: str, given: bytes | None = None) -> bytes:
        return subprocess.run(["openssl", *words], cwd=self.place, input=given, capture_output=True, check=True).stdout

    def sign(self, text: bytes) -> bytes:
        return self.openssl("dgst", "-sha256", "-sign", str(self.private), given=text)

    def token(self, header: dict | None = None, sign=None, **claims) -> str:
        """A good token, but for what is given; `None` takes a claim away."""
        now = int(time.time())
        said = {"iss": ISSUER, "sub": "job", "aud": "sts.amazonaws.com", "iat": now, "exp": now + 600, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": "one", **(header or {})}, said))
        return f"{text}.{encoded((sign or self.sign)(text.encode()))}"


def encoded(of: bytes) -> str:
    """Base64 as JSON Web Tokens have it (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(of).rstrip(b"=").decode()

"""A key pair of a GitHub App, made once for each process: it takes a while."""

from functools import cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


@cache
def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def private_key() -> str:
    """The text of the .pem file that an administrator downloads."""
    kinds = serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    return _key().private_bytes(*kinds).decode()


def public_key() -> str:
    """The half that GitHub keeps."""
    kinds = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    return _key().public_key().public_bytes(*kinds).decode()

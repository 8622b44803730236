"""A certificate authority of a test's own, and a server's certificate by it."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class TestAuthority:
    """`ca` is the file for sslrootcert. The server's certificate is for 127.0.0.1 and localhost."""

    __test__ = False  # no test class, whatever its name

    def __init__(self, folder: Path, names: tuple[str, ...] = ("localhost",),
                 addresses: tuple[str, ...] = ("127.0.0.1",)):
        folder.mkdir(parents=True, exist_ok=True)
        self.ca = folder / "ca.pem"
        ca_key = ec.generate_private_key(ec.SECP256R1())
        # A name of its own: two authorities of one name are told apart by their signatures only.
        ca_name = _name(f"Test CA {x509.random_serial_number():x}"[:64])
        ca = _certificate(ca_name, ca_name, ca_key.public_key()).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(
                ca_key, hashes.SHA256())
        self.ca.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = [*map(x509.DNSName, names),
                        *(x509.IPAddress(ipaddress.ip_address(a)) for a in addresses)]
        server = _certificate(_name("stand-in"), ca_name, key.public_key()).add_extension(
            x509.SubjectAlternativeName(alternatives), critical=False).sign(
                ca_key, hashes.SHA256())
        pair = folder / "server.pem"
        pair.touch(mode=0o600)
        pair.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption())
            + server.public_bytes(serialization.Encoding.PEM))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(pair)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(subject: x509.Name, issuer: x509.Name, key) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=7)))

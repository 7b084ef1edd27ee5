"""An authority of a test's own, and servers' certificates signed by it."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_HOUR = timedelta(hours=1)


class Authority(msgspec.Struct):
    """`file` is what a client has to trust."""

    file: Path
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def server(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        """A server that proves to be these names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _certificate(names[0], key, self.certificate.subject, self.key, names, expired)
        pem = self.file.with_name(f"{names[0]}.pem")
        pem.write_bytes(made.public_bytes(serialization.Encoding.PEM) + _pem(key))
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(pem)
        return context

    def at_first_expired(self, *names: str, connections: int) -> ssl.SSLContext:
        """A server whose first connections meet a certificate that is over."""
        old, good = self.server(*names, expired=True), self.server(*names)
        left = iter(range(connections))

        def choose(connection: ssl.SSLObject, _: str | None, __: ssl.SSLContext) -> None:
            if next(left, None) is not None:
                connection.context = old

        good.sni_callback = choose
        return good


def authority(folder: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certificate("test authority", key, None, key, (), False)
    file = folder / "authority.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return Authority(file, made, key)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _certificate(common_name, key, issuer, issuer_key, names, expired):
    now = datetime.now(UTC) - (2 * _HOUR if expired else 0 * _HOUR)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer or subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _HOUR)
        .not_valid_after(now + _HOUR)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if names:
        known = [
            x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
            for name in names
        ]
        builder = builder.add_extension(x509.SubjectAlternativeName(known), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())

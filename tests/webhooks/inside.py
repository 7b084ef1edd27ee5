"""Addresses and names that webhooks may never reach, in every spelling that clients have taken."""

from ipaddress import IPv4Address

# One address of each network that is not the open internet.
IPV4 = (
    "0.0.0.0", "0.0.0.1",  # noqa: S104 - nothing is bound to it
    "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200",
    "100.127.255.254", "127.0.0.1", "127.0.0.3", "127.1.2.3", "127.255.255.254", "168.63.129.16",
    "169.254.0.1", "169.254.169.253", "169.254.169.254", "169.254.170.2", "172.16.0.1",
    "172.17.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.8", "192.0.0.170", "192.0.2.1",
    "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.1.1",
    "192.168.255.255", "192.175.48.1", "198.18.0.1", "198.19.255.255", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "224.0.0.251", "232.1.2.3", "239.255.255.250", "240.0.0.1",
    "254.1.1.1", "255.255.255.255",
)  # fmt: skip
IPV6 = (
    "::", "::1", "::2", "::127.0.0.1", "::10.0.0.1", "::ffff:0.0.0.0", "::ffff:10.0.0.1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:192.168.0.1",
    "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
    "64:ff9b::8.8.8.8", "64:ff9b:1::127.0.0.1", "100::1", "100:0:0:1::1", "2001::1",
    "2001:0:7f00:1::", "2001:2::1", "2001:3::1", "2001:4:112::1", "2001:10::1", "2001:20::1",
    "2001:30::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2002:a9fe:a9fe::",
    "2620:4f:8000::1", "3fff::1", "4000::1", "5f00::1", "8000::1", "fc00::1", "fd00::1",
    "fd00:ec2::254", "fdff:ffff::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1",
    "ff01::1", "ff02::1", "ff02::fb", "ff05::2", "ff0e::1",
)  # fmt: skip
ADDRESSES = (*IPV4, *IPV6)


def _spellings(address: str) -> tuple[str, ...]:
    """What resolvers and clients have taken for this address, besides its plain form."""
    a, b, c, d = (int(part) for part in address.split("."))
    number = int(IPv4Address(address))
    wide = str.maketrans("0123456789.", "０１２３４５６７８９．")
    return (
        str(number), hex(number), f"0{number:o}", f"{number:#X}", f"{a}.{b}.{c * 256 + d}",
        f"{a}.{(b * 256 + c) * 256 + d}", f"{a:#x}.{b:#x}.{c:#x}.{d:#x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a}.{b}.{c}.{d:#x}", f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"{address}.", f"{a}.{b}.{c}.{d}.", f"{a + 256}.{b}.{c}.{d}", address.translate(wide),
        address.replace(".", "。"), address.replace(".", "%2e"), f"①{address[1:]}",
    )  # fmt: skip


SPELLINGS = tuple(
    dict.fromkeys(
        one
        for address in ("127.0.0.1", "169.254.169.254", "10.0.0.1", "192.168.0.1")
        for one in _spellings(address)
    )
)
NAMES = (
    "localhost", "LOCALHOST", "localhost.", "a.localhost", "localhost.localdomain", "loopback",
    "ip6-localhost", "ip6-loopback", "broadcasthost", "metadata", "metadata.google.internal",
    "metadata.goog", "instance-data", "instance-data.ec2.internal", "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local", "host.docker.internal", "gateway.docker.internal",
    "router.lan", "printer.local", "nas.home", "fritz.box", "wiki.corp", "db.intranet",
    "1.0.0.127.in-addr.arpa", "127.0.0.1.nip.io", "10.0.0.1.sslip.io", "localtest.me",
    "lvh.me", "vcap.me", "spoofed.burpcollaborator.net", "make-127-0-0-1-rr.1u.ms",
)  # fmt: skip
TRICKS = (
    "http://127.0.0.1@example.org/", "https://example.org@127.0.0.1/", "https://a:b@127.0.0.1/",
    "https://example.org:443@127.0.0.1/", "https://127.0.0.1#@example.org/",
    "https://127.0.0.1\\@example.org/", "https:///127.0.0.1/", "https:127.0.0.1/",
    "//127.0.0.1/", "https://[127.0.0.1]/", "https://[::1%25lo]/", "https://[::1%lo]/",
    "https://[fe80::1%25eth0]/", "https://[::1/", "https://::1/", "https://[]/", "https://",
    "https:// 127.0.0.1/", "https://127.0.0.1 /", "https://127.0.0.1\t/", "https://\n127.0.0.1/",
    "https://127.0.0.1\x00.example.org/", "https://example.org\r\nHost: 127.0.0.1/",
    "file:///etc/passwd", "gopher://127.0.0.1:6379/_x", "ftp://127.0.0.1/", "dict://127.0.0.1/",
    "ldap://127.0.0.1/", "unix:///run/x.sock", "http+unix://x/", "jar:https://127.0.0.1!/",
    "javascript:alert(1)", "data:,x", "127.0.0.1", "localhost:443", "https://.../", "https://-/",
    "https://a..b/", "https://.a/", "https://*.example.org/", "https://example.org:0/",
    "https://example.org:65536/", "https://example.org:443443/", "https://example.org:-1/",
    "https://example.org:22/", "https://example.org:６/", "https://пример.рф/",
    "https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "https://ｌocalhost/", "https://loc\u00adalhost/", "https://%6c/",
)  # fmt: skip


def host_of(address: str) -> str:
    """As it stands in a URL."""
    return f"[{address}]" if ":" in address else address

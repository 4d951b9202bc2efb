"""Which URLs and addresses may be asked: a matrix of ways around such checks, and what always holds."""

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.outgoing.addresses import checked_addresses, is_public, may_ask, networks, parse
from tocsin.outgoing.errors import FetchFailedError, FetchRefusedError
from tocsin.outgoing.fetching import WEB_PORTS

PUBLIC = "93.184.215.14"

NOT_PUBLIC = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3 127.255.255.255
    169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1
    192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::1 100::1 100:0:0:1::1
    2001::1 2001:0:7f00:1:: 2001:2::1 2001:db8::1 2001:10::1 2001:20::1 2002:7f00:1::
    2002:a00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 feff::1
    ff02::1 ff0e::1 4000::1 8000::1
"""


@pytest.mark.parametrize("text", NOT_PUBLIC.split())
def test_what_is_not_public_is_refused(text: str) -> None:
    address = ip_address(text)
    assert not is_public(address)
    url = f"http://[{text}]/" if isinstance(address, IPv6Address) else f"http://{text}/"
    with pytest.raises(FetchRefusedError):
        checked_addresses(parse(url), (), 1)


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC,
        "8.8.8.8",
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.169.0.1",
        "2606:4700::1111",
        "2a00:1450:4001:800::200e",
        "2620:fe::fe",
        "64:ff9b::8.8.8.8",
    ],
)
def test_what_is_public_is_let_through(text: str) -> None:
    assert is_public(ip_address(text))


HOSTILE_URLS = {
    # Other schemes
    "ftp://example.org/": "scheme",
    "file:///etc/passwd": "scheme",
    "gopher://127.0.0.1:6379/_INFO": "scheme",
    "data:text/plain,hello": "scheme",
    "javascript:alert(1)": "scheme",
    "jar:http://example.org!/": "scheme",
    "unix:///run/docker.sock": "scheme",
    "//example.org/": "scheme",
    "example.org": "scheme",
    "": "scheme",
    "http:example.org": "scheme",
    "http:/example.org": "scheme",
    "http//example.org": "scheme",
    " http://example.org/": "leading space",
    # User names and what parsers disagree on
    "http://user@example.org/": "user",
    "http://user:password@example.org/": "user",
    "http://example.org@127.0.0.1/": "user",
    "http://127.0.0.1@example.org/": "user",
    "http://example.org:80@127.0.0.1/": "user",
    "http://@example.org/": "user",
    "http://example.org%40127.0.0.1/": "escaped at-sign",
    "http://example.org\\@127.0.0.1/": "backslash",
    "http://127.0.0.1\\.example.org/": "backslash",
    "http:\\\\127.0.0.1\\": "backslash",
    "http://example.org\t/": "tab",
    "http://exa\nmple.org/": "line feed",
    "http://example.org\r\nHost: 127.0.0.1/": "header injection",
    "http://example.org/\r\nX-Injected: 1": "header injection",
    "http://example.org/ HTTP/1.1": "space",
    "http://example.org\x00.evil.example/": "NUL",
    "http://example.org/\x7f": "control character",
    "http://example.org/\u2028": "line separator",
    "http://example.org/\ud800": "half a character",
    "http://example.org\u00a0/": "no-break space",
    "http://exam%70le.org/": "escapes in the host",
    "http://exa mple.org/": "space",
    "http://ex*mple.org/": "no host name",
    "http://{example}.org/": "no host name",
    "http://example.org,127.0.0.1/": "two hosts",
    "http://example.org;127.0.0.1/": "two hosts",
    "http://'example.org'/": "quotes",
    # Odd spellings of addresses
    "http://2130706433/": "decimal",
    "http://0x7f000001/": "hexadecimal",
    "http://017700000001/": "octal",
    "http://0x7f.0.0.1/": "hexadecimal part",
    "http://0177.0.0.1/": "octal part",
    "http://127.0.0.01/": "leading zero",
    "http://127.1/": "short form",
    "http://127.0.1/": "short form",
    "http://0/": "short form",
    "http://0x/": "empty hexadecimal",
    "http://127.0.0.1.": "trailing dot",
    "http://127.0.0.256/": "part too large",
    "http://127.0.0.1.1/": "five parts",
    "http://256/": "number",
    "http://1.2.3.0x4/": "hexadecimal part",
    "http://example.1/": "ends in a number",
    "http://①②⑦.⓪.⓪.①/": "circled digits",
    "http://127。0。0。1/": "ideographic full stops",
    "http://\uff11\uff12\uff17.0.0.1/": "wide digits",
    "http://[::ffff:127.0.0.1]/": "mapped",
    "http://[::127.0.0.1]/": "compatible",
    "http://[fe80::1%25eth0]/": "zone",
    "http://[fe80::1%eth0]/": "zone",
    "http://[::1/": "open bracket",
    "http://::1/": "no brackets",
    "http://[]/": "empty brackets",
    "http://[127.0.0.1]/": "IPv4 in brackets",
    "http://[::1].example.org/": "after the bracket",
    "http://[v1.x]/": "future address",
    # Dots, lengths, ports
    "http://example.org./": "trailing dot",
    "http://.example.org/": "leading dot",
    "http://example..org/": "two dots",
    "http://-example.org/": "leading hyphen",
    "http://example-.org/": "trailing hyphen",
    "http://./": "only a dot",
    "http:///etc": "no host",
    "http://:80/": "no host",
    "http://?x": "no host",
    f"http://{'a' * 64}.org/": "long label",
    f"http://{'a.' * 130}org/": "long name",
    f"http://example.org/{'a' * 5000}": "long URL",
    f"http://{'ü' * 200}.org/": "long name",
    "http://xn--ü.org/": "half encoded",
    "http://example.org:/": "empty port",
    "http://example.org:22/": "port",
    "http://example.org:6379/": "port",
    "http://example.org:0/": "port",
    "http://example.org:65536/": "port",
    "http://example.org:99999999/": "port",
    "http://example.org:-80/": "port",
    "http://example.org:80a/": "port",
    "http://example.org:\uff18\uff10/": "wide digits",
    "http://example.org:80:80/": "two ports",
    "http://example.org:+80/": "port",
}


def test_the_matrix_is_as_large_as_promised() -> None:
    assert len(HOSTILE_URLS) + len(NOT_PUBLIC.split()) > 140


@pytest.mark.parametrize("url", HOSTILE_URLS, ids=lambda url: ascii(url)[:40])
def test_hostile_urls_are_refused_before_anything_is_asked(url: str) -> None:
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return [PUBLIC]

    with pytest.raises(FetchRefusedError) as refused:
        checked_addresses(parse(url, WEB_PORTS), (), 1, resolver)
    assert asked == []
    assert "127.0.0.1" not in refused.value.message


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("http://example.org", "http://example.org/"),
        ("HTTPS://EXAMPLE.org:443/Path?Query=1#fragment", "https://example.org/Path?Query=1"),
        ("http://example.org:8080?x=1", "http://example.org:8080/?x=1"),
        ("http://example.org:0080/", "http://example.org/"),
        ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
        ("http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"),
        ("http://under_score.example.org/%20%zz", "http://under_score.example.org/%20%zz"),
        ("http://[2606:4700:0000::1111]:8443/", "http://[2606:4700::1111]:8443/"),
        ("http://8.8.8.8/a@b:c", "http://8.8.8.8/a@b:c"),
        ("http://storage/x", "http://storage/x"),
        ('http://example.org/"<>^`{}', "http://example.org/%22%3C%3E%5E%60%7B%7D"),
    ],
)
def test_urls_have_one_spelling(url: str, normal: str) -> None:
    target = parse(url, WEB_PORTS)
    assert target.url == normal
    assert parse(target.url, WEB_PORTS) == target


def test_any_port_will_do_where_the_operator_names_the_url() -> None:
    assert parse("https://hooks.example.org:9999/x").port == 9999


@pytest.mark.parametrize(
    "found",
    [["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["127.0.0.1", PUBLIC], [PUBLIC, "fe80::1%eth0"], [PUBLIC, "::1"]],
)
def test_one_forbidden_address_among_public_ones_is_enough(found: list[str]) -> None:
    with pytest.raises(FetchRefusedError) as refused:
        checked_addresses(parse("http://example.org/"), (), 1, lambda _host: found)
    assert refused.value.message == "the URL leads to an address that is not public"  # and not which


def test_listed_networks_may_be_asked_and_their_neighbours_may_not() -> None:
    allowed = networks(["10.1.0.0/16", "fd00::/8"])
    target = parse("http://storage.internal/")
    assert checked_addresses(target, allowed, 1, lambda _host: ["10.1.2.3", "fd00::1"])
    with pytest.raises(FetchRefusedError):
        checked_addresses(target, allowed, 1, lambda _host: ["10.1.2.3", "10.2.0.1"])
    with pytest.raises(FetchRefusedError):  # a mapped address is none of the network's
        checked_addresses(parse("http://[::ffff:10.1.2.3]/"), allowed, 1)


def test_all_addresses_come_back_in_order_each_once() -> None:
    found = ["2606:4700::1111", PUBLIC, PUBLIC]
    assert [str(one) for one in checked_addresses(parse("http://e.org/"), (), 1, lambda _host: found)] == [
        "2606:4700::1111",
        PUBLIC,
    ]


def no_such_host(_host: str) -> list[str]:
    raise socket.gaierror(-2, "Name or service not known")


def test_names_that_do_not_resolve_are_said_to() -> None:
    with pytest.raises(FetchFailedError, match="does not resolve"):
        checked_addresses(parse("http://example.org/"), (), 1, no_such_host)
    with pytest.raises(FetchFailedError, match="does not resolve"):
        checked_addresses(parse("http://example.org/"), (), 1, lambda _host: [])


def test_a_resolver_that_hangs_does_not_hold_us() -> None:
    over = threading.Event()

    def resolver(_host: str) -> list[str]:
        over.wait(30)
        return [PUBLIC]

    with pytest.raises(FetchFailedError, match="in time"):
        checked_addresses(parse("http://example.org/"), (), 0.05, resolver)
    over.set()


def test_the_system_resolves_the_loopback() -> None:
    found = checked_addresses(parse("http://localhost/"), networks(["127.0.0.0/8", "::1"]), 10)
    assert all(address.is_loopback for address in found)


@given(st.ip_addresses())
def test_nothing_that_python_calls_private_is_public(address: IPv4Address | IPv6Address) -> None:
    wrong = (
        address.is_private or address.is_loopback or address.is_link_local or address.is_multicast
    ) and is_public(address)
    # 64:ff9b::/96 is private to later releases of Python; what it stands for decides here.
    assert not wrong or address in networks(["64:ff9b::/96"])[0]


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_is_no_way_around(inner: IPv4Address) -> None:
    number = int(inner)
    for outer in (number, 0xFFFF << 32 | number, 0x2002 << 112 | number << 80, 0x20010000 << 96 | number):
        assert not is_public(IPv6Address(outer))
    assert is_public(IPv6Address(0x64FF9B << 96 | number)) == is_public(inner)


@given(st.ip_addresses())
def test_a_listed_network_lets_itself_through(address: IPv4Address | IPv6Address) -> None:
    assert may_ask(address, networks([str(address)]))


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"http://example.org{text}", f"https://{text}.org/"):
        try:
            target = parse(url)
        except FetchRefusedError:
            continue
        assert target.url.isascii()
        assert urlsplit(target.url).hostname == target.host  # the standard library reads it as we do
        assert (urlsplit(target.url).port or {"http": 80, "https": 443}[target.scheme]) == target.port
        assert urlsplit(target.url).username is None
        assert parse(target.url) == target

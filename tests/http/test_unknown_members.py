import pytest

from pgw.domain.errors import InvalidCode
from pgw.http.documents import unknown_members


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("amuont", "#/amuont"),
        ("a/b", "#/a~1b"),
        ("a~b", "#/a~0b"),
        ("~1", "#/~01"),
        ("", "#/"),
        # As the fragment of a URI (RFC 6901, section 6).
        ("a b", "#/a%20b"),
        ("100%", "#/100%25"),
        ("é", "#/%C3%A9"),
        ('"<\n', "#/%22%3C%0A"),
        ("4242-4242-4242-4242", "#/%5Bredacted%5D"),
        ("n" * 60 + "4242 4242 4242 4242", "#/" + "n" * 60 + "%5Bred"),
        ("n" * 100, "#/" + "n" * 64),
    ],
)
def test_an_unknown_member_is_pointed_at(name: str, pointer: str) -> None:
    found = unknown_members({"known": 1, name: 2}, ("known",))
    assert [(InvalidCode.UNKNOWN_PARAMETER, pointer)] == [(one.code, one.pointer) for one in found]

"""Bytes and words that mean harm: random ones, and right ones with something wrong in them."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from examples import IS_LONG

_PATIENT = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
settings.register_profile("hostile", _PATIENT, max_examples=25)
settings.register_profile("fuzz", _PATIENT, max_examples=5_000)
hostile = settings.get_profile("fuzz" if IS_LONG else "hostile")

PIECES = st.sampled_from(
    [
        *(b"", b"{", b"}", b"[", b"]", b":", b",", b'"', b"\\", b"\n", b"\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf"),
        *(b"null", b"true", b"1e999", b"-0", b"NaN", b"1" * 400, b'"\\ud800"', b'"\\u0000"', b'"9999-12-31T23:59:59Z"'),
        *(b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> x\n", b"\xff\xfe{\x00", b"[" * 3000, b'{"a":' * 3000),
        *(
            b'"0001-01-01T00:00:00+23:59"',
            b'"2025-11-22T10:00:00"',
            b"!!python/object:os.system",
            b"&a [*a]",
            b"<<: *a",
        ),
    ]
)


@st.composite
def spoilt(draw: st.DrawFn, right: bytes) -> bytes:
    """A right file with parts cut out, doubled, exchanged or put in; or nothing of it at all."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=300))
    data = right
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 60)))
        middle = draw(st.one_of(PIECES, st.binary(max_size=4), st.just(data[start:end] * 2)))
        data = data[:start] + middle + data[end:]
    return data


WORDS = st.one_of(
    st.text(st.characters(exclude_characters="\x00", codec="utf-8"), max_size=12),
    st.sampled_from(
        [
            *(
                "",
                "-",
                "--",
                "-1",
                "0",
                "1",
                "42",
                "9" * 30,
                "owner/name#7",
                "../../etc/passwd",
                "/dev/null",
                ".",
                "\udcff",
            ),
            *(
                "2025-11-22T10:00:00Z",
                "2025-11-22",
                "9999-12-31T23:59:59Z",
                "0001-01-01",
                "10:00",
                "yesterday",
                "12h",
                "-5m",
            ),
            *(
                "ada",
                "ada-20251122-1000",
                "auto-pr: x",
                "[cursor-session: ada-20251122-1000]",
                "open",
                "merged",
                "json",
            ),
            *("a" * 3000, "$(reboot)", "\x1b[31m", "a\nb", "%s", "{0}", "💥", "NaN", "inf", "1e9", "true"),
        ]
    ),
)

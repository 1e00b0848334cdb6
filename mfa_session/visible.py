"""Text from outside, made safe to show: control characters can be seen and do nothing."""


def visible(text: str) -> str:
    r"""Return *text* on one line, with every control and format character written out, as ``\x1b`` or ``\u202e``.

    Profile names, ARNs, file names and AWS's messages pass through here on their way to a
    terminal, so that none of them can move the cursor, colour a line or hide a part of itself.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)

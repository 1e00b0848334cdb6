"""The blocks that nothing here can run, each with its reason. Whatever stands in no table fails."""

from tests.documents.pages import Block

# By page and first line of the block.
EXCUSED: dict[tuple[str, str], str] = {
    (
        "docs/how-to/remote.md",
        "mfa-session serve --profile test-user --ssh build-host -- terraform apply",
    ): "tests/cli/test_serve_ssh.py runs it with a real server",
    (
        "docs/how-to/remote.md",
        "mfa-session serve --profile deploy-role --ssh build-host -- ./deploy",
    ): "tests/cli/test_serve_ssh.py runs it with a real server",
    ("README.md", "python3 -m venv .venv && . .venv/bin/activate"): "it is what runs these tests",
    (
        "docs/how-to/enforcing-mfa.md",
        "mfa-session device add --profile test-user",
    ): "tests/cli/test_enforcement_story.py reads the QR code and follows it",
    (
        "docs/how-to/prompt.md",
        "PS1='$(mfa-session status --short --profile test-user 2>/dev/null) \\$ '",
    ): "it would take away the prompt that these tests wait for; test_how_to.py gives it a shell of its own",
}

# Blocks of these languages are nobody's to run.
SHOWN_ONLY = {"text": "it is shown, not typed", "{toctree}": "Sphinx reads it when the site is built"}

# Pages and folders as a whole.
AS_A_WHOLE = {
    "CONTRIBUTING.md": "it is what runs these tests, and builds the site",
    "docs/explanation/": "its commands measure and try for minutes and hours",
    "docs/how-to/install.md": "its files are those of a release, which the sessions of noxfile.py make and try",
    "docs/how-to/release.md": "it publishes",
    "docs/reference/commands.md": "made of the program's help, whose examples test_documents.py holds to the options",
    "docs/reference/": "the tests of what it describes run it",
}


def excuse(block: Block) -> str | None:
    """Return why *block* is not run, or nothing."""
    first = block.text.split("\n", 1)[0]
    elsewhere = next((why for folder, why in AS_A_WHOLE.items() if block.page.startswith(folder)), None)
    return EXCUSED.get((block.page, first)) or SHOWN_ONLY.get(block.language) or elsewhere

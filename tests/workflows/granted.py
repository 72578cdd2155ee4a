"""A fake GitHub whose tokens may do what the permissions of a job allow, and no more."""

from collections.abc import Mapping

from descriptions import Description, Operation
from fake_github import FakeGitHub, Reply

Permissions = Mapping[str, str]

# What GitHub asks of a token for each operation; being allowed to write is being allowed to read.
# https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
NEEDED: Mapping[str, tuple[str, str] | None] = {
    "pulls/list": ("pull-requests", "read"),
    "pulls/get": ("pull-requests", "read"),
    "pulls/list-files": ("pull-requests", "read"),
    "pulls/list-commits": ("pull-requests", "read"),
    "pulls/list-reviews": ("pull-requests", "read"),
    "pull-request-stacks/list": ("pull-requests", "read"),
    "issues/list-comments": ("pull-requests", "read"),
    "issues/list-comments-for-repo": ("pull-requests", "read"),
    "issues/create-comment": ("pull-requests", "write"),
    "issues/update-comment": ("pull-requests", "write"),
    "issues/delete-comment": ("pull-requests", "write"),
    "issues/list-for-repo": ("issues", "read"),
    "issues/create": ("issues", "write"),
    "issues/update": ("issues", "write"),
    "repos/get-content": ("contents", "read"),
    "git/get-blob": ("contents", "read"),
    "checks/list-for-ref": ("checks", "read"),
    "checks/create": ("checks", "write"),
    "checks/update": ("checks", "write"),
    "actions/create-workflow-dispatch": ("actions", "write"),
    "actions/enable-workflow": ("actions", "write"),
    "actions/disable-workflow": ("actions", "write"),
    # Who may write is no secret to whoever sees the repository at all.
    "repos/get-collaborator-permission-level": None,
}


class GrantingGitHub(FakeGitHub):
    """Gives each job a token of its own."""

    def __init__(self, description: Description) -> None:
        super().__init__(description)
        self.granted: dict[str, Permissions] = {}
        self.refused: list[str] = []

    def token(self, permissions: Permissions) -> str:
        """A new token."""
        token = f"ghs_job-{len(self.granted) + 1}"
        self.granted[token] = permissions
        self.tokens.add(token)
        return token

    def answer(self, operation: Operation, query: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """As GitHub answers a token of that kind."""
        permissions = self.granted.get(headers.get("authorization", "").partition(" ")[2], {})
        needed = NEEDED[operation.id]
        if needed and permissions.get(needed[0]) not in (needed[1], "write"):
            self.refused.append(operation.id)
            message = "Resource not accessible by integration"
            return Reply(
                403, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": "403"}
            )
        return super().answer(operation, query, headers, body)

"""The shapes of what GitHub's GraphQL sends of open pull requests.

Every field may be null: an account is gone, a right is missing, or GitHub could not work it out in time.
"""

from typing import Any, Generic, TypeVar

from msgspec import Struct, field

T = TypeVar("T")


class FilesPage(Struct, frozen=True):
    has_next: bool = field(name="hasNextPage", default=False)


class NodeList(Struct, Generic[T], frozen=True, rename="camel"):
    nodes: list[T | None] | None = None
    page_info: FilesPage = FilesPage()


class ActorNode(Struct, frozen=True, rename="camel"):
    kind: str = field(name="__typename", default="")
    login: str = ""
    slug: str = ""
    database_id: int | None = None


class RepositoryName(Struct, frozen=True, rename="camel"):
    name_with_owner: str = ""


class FileNode(Struct, frozen=True, rename="camel"):
    path: str
    change_type: str = ""


class LabelNode(Struct, frozen=True):
    name: str


class RequestNode(Struct, frozen=True, rename="camel"):
    requested_reviewer: ActorNode | None = None


class CommitName(Struct, frozen=True):
    oid: str = ""


class ReviewNode(Struct, frozen=True, rename="camel"):
    state: str = ""
    author: ActorNode | None = None
    commit: CommitName | None = None
    submitted_at: str | None = None


class CommitAuthor(Struct, frozen=True):
    email: str | None = None


class RollupNode(Struct, frozen=True):
    state: str = ""


class CommitNode(Struct, frozen=True, rename="camel"):
    oid: str = ""
    message: str = ""
    committed_date: str | None = None
    author: CommitAuthor | None = None
    status_check_rollup: RollupNode | None = None


class BranchCommit(Struct, frozen=True):
    commit: CommitNode


class IssueNode(Struct, frozen=True):
    number: int
    repository: RepositoryName | None = None


class PullRequestNode(Struct, frozen=True, rename="camel"):
    number: int
    state: str = "OPEN"
    title: str = ""
    url: str = ""
    body: str = ""
    author: ActorNode | None = None
    author_association: str = ""
    created_at: str | None = None
    updated_at: str | None = None
    is_draft: bool = False
    head_ref_name: str | None = None
    head_ref_oid: str = ""
    base_ref_name: str | None = None
    base_ref_oid: str = ""
    head_repository: RepositoryName | None = None
    additions: int | None = None
    deletions: int | None = None
    changed_files: int | None = None
    mergeable: str = ""
    merge_state_status: str = ""
    is_in_merge_queue: bool | None = None
    auto_merge_request: dict[str, Any] | None = None
    files: NodeList[FileNode] | None = None
    labels: NodeList[LabelNode] | None = None
    assignees: NodeList[ActorNode] | None = None
    review_requests: NodeList[RequestNode] | None = None
    latest_opinionated_reviews: NodeList[ReviewNode] | None = None
    commits: NodeList[BranchCommit] | None = None
    head: NodeList[BranchCommit] | None = None
    closing_issues_references: NodeList[IssueNode] | None = None


class Cursor(Struct, frozen=True, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class OpenPage(Struct, frozen=True, rename="camel"):
    nodes: list[dict[str, Any] | None] | None = None
    page_info: Cursor = Cursor()
    total_count: int = 0


class RepositoryNode(Struct, frozen=True, rename="camel"):
    name_with_owner: str
    pull_requests: OpenPage
    is_archived: bool = False


class ListAnswer(Struct, frozen=True):
    repository: RepositoryNode
    viewer: ActorNode | None = None

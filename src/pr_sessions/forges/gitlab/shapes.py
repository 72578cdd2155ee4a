"""The shapes of what GitLab sends.

https://docs.gitlab.com/api/merge_requests/: a list has less than a merge request itself, and older servers have less
than newer ones. What is missing or null keeps its default.
"""

from msgspec import Struct


class Account(Struct):
    username: str = ""
    id: int | None = None
    access_level: int = 0


class Pipeline(Struct):
    status: str = ""


class DiffRefs(Struct):
    base_sha: str | None = None
    head_sha: str | None = None
    start_sha: str | None = None


class MergeRequest(Struct):
    """A merge request, of a list or by itself."""

    iid: int
    title: str = ""
    description: str | None = None
    state: str = ""
    web_url: str = ""
    author: Account | None = None
    created_at: str | None = None
    updated_at: str | None = None
    closed_at: str | None = None
    merged_at: str | None = None
    source_branch: str | None = None
    target_branch: str | None = None
    source_project_id: int | None = None
    target_project_id: int | None = None
    sha: str | None = None
    draft: bool = False
    labels: list[str] = []
    assignees: list[Account] = []
    reviewers: list[Account] = []
    merge_when_pipeline_succeeds: bool | None = None
    detailed_merge_status: str | None = None
    has_conflicts: bool | None = None
    # Only by itself:
    head_pipeline: Pipeline | None = None
    diff_refs: DiffRefs | None = None
    changes_count: str | None = None
    first_contribution: bool | None = None


class Approval(Struct):
    user: Account | None = None


class Approvals(Struct):
    approved_by: list[Approval] = []


class Reviewer(Struct):
    user: Account | None = None
    state: str = ""


class Diff(Struct):
    new_path: str
    old_path: str = ""
    diff: str = ""
    new_file: bool = False
    deleted_file: bool = False
    renamed_file: bool = False
    too_large: bool | None = False
    collapsed: bool | None = False


class Commit(Struct):
    id: str = ""
    message: str = ""
    author_email: str | None = None
    committed_date: str | None = None


class Note(Struct):
    id: int
    body: str = ""
    author: Account | None = None
    created_at: str | None = None
    updated_at: str | None = None
    system: bool = False


class Issue(Struct):
    iid: int
    project_id: int | None = None


class Project(Struct):
    """A project."""

    id: int
    path_with_namespace: str
    archived: bool = False

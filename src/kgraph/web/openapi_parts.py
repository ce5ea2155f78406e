"""What an OpenAPI description is made of: parameters, answers, errors (OpenAPI 3.1, section 4.8)."""

from __future__ import annotations

from typing import Any


def parameter(
    name: str, text: str, *, where: str = "query", many: bool = False, **schema: Any
) -> dict[str, Any]:
    """An OpenAPI parameter: a string, or several."""
    kind: dict[str, Any] = {"type": "string", **schema}
    return {
        "name": name,
        "in": where,
        "description": text,
        "required": where == "path",
        "schema": {"type": "array", "items": kind} if many else kind,
    }


def gives(text: str, *media_types: str) -> dict[str, Any]:
    """An OpenAPI response with its media types."""
    return {"description": text, "content": {m: {} for m in media_types}}


def problems(*statuses: tuple[str, str]) -> dict[str, Any]:
    """Error responses, all of the one shape."""
    return {
        status: {
            "description": text,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, text in statuses
    }

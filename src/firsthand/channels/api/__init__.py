"""The JSON API: OpenAPI 3.1, problem details (RFC 9457), bearer tokens and idempotency keys."""

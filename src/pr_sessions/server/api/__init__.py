"""The API: what programs read and change. Its description is `/api/v1/openapi.json`."""

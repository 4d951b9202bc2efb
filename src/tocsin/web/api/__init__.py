"""Our interface: JSON over HTTP under /v1, one module for each noun."""

from tocsin.web.api import health, me

OPERATIONS = (health.operations, me.operations)

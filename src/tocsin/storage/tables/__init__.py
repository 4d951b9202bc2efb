"""The tables, one module for each room that keeps something: DDL as SQLite spells it (see `ddl`)."""

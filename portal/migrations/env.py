"""How migrations run: on the application's engine, with foreign keys held off on SQLite.

On SQLite a batch alteration copies the table and drops the old one; with foreign keys on, dropping a parent deletes
its children without a word. They are therefore off for the run (at the driver, before any transaction) and checked
at the end. A rename likewise looks into every trigger, and finds that the table just dropped is not there: SQLite is
told to rename as it did before it looked.
"""

from alembic import context
from flask import current_app
from portal.core.db import UtcDateTime, db


def render_item(kind, item, autogen):
    """Name standard types only: a migration imports nothing of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run():
    """Run the migrations online; there is no offline mode."""
    engine = current_app.extensions["migrate"].db.engine
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
            connection.connection.dbapi_connection.execute("PRAGMA legacy_alter_table=ON")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            render_item=render_item,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.commit()
        if sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            connection.rollback()  # the check began a transaction, and inside one SQLite ignores the next line
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")
            connection.connection.dbapi_connection.execute("PRAGMA legacy_alter_table=OFF")
            if broken:
                raise RuntimeError(f"the migration left rows without their parents: {broken[:5]}")


run()

"""Backups that are proven to restore: every row as JSON lines in one zip, readable without this program.

A backup of SQLite restores into PostgreSQL and the other way round. `verify` restores into a scratch database, counts
again and checks every certificate's file against the digest it was issued with. Keys are not in it: whoever holds the
backup can read it, but cannot sign.
"""

import base64
import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Connection,
    Date,
    Engine,
    Numeric,
    Table,
    create_engine,
    func,
    insert,
    select,
    text,
)

from courses.certificates.services import facts_digest
from portal.core.db import UtcDateTime, db

FORMAT = 1
MANIFEST = "manifest.json"
BATCH = 500


class BadBackup(Exception):
    """A backup cannot be read, or does not hold what it says: names the file and the fault."""


def tables() -> list[Table]:
    """Return every table, parents before children; not those of sums, which are made anew from the others."""
    return [table for table in db.metadata.sorted_tables if not table.info.get("derived")]


def create(engine: Engine, path: Path, now: datetime, files: Path | None = None) -> dict[str, int]:
    """Write a backup to `path` from one consistent view of the database; return the rows of each table.

    files: the folder of what people sent, under their digests; None where there is none.

    Raises `FileExistsError`: a backup is never overwritten.
    """
    counts: dict[str, int] = {}
    digests: dict[str, str] = {}
    snapshot = (
        engine.execution_options(isolation_level="REPEATABLE READ")
        if engine.dialect.name == "postgresql"
        else engine
    )
    with (
        snapshot.connect() as connection,
        path.open("xb") as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        revision = MigrationContext.configure(connection).get_current_revision()
        for table in tables():
            sha = hashlib.sha256()
            with archive.open(f"{table.name}.jsonl", "w") as target:
                for line in _lines(connection, table):
                    sha.update(line)
                    target.write(line)
                    counts[table.name] = counts.get(table.name, 0) + 1
            digests[table.name] = sha.hexdigest()
            counts.setdefault(table.name, 0)
        _add_files(archive, connection, files)
        manifest = {
            "format": FORMAT,
            "revision": revision,
            "made_at": now.isoformat(),
            "rows": counts,
            "sha256": digests,
        }
        archive.writestr(MANIFEST, json.dumps(manifest, indent=2))
    return counts


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    rows = connection.execution_options(yield_per=BATCH).execute(
        select(table).order_by(*table.primary_key.columns)
    )
    for row in rows.mappings():
        yield (
            json.dumps(
                {name: _written(value) for name, value in row.items()}, ensure_ascii=False, sort_keys=True
            ).encode()
            + b"\n"
        )


def _written(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _add_files(archive: zipfile.ZipFile, connection: Connection, files: Path | None) -> None:
    """Add the bytes of every stored file once; one that is gone is found by `verify`."""
    for digest in connection.scalars(
        text("SELECT DISTINCT sha256 FROM stored_file WHERE removed_at IS NULL ORDER BY sha256")
    ):
        if files is not None and (files / digest).is_file():
            archive.write(files / digest, f"files/{digest}")


def restore(engine: Engine, path: Path, files: Path | None = None) -> dict[str, int]:
    """Fill the empty tables of `engine` (already at the backup's revision) in one transaction; return the rows.

    files: the folder that takes what people sent; None leaves it in the backup.

    Raises `BadBackup` for a damaged file, another revision, or a database that holds something.
    """
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        with engine.begin() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
            if here != manifest["revision"]:
                raise BadBackup(
                    f"{path.name} was made at revision {manifest['revision']}, this database is at {here}"
                )
            for table in tables():
                if connection.scalar(select(func.count()).select_from(table)):
                    raise BadBackup(f"the table {table.name} is not empty; restore into a new database")
            for table in tables():
                _fill(connection, archive, table, path, manifest)
            if files is not None:
                _take_files(archive, connection, files, path)
            if engine.dialect.name == "postgresql":
                _count_on(connection)
    return dict(manifest["rows"])


def _take_files(archive: zipfile.ZipFile, connection: Connection, files: Path, path: Path) -> None:
    files.mkdir(parents=True, exist_ok=True, mode=0o700)
    for digest, content in _files(archive, connection, path):
        (files / digest).write_bytes(content)


def _files(archive: zipfile.ZipFile, connection: Connection, path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield digest and bytes of every stored file. Raises `BadBackup` where one is missing or is another."""
    for digest in connection.scalars(
        text("SELECT DISTINCT sha256 FROM stored_file WHERE removed_at IS NULL ORDER BY sha256")
    ):
        try:
            content = archive.read(f"files/{digest}")
        except KeyError:
            raise BadBackup(f"{path.name}: the uploaded file {digest[:12]}… is not in it") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise BadBackup(f"{path.name}: the uploaded file {digest[:12]}… was changed")
        yield digest, content


def _fill(
    connection: Connection, archive: zipfile.ZipFile, table: Table, path: Path, manifest: dict[str, Any]
) -> None:
    sha = hashlib.sha256()
    batch: list[dict[str, Any]] = []
    later: list[dict[str, Any]] = []
    parents = {
        column.name for column in table.columns for key in column.foreign_keys if key.column.table is table
    }
    with archive.open(f"{table.name}.jsonl") as source:
        for line in source:
            sha.update(line)
            row = {name: _read(table, name, value) for name, value in json.loads(line).items()}
            if any(row[name] is not None for name in parents):
                later.append(
                    {key.name: row[key.name] for key in table.primary_key}
                    | {name: row[name] for name in parents}
                )
                row |= dict.fromkeys(parents)
            batch.append(row)
            if len(batch) == BATCH:
                connection.execute(insert(table), batch)
                batch = []
    if batch:
        connection.execute(insert(table), batch)
    for row in later:
        keys = [column == row[column.name] for column in table.primary_key]
        connection.execute(table.update().where(*keys).values({name: row[name] for name in parents}))
    if sha.hexdigest() != manifest["sha256"].get(table.name):
        raise BadBackup(f"{path.name}: the table {table.name} was changed after the backup was made")


def _read(table: Table, name: str, value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"base64"}:
        return base64.b64decode(value["base64"])
    if not isinstance(value, str):
        return value
    kind = table.columns[name].type
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return Decimal(value) if isinstance(kind, Numeric) else value


def _count_on(connection: Connection) -> None:
    """Let PostgreSQL's sequences go on behind the ids that were restored."""
    for table in tables():
        if "id" in table.columns and isinstance(table.columns["id"].type, BigInteger):
            highest = connection.scalar(select(func.max(table.columns["id"]))) or 0
            sequence = func.pg_get_serial_sequence(
                connection.dialect.identifier_preparer.quote(table.name), "id"
            )
            connection.execute(select(func.setval(sequence, highest + 1, False)))


def verify(path: Path, upgrade_to: Any) -> dict[str, int]:
    """Restore `path` into a scratch database, count again, and check every certificate's file; return the rows.

    `upgrade_to(engine)` brings the scratch database to the present revision. Raises `BadBackup`.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/scratch.db")
        try:
            upgrade_to(engine)
            rows = restore(engine, path)
            with engine.connect() as connection:
                for table in tables():
                    found = connection.scalar(select(func.count()).select_from(table))
                    if found != rows[table.name]:
                        raise BadBackup(
                            f"{path.name}: {table.name} restored {found} rows of {rows[table.name]}"
                        )
                _check_certificates(connection, path)
                with _opened(path) as archive:
                    for _digest, _content in _files(archive, connection, path):
                        pass  # reading them is the check
        finally:
            engine.dispose()
    return rows


def _check_certificates(connection: Connection, path: Path) -> None:
    certificates = connection.execute(
        text(
            "SELECT c.serial, c.sha256, c.facts, f.pdf FROM certificate c LEFT JOIN certificate_file f ON f.certificate_id = c.id"
            " WHERE c.erased_at IS NULL"
        )
    )
    for serial, digest, facts, pdf in certificates:
        if pdf is None:  # of the large demonstration: never drawn, its digest is that of its facts
            facts = json.loads(facts) if isinstance(facts, str) else facts
            if facts.get("drawn") is False and facts.get("demonstration") and facts_digest(facts) == digest:
                continue
        if pdf is None or hashlib.sha256(pdf).hexdigest() != digest:
            raise BadBackup(f"{path.name}: the file of certificate {serial} is not the one that was issued")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadBackup(f"{path}: cannot be read as a backup ({error})") from error


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
    except (KeyError, ValueError) as error:
        raise BadBackup(f"{path.name}: it has no {MANIFEST}, so it is no backup of this portal") from error
    if manifest.get("format") != FORMAT:
        raise BadBackup(f"{path.name}: format {manifest.get('format')}; this program reads {FORMAT}")
    return manifest

"""rosters: people without an account, where posts come from, dated bases, imports, transfers

Revision ID: r1roster
Revises: f3notices
Create Date: 2026-11-25 20:11:51.092695+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = 'r1roster'
down_revision = 'ha40'
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade():
    op.create_table('claim',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('typed_name', sa.String(length=200), nullable=False),
    sa.Column('number', sa.String(length=4), nullable=False),
    sa.Column('secret_hash', sa.String(length=200), nullable=False),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user.id'], name=op.f('fk_claim_answered_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_claim_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim'))
    )
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claim_user_id'), ['user_id'], unique=False)

    op.create_table('slip',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code_hash', sa.String(length=200), nullable=False),
    sa.Column('made_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['made_by_id'], ['user.id'], name=op.f('fk_slip_made_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_slip_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slip'))
    )
    with op.batch_alter_table('slip', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_slip_user_id'), ['user_id'], unique=False)

    op.create_table('roster_import',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('full_list', sa.Boolean(), nullable=False),
    sa.Column('as_of', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('counts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('note_values', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('job_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['created_by_id'], ['user.id'], name=op.f('fk_roster_import_created_by_id_user')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_roster_import_file_id_stored_file')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_roster_import_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_import'))
    )
    with op.batch_alter_table('roster_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_import_created_by_id'), ['created_by_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_roster_import_unit_id'), ['unit_id'], unique=False)

    op.create_table('roster_basis',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('evidence', sa.String(length=10), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('totals', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(evidence = 'totals') = (file_id IS NOT NULL)", name=op.f('ck_roster_basis_totals_come_with_a_paper')),
    sa.CheckConstraint('valid_to IS NULL OR valid_to >= valid_from', name=op.f('ck_roster_basis_ends_after_it_begins')),
    sa.ForeignKeyConstraint(['confirmed_by_id'], ['user.id'], name=op.f('fk_roster_basis_confirmed_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_roster_basis_file_id_stored_file')),
    sa.ForeignKeyConstraint(['import_id'], ['roster_import.id'], name=op.f('fk_roster_basis_import_id_roster_import')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_roster_basis_unit_id_unit'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_basis'))
    )
    with op.batch_alter_table('roster_basis', schema=None) as batch_op:
        batch_op.create_index('ix_roster_basis_unit_id_valid_from', ['unit_id', 'valid_from'], unique=False)
        batch_op.create_index('uq_roster_basis_current', ['unit_id'], unique=True, sqlite_where=sa.text('valid_to IS NULL'), postgresql_where=sa.text('valid_to IS NULL'))

    op.create_table('roster_change',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('row_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=True),
    sa.Column('after_digest', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['roster_import.id'], name=op.f('fk_roster_change_import_id_roster_import'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_change'))
    )
    with op.batch_alter_table('roster_change', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_change_import_id'), ['import_id'], unique=False)

    op.create_table('roster_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('unit_code', sa.String(length=40), nullable=False),
    sa.Column('search_key', sa.String(length=300), nullable=False),
    sa.Column('row', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('outcome', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('decision', sa.String(length=10), nullable=True),
    sa.ForeignKeyConstraint(['import_id'], ['roster_import.id'], name=op.f('fk_roster_line_import_id_roster_import'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_line'))
    )
    with op.batch_alter_table('roster_line', schema=None) as batch_op:
        batch_op.create_index('ix_roster_line_import_id_position', ['import_id', 'position'], unique=True)

    op.create_table('transfer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('posting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('to_unit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('leaves_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('asked_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('new_posting_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['answered_by_id'], ['user.id'], name=op.f('fk_transfer_answered_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['asked_by_id'], ['user.id'], name=op.f('fk_transfer_asked_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['new_posting_id'], ['posting.id'], name=op.f('fk_transfer_new_posting_id_posting')),
    sa.ForeignKeyConstraint(['posting_id'], ['posting.id'], name=op.f('fk_transfer_posting_id_posting')),
    sa.ForeignKeyConstraint(['to_unit_id'], ['unit.id'], name=op.f('fk_transfer_to_unit_id_unit')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer'))
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_posting_id'), ['posting_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_to_unit_id'), ['to_unit_id'], unique=False)
        batch_op.create_index('uq_transfer_open', ['posting_id'], unique=True, sqlite_where=sa.text("state = 'asked'"), postgresql_where=sa.text("state = 'asked'"))

    with op.batch_alter_table('posting') as batch_op:
        batch_op.add_column(sa.Column('source', sa.String(length=20), nullable=False, server_default='head'))
        batch_op.add_column(sa.Column('import_id', BIG, nullable=True))
        batch_op.add_column(sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('recorded_by_id', BIG, nullable=True))
        batch_op.add_column(sa.Column('left_reason', sa.String(length=30), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_posting_recorded_by_id_user'), 'user', ['recorded_by_id'], ['id'], ondelete='SET NULL')
        batch_op.create_foreign_key(batch_op.f('fk_posting_import_id_roster_import'), 'roster_import', ['import_id'], ['id'])
    with op.batch_alter_table('posting') as batch_op:
        batch_op.alter_column('source', existing_type=sa.String(length=20), existing_nullable=False, server_default=None)
        batch_op.create_index(batch_op.f('ix_posting_import_id'), ['import_id'], unique=False)

    # a list that was confirmed one day and has counted since becomes the unit's first dated basis
    op.execute("INSERT INTO roster_basis (unit_id, evidence, valid_from) SELECT id, 'named', roster_on FROM unit WHERE roster_on IS NOT NULL")
    with op.batch_alter_table('unit') as batch_op:
        batch_op.drop_column('roster_on')

    with op.batch_alter_table('user') as batch_op:
        batch_op.add_column(sa.Column('coded', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_constraint(batch_op.f('ck_user_has_something_to_sign_in_with'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_user_account_has_something_to_sign_in_with'),
            'secret_hash IS NULL OR phone IS NOT NULL OR staff_code IS NOT NULL OR username IS NOT NULL',
        )
    with op.batch_alter_table('user') as batch_op:
        batch_op.alter_column('coded', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def downgrade():
    # the old shape knows nobody without something to sign in with: such people get a code of their own
    op.execute(
        "UPDATE \"user\" SET staff_code = 'HT-' || id WHERE phone IS NULL AND staff_code IS NULL AND username IS NULL"
    )
    with op.batch_alter_table('user') as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_user_account_has_something_to_sign_in_with'), type_='check')
        batch_op.create_check_constraint(
            batch_op.f('ck_user_has_something_to_sign_in_with'),
            'phone IS NOT NULL OR staff_code IS NOT NULL OR username IS NOT NULL',
        )
        batch_op.drop_column('claimed_at')
        batch_op.drop_column('coded')

    with op.batch_alter_table('unit') as batch_op:
        batch_op.add_column(sa.Column('roster_on', sa.DATE(), nullable=True))
    op.execute(
        "UPDATE unit SET roster_on = (SELECT MAX(valid_from) FROM roster_basis WHERE roster_basis.unit_id = unit.id "
        "AND evidence <> 'totals' AND roster_basis.valid_to IS NULL)"
    )
    op.drop_table('transfer')
    with op.batch_alter_table('posting') as batch_op:
        batch_op.drop_index(batch_op.f('ix_posting_import_id'))
        batch_op.drop_constraint(batch_op.f('fk_posting_import_id_roster_import'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_posting_recorded_by_id_user'), type_='foreignkey')
        batch_op.drop_column('left_reason')
        batch_op.drop_column('recorded_by_id')
        batch_op.drop_column('recorded_at')
        batch_op.drop_column('import_id')
        batch_op.drop_column('source')
    for name in ('roster_line', 'roster_change', 'roster_basis', 'roster_import', 'slip', 'claim'):
        op.drop_table(name)

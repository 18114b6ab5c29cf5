"""rights over data: consents, looks at lists, erasures

Revision ID: f4rights
Revises: f3notices
Create Date: 2026-11-25 20:29:58.364817+00:00
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql
revision = 'f4rights'
down_revision = 'r1roster'
branch_labels = None
depends_on = None

WORDING = 'Tôi đồng ý để cổng học tập lưu họ tên, số điện thoại, xã nơi ở và việc học của tôi tại đây, dùng cho việc học của tôi và để tính tôi một lần trong số liệu.'


def upgrade():
    op.create_table('consent',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('version', sa.String(length=40), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.Column('wording', sa.Text(), nullable=False),
    sa.Column('way', sa.String(length=10), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_consent_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_consent_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consent'))
    )
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_consent_user_id'), ['user_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_consent_by_id'), ['by_id'], unique=False)

    op.create_table('erasure',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('way', sa.String(length=20), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_erasure_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_erasure_user_id_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure')),
    sa.UniqueConstraint('user_id', name=op.f('uq_erasure_user_id'))
    )
    with op.batch_alter_table('erasure', schema=None) as batch_op:
        batch_op.create_index('ix_erasure_at', ['at'], unique=False)

    op.create_table('list_reason',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_kind', sa.String(length=40), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint('length(reason) >= 10', name=op.f('ck_list_reason_says_why')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_list_reason_user_id_user'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_reason'))
    )
    with op.batch_alter_table('list_reason', schema=None) as batch_op:
        batch_op.create_index('ix_list_reason_user_id_list_kind_place', ['user_id', 'list_kind', 'place'], unique=False)

    op.create_table('list_view',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False),
    sa.Column('facts', sa.JSON().with_variant(postgresql.JSONB(astext_type=Text()), 'postgresql'), nullable=False),
    sa.Column('people', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['by_id'], ['user.id'], name=op.f('fk_list_view_by_id_user'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['reason_id'], ['list_reason.id'], name=op.f('fk_list_view_reason_id_list_reason'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_view'))
    )
    with op.batch_alter_table('list_view', schema=None) as batch_op:
        batch_op.create_index('ix_list_view_at', ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_list_view_by_id'), ['by_id'], unique=False)

    op.create_table('list_view_person',
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('view_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_list_view_person_user_id_user'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['view_id'], ['list_view.id'], name=op.f('fk_list_view_person_view_id_list_view'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'view_id', name=op.f('pk_list_view_person'))
    )
    with op.batch_alter_table('list_view_person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_list_view_person_view_id'), ['view_id'], unique=False)

    # consents that stood on the person until now; there was one wording so far, that of 2026-11
    op.execute(sa.text("""
        INSERT INTO consent (user_id, given, version, language, wording, way, by_id, at)
        SELECT id, TRUE, consent_version, COALESCE(language, 'vi'), :wording, 'form', NULL, consented_at
        FROM "user" WHERE consented_at IS NOT NULL AND consent_version IS NOT NULL
    """).bindparams(wording=WORDING))
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))



def downgrade():
    with op.batch_alter_table('certificate', schema=None) as batch_op:
        batch_op.drop_column('erased_at')

    with op.batch_alter_table('list_view_person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_list_view_person_view_id'))

    op.drop_table('list_view_person')
    with op.batch_alter_table('list_view', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_list_view_by_id'))
        batch_op.drop_index('ix_list_view_at')

    op.drop_table('list_view')
    with op.batch_alter_table('list_reason', schema=None) as batch_op:
        batch_op.drop_index('ix_list_reason_user_id_list_kind_place')

    op.drop_table('list_reason')
    with op.batch_alter_table('erasure', schema=None) as batch_op:
        batch_op.drop_index('ix_erasure_at')

    op.drop_table('erasure')
    with op.batch_alter_table('consent', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_consent_by_id'))
        batch_op.drop_index(batch_op.f('ix_consent_user_id'))

    op.drop_table('consent')

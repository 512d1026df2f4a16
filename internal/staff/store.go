package staff

import (
	"context"
	"errors"
	"strings"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func scanMember(keys *secret.Keyring) func(sqldb.Row) (Member, error) {
	return func(r sqldb.Row) (m Member, err error) {
		var name []byte
		var roles string
		var since sqldb.Time
		if err := r.Scan(&m.Account, &m.Agency, &name, &roles, &since); err != nil {
			return m, err
		}
		for role := range strings.SplitSeq(roles, ",") {
			m.Roles = append(m.Roles, Role(role))
		}
		m.Since = since.Time
		m.Name, err = keys.OpenString("staff_member", "name", m.Account, name)
		return m, err
	}
}

const columns = `account, agency, name, roles, since`

// memberOf returns ErrNoMember.
func memberOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) (Member, error) {
	m, err := sqldb.One(ctx, db, scanMember(keys), `SELECT `+columns+` FROM staff_member WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return m, ErrNoMember
	}
	return m, err
}

func membersOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, agency string) ([]Member, error) {
	return sqldb.All(ctx, db, scanMember(keys), `SELECT `+columns+` FROM staff_member WHERE agency = $1 ORDER BY account`, agency)
}

func saveMember(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, m Member) error {
	roles := make([]string, len(m.Roles))
	for i, r := range m.Roles {
		roles[i] = string(r)
	}
	_, err := tx.Exec(ctx, `INSERT INTO staff_member (account, agency, name, roles, since) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (account) DO UPDATE SET agency = excluded.agency, name = excluded.name, roles = excluded.roles`,
		m.Account, m.Agency, keys.SealString("staff_member", "name", m.Account, m.Name), strings.Join(roles, ","), sqldb.At(m.Since))
	return err
}

func deleteMember(ctx context.Context, tx *sqldb.DB, account string) error {
	_, err := tx.Exec(ctx, `DELETE FROM staff_member WHERE account = $1`, account)
	return err
}

package account

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func setRole(ctx context.Context, tx *sqldb.DB, account, contactID, role string) error {
	_, err := tx.Exec(ctx, `UPDATE account_contact SET role = $1 WHERE account = $2 AND kind IN ('phone', 'email') AND id = $3`, role, account, contactID)
	return err
}

// notedOf returns zero values when nothing is noted.
func notedOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) (other string, checked time.Time, err error) {
	type row struct {
		other   []byte
		checked sqldb.Time
	}
	r, err := sqldb.One(ctx, db, func(r sqldb.Row) (v row, err error) { err = r.Scan(&v.other, &v.checked); return v, err },
		`SELECT other, checked_at FROM account_reach WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", time.Time{}, nil
	}
	if err != nil || len(r.other) == 0 {
		return "", r.checked.Time, err
	}
	other, err = keys.OpenString("account_reach", "other", account, r.other)
	return other, r.checked.Time, err
}

func setOther(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, other string) error {
	sealed := []byte{}
	if other != "" {
		sealed = keys.SealString("account_reach", "other", account, other)
	}
	_, err := tx.Exec(ctx, `INSERT INTO account_reach (account, other) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET other = excluded.other`, account, sealed)
	return err
}

func sawContacts(ctx context.Context, tx *sqldb.DB, account string, at, ask time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_reach (account, checked_at, ask_at) VALUES ($1, $2, $3)
		ON CONFLICT (account) DO UPDATE SET checked_at = excluded.checked_at, ask_at = excluded.ask_at`, account, sqldb.At(at), sqldb.At(ask))
	return err
}

func askContacts(ctx context.Context, tx *sqldb.DB, account string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_reach (account, ask_at) VALUES ($1, $2)
		ON CONFLICT (account) DO UPDATE SET ask_at = excluded.ask_at`, account, sqldb.At(at))
	return err
}

// Warnings.

func insertWarning(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, w warning) error {
	data, err := keys.SealJSON("account_warning", "data", w.account, w.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_warning (account, id, kind, object, data, secret, until) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		w.account, w.id, w.kind, w.object, data, w.secret, sqldb.At(w.until))
	return err
}

// warningByID returns ErrLink when there is none.
func warningByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id, lock string) (warning, error) {
	w, err := sqldb.One(ctx, db, func(r sqldb.Row) (w warning, err error) {
		var data []byte
		var until, ended sqldb.Time
		if err := r.Scan(&w.account, &w.id, &w.kind, &w.object, &data, &w.secret, &until, &ended); err != nil {
			return w, err
		}
		w.until, w.ended = until.Time, ended.Time
		return w, keys.OpenJSON("account_warning", "data", w.account, data, &w.data)
	}, `SELECT account, id, kind, object, data, secret, until, ended_at FROM account_warning WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return w, ErrLink
	}
	return w, err
}

func endWarning(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_warning SET ended_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

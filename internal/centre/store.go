package centre

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

const intakeColumns = `agency, id, account, operator, kind, done, data, created_at`

func scanIntake(keys *secret.Keyring) func(sqldb.Row) (Intake, error) {
	return func(r sqldb.Row) (i Intake, err error) {
		var data []byte
		var created sqldb.Time
		if err := r.Scan(&i.Agency, &i.ID, &i.Account, &i.Operator, (*string)(&i.Kind), &i.Done, &data, &created); err != nil {
			return i, err
		}
		i.Created = created.Time
		if data == nil {
			return i, nil
		}
		return i, keys.OpenJSON("centre_intake", "data", i.Agency, data, &i.Data)
	}
}

// intakeByID returns ErrNone.
func intakeByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, agency, id, lock string) (Intake, error) {
	i, err := sqldb.One(ctx, db, scanIntake(keys), `SELECT `+intakeColumns+` FROM centre_intake WHERE agency = $1 AND id = $2`+lock, agency, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return i, ErrNone
	}
	return i, err
}

// intakes returns the newest of an agency.
func intakes(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, agency string, limit int) ([]Intake, error) {
	return sqldb.All(ctx, db, scanIntake(keys), `SELECT `+intakeColumns+` FROM centre_intake WHERE agency = $1 ORDER BY id DESC LIMIT $2`, agency, limit)
}

func saveIntake(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, i Intake) error {
	data, err := keys.SealJSON("centre_intake", "data", i.Agency, i.Data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO centre_intake (`+intakeColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (agency, id) DO UPDATE SET account = excluded.account, kind = excluded.kind, done = excluded.done, data = excluded.data`,
		i.Agency, i.ID, i.Account, i.Operator, string(i.Kind), i.Done, data, sqldb.At(i.Created))
	return err
}

// forget drops what intakes before a moment knew.
func forget(ctx context.Context, db *sqldb.DB, before time.Time) error {
	_, err := db.Exec(ctx, `UPDATE centre_intake SET data = NULL WHERE created_at < $1 AND data IS NOT NULL`, sqldb.At(before))
	return err
}

func insertLink(ctx context.Context, tx *sqldb.DB, account, id string, hash []byte, until time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO centre_link (account, id, hash, until) VALUES ($1, $2, $3, $4)`, account, id, hash, sqldb.At(until))
	return err
}

// linkHash returns ErrLink for a link that is unknown, used or over.
func linkHash(ctx context.Context, db *sqldb.DB, account, id string, now time.Time) ([]byte, error) {
	hash, err := sqldb.One(ctx, db, func(r sqldb.Row) (b []byte, err error) { err = r.Scan(&b); return b, err },
		`SELECT hash FROM centre_link WHERE account = $1 AND id = $2 AND until > $3 AND used_at IS NULL`, account, id, sqldb.At(now))
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil, ErrLink
	}
	return hash, err
}

// useLink reports false when somebody was quicker.
func useLink(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE centre_link SET used_at = $1 WHERE account = $2 AND id = $3 AND used_at IS NULL AND until > $1`, sqldb.At(at), account, id)
	return n == 1, err
}

// endLinks ends every link of an account that still works.
func endLinks(ctx context.Context, tx *sqldb.DB, account string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE centre_link SET used_at = $1 WHERE account = $2 AND used_at IS NULL`, sqldb.At(at), account)
	return err
}

func deleteLinks(ctx context.Context, db *sqldb.DB, before time.Time) error {
	_, err := db.Exec(ctx, `DELETE FROM centre_link WHERE until < $1`, sqldb.At(before))
	return err
}

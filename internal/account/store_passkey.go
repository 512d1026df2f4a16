package account

import (
	"context"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func passkeysOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, lock string) ([]Passkey, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (k Passkey, err error) {
		var name, record []byte
		var added, used sqldb.Time
		if err := r.Scan(&k.ID, &name, &record, &added, &used); err != nil {
			return k, err
		}
		k.Added, k.Used = added.Time, used.Time
		if k.Name, err = keys.OpenString("account_passkey", "name", account, name); err != nil {
			return k, err
		}
		err = keys.OpenJSON("account_passkey", "record", account, record, &k.record)
		k.Synced = k.record.Flags.BackupState
		return k, err
	}, `SELECT id, name, record, added_at, used_at FROM account_passkey WHERE account = $1 ORDER BY id`+lock, account)
}

func countPasskeys(ctx context.Context, db *sqldb.DB, account string) (int, error) {
	return sqldb.One(ctx, db, sqldb.Int, `SELECT count(*) FROM account_passkey WHERE account = $1`, account)
}

func insertPasskey(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, k Passkey) error {
	record, err := keys.SealJSON("account_passkey", "record", account, k.record)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_passkey (account, id, name, record, added_at) VALUES ($1, $2, $3, $4, $5)`,
		account, k.ID, keys.SealString("account_passkey", "name", account, k.Name), record, sqldb.At(k.Added))
	return err
}

// usedPasskey keeps the counter of uses that came with the answer.
func usedPasskey(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, k Passkey, at time.Time) error {
	record, err := keys.SealJSON("account_passkey", "record", account, k.record)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account_passkey SET record = $1, used_at = $2 WHERE account = $3 AND id = $4`, record, sqldb.At(at), account, k.ID)
	return err
}

func renamePasskey(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, id, name string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_passkey SET name = $1 WHERE account = $2 AND id = $3`, keys.SealString("account_passkey", "name", account, name), account, id)
	return n > 0, err
}

func deletePasskey(ctx context.Context, tx *sqldb.DB, account, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM account_passkey WHERE account = $1 AND id = $2`, account, id)
	return n > 0, err
}

// useChallenge reports false when the challenge was used before.
func useChallenge(ctx context.Context, tx *sqldb.DB, digest []byte, until time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_challenge (digest, until) VALUES ($1, $2) ON CONFLICT DO NOTHING`, digest, sqldb.At(until))
	return n > 0, err
}

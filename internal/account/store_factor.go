package account

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/sqldb"
)

// readFactors fills in what the tables of factors and backup codes know. An
// account without a row has codes by SMS.
func readFactors(ctx context.Context, db *sqldb.DB, account string, f *Factors) error {
	row, err := sqldb.One(ctx, db, func(r sqldb.Row) (row Factors, err error) {
		var added, used sqldb.Time
		err = r.Scan(&row.SMS, &row.Mail, (*string)(&row.preferred), &row.app, &row.appStep, &added, &used)
		row.AppAdded, row.AppUsed = added.Time, used.Time
		return row, err
	}, `SELECT sms, email, preferred, app, app_step, app_added_at, app_used_at FROM account_factor WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		row, err = Factors{SMS: true}, nil
	}
	if err != nil {
		return err
	}
	f.SMS, f.Mail, f.preferred, f.app, f.appStep, f.AppAdded, f.AppUsed = row.SMS, row.Mail, row.preferred, row.app, row.appStep, row.AppAdded, row.AppUsed
	f.App = len(f.app) > 0
	codes, err := sqldb.All(ctx, db, scanTwoTimes, `SELECT made_at, used_at FROM account_backup WHERE account = $1`, account)
	if err != nil {
		return err
	}
	for _, c := range codes {
		f.BackupAt = c[0]
		if c[1].IsZero() {
			f.Backup++
		}
	}
	if f.Passkeys, err = countPasskeys(ctx, db, account); err != nil {
		return err
	}
	_, err = sqldb.One(ctx, db, func(r sqldb.Row) (hash string, err error) {
		err = r.Scan((*string)(&f.recovered), &hash)
		f.password = hash != ""
		return hash, err
	}, `SELECT recovered_by, hash FROM account_password WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return nil
	}
	return err
}

func scanTwoTimes(r sqldb.Row) ([2]time.Time, error) {
	var a, b sqldb.Time
	err := r.Scan(&a, &b)
	return [2]time.Time{a.Time, b.Time}, err
}

// setSent chooses whether codes are sent by SMS and by e-mail.
func setSent(ctx context.Context, tx *sqldb.DB, account string, sms, email bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_factor (account, sms, email, preferred, app_step) VALUES ($1, $2, $3, '', 0)
		ON CONFLICT (account) DO UPDATE SET sms = excluded.sms, email = excluded.email`, account, sms, email)
	return err
}

func setPreferred(ctx context.Context, tx *sqldb.DB, account string, one Factor) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_factor (account, sms, email, preferred, app_step) VALUES ($1, $2, $3, $4, 0)
		ON CONFLICT (account) DO UPDATE SET preferred = excluded.preferred`, account, true, false, string(one))
	return err
}

// insertApp reports false when the account has an app already.
func insertApp(ctx context.Context, tx *sqldb.DB, account string, sealed []byte, step int64, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO account_factor (account, sms, email, preferred, app, app_step, app_added_at) VALUES ($1, $2, $3, '', $4, $5, $6)
		ON CONFLICT (account) DO UPDATE SET app = excluded.app, app_step = excluded.app_step, app_added_at = excluded.app_added_at, app_used_at = NULL
		WHERE account_factor.app IS NULL`, account, true, false, sealed, step, sqldb.At(at))
	return n > 0, err
}

func deleteApp(ctx context.Context, tx *sqldb.DB, account string) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_factor SET app = NULL, app_added_at = NULL, app_used_at = NULL WHERE account = $1 AND app IS NOT NULL`, account)
	return n > 0, err
}

// useAppStep reports false when a code of that step of time, or of a later one,
// was used before.
func useAppStep(ctx context.Context, tx *sqldb.DB, account string, step int64, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_factor SET app_step = $1, app_used_at = $2 WHERE account = $3 AND app_step < $1 AND app IS NOT NULL`,
		step, sqldb.At(at), account)
	return n > 0, err
}

// Backup codes.

// backupCode is one code as it is kept: the first characters find it by a keyed
// hash, the rest is hashed as a password is.
type backupCode struct {
	selector []byte
	hash     string
}

func replaceBackup(ctx context.Context, tx *sqldb.DB, account string, codes []backupCode, at time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM account_backup WHERE account = $1`, account); err != nil {
		return err
	}
	for _, c := range codes {
		if _, err := tx.Exec(ctx, `INSERT INTO account_backup (account, selector, hash, made_at) VALUES ($1, $2, $3, $4)`, account, c.selector, c.hash, sqldb.At(at)); err != nil {
			return err
		}
	}
	return nil
}

// backupHash returns "" when there is no code like that, or it was used.
func backupHash(ctx context.Context, db *sqldb.DB, account string, selector []byte) (string, error) {
	hash, err := sqldb.One(ctx, db, sqldb.Text, `SELECT hash FROM account_backup WHERE account = $1 AND selector = $2 AND used_at IS NULL`, account, selector)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	return hash, err
}

// useBackup reports false when the code was used meanwhile.
func useBackup(ctx context.Context, tx *sqldb.DB, account string, selector []byte, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_backup SET used_at = $1 WHERE account = $2 AND selector = $3 AND used_at IS NULL`, sqldb.At(at), account, selector)
	return n > 0, err
}

// Recovery.

// setRecovered notes what the password was recovered by; "" forgets it.
func setRecovered(ctx context.Context, tx *sqldb.DB, account string, by Kind) error {
	_, err := tx.Exec(ctx, `UPDATE account_password SET recovered_by = $1 WHERE account = $2`, string(by), account)
	return err
}

// dropFactorsSince takes away the passkeys, the app and the backup codes that
// were added since a time.
func dropFactorsSince(ctx context.Context, tx *sqldb.DB, account string, since time.Time) error {
	for _, query := range []string{
		`DELETE FROM account_passkey WHERE account = $1 AND added_at >= $2`,
		`DELETE FROM account_backup WHERE account = $1 AND made_at >= $2`,
		`UPDATE account_factor SET app = NULL, app_added_at = NULL, app_used_at = NULL, preferred = '' WHERE account = $1 AND app_added_at >= $2`,
	} {
		if _, err := tx.Exec(ctx, query, account, sqldb.At(since)); err != nil {
			return err
		}
	}
	return nil
}

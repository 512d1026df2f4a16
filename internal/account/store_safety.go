package account

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// safety is what the holder of an account chose about sign-ins. An account that
// chose nothing has the zero one.
type safety struct {
	remoteOff time.Time // since when other devices are shut out; zero: they are not
	recovered time.Time // when access was last recovered
	strictIP  bool      // a session ends when its address changes
	// blockRisky refuses suspicious sign-ins from devices that are not known.
	blockRisky bool
	// hush sends no word of wrong passwords from devices that are not known.
	hush bool
}

func safetyOf(ctx context.Context, db *sqldb.DB, account string) (safety, error) {
	f, err := sqldb.One(ctx, db, func(r sqldb.Row) (f safety, err error) {
		var off, recovered sqldb.Time
		err = r.Scan(&off, &recovered, &f.strictIP, &f.blockRisky, &f.hush)
		f.remoteOff, f.recovered = off.Time, recovered.Time
		return f, err
	}, `SELECT remote_off_at, recovered_at, strict_ip, block_risky, hush_attempts FROM account_safety WHERE account = $1`, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return safety{}, nil
	}
	return f, err
}

func putSafety(ctx context.Context, tx *sqldb.DB, account string, f safety) error {
	_, err := tx.Exec(ctx, `INSERT INTO account_safety (account, remote_off_at, recovered_at, strict_ip, block_risky, hush_attempts) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (account) DO UPDATE SET remote_off_at = excluded.remote_off_at, recovered_at = excluded.recovered_at,
			strict_ip = excluded.strict_ip, block_risky = excluded.block_risky, hush_attempts = excluded.hush_attempts`,
		account, sqldb.At(f.remoteOff), sqldb.At(f.recovered), f.strictIP, f.blockRisky, f.hush)
	return err
}

// lastEntry returns the newest sign-in that let somebody in, the zero one when
// there was none.
func lastEntry(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) (SignedIn, error) {
	e, err := sqldb.One(ctx, db, scanSignIn(keys, account), `SELECT `+signInColumns+` FROM account_signin
		WHERE account = $1 AND outcome = $2 AND denied_at IS NULL ORDER BY id DESC LIMIT 1`, account, string(Entry))
	if errors.Is(err, sqldb.ErrNoRow) {
		return SignedIn{}, nil
	}
	return e, err
}

// signInByID returns the zero SignedIn when there is none.
func signInByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id, lock string) (SignedIn, error) {
	e, err := sqldb.One(ctx, db, scanSignIn(keys, account), `SELECT `+signInColumns+` FROM account_signin WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return SignedIn{}, nil
	}
	return e, err
}

func deleteSignIn(ctx context.Context, tx *sqldb.DB, account, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_signin WHERE account = $1 AND id = $2`, account, id)
	return err
}

func denySignIn(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_signin SET denied_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), account, id)
	return err
}

// voidPassword leaves an account with no password that fits.
func voidPassword(ctx context.Context, tx *sqldb.DB, account string) error {
	_, err := tx.Exec(ctx, `UPDATE account_password SET hash = '' WHERE account = $1`, account)
	return err
}

// trustDevice gives the device trust from now on. It reports whether it is there.
func trustDevice(ctx context.Context, tx *sqldb.DB, account, id string, at, until time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_device SET trusted = $1, created_at = $2, until = $3 WHERE account = $4 AND id = $5`,
		true, sqldb.At(at), sqldb.At(until), account, id)
	return n > 0, err
}

// deleteOtherDevices forgets every device but keep ("" keeps none).
func deleteOtherDevices(ctx context.Context, tx *sqldb.DB, account, keep string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_device WHERE account = $1 AND id <> $2`, account, keep)
	return err
}

// moveSession notes that a session goes on from another address.
func moveSession(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, id string, source []byte, d Device) error {
	device, err := keys.SealJSON("account_session", "device", account, d)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE account_session SET source = $1, device = $2 WHERE account = $3 AND id = $4 AND ended_at IS NULL`, source, device, account, id)
	return err
}

func sessionDevice(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id string) (Device, error) {
	return sqldb.One(ctx, db, func(r sqldb.Row) (d Device, err error) {
		var sealed []byte
		if err := r.Scan(&sealed); err != nil {
			return d, err
		}
		return d, keys.OpenJSON("account_session", "device", account, sealed, &d)
	}, `SELECT device FROM account_session WHERE account = $1 AND id = $2`, account, id)
}

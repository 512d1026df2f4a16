package account

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Session is one browser in which an account is signed in.
type Session struct {
	Account string
	ID      string
	Device  Device
	Staff   bool // of a clerk: ends sooner
	Alien   bool // «Чужой компьютер»: nothing is remembered
	Created time.Time
	Seen    time.Time // to a minute
	Proved  time.Time // when a password or code was last given
	// Confined is set while the person must choose a password of their own before
	// anything else.
	Confined bool
	source   []byte // where it was last seen from, hidden; empty: not known
	ended    time.Time
	why      string // message key of why it ended
}

// over returns the message key of why the session does not count at now, "" if
// it does.
func (s Session) over(now time.Time, l Lives) string {
	switch {
	case !s.ended.IsZero():
		return s.why
	case now.Before(s.Created.Add(-skew)):
		return "account.session_ended"
	case now.Sub(s.Created) >= l.most(s.Staff, s.Alien):
		return "account.session_old"
	case now.Sub(s.Seen) >= l.Idle:
		return "account.session_idle"
	}
	return ""
}

// until is when the session ends if nothing more is done in it.
func (s Session) until(l Lives) time.Time {
	idle, old := s.Seen.Add(l.Idle), s.Created.Add(l.most(s.Staff, s.Alien))
	if old.Before(idle) {
		return old
	}
	return idle
}

func insertSession(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, s Session, hash []byte) error {
	device, err := keys.SealJSON("account_session", "device", s.Account, s.Device)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_session (account, id, secret, device, staff, alien, created_at, seen_at, proved_at, ended_why, confined, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', $10, $11)`,
		s.Account, s.ID, hash, device, s.Staff, s.Alien, sqldb.At(s.Created), sqldb.At(s.Seen), sqldb.At(s.Proved), s.Confined, s.source)
	return err
}

// sessionBySecret returns a Session without its Device, which a page seldom
// shows; the zero Session when there is none.
func sessionBySecret(ctx context.Context, db *sqldb.DB, account string, hash []byte) (Session, error) {
	s, err := sqldb.One(ctx, db, func(r sqldb.Row) (s Session, err error) {
		var created, seen, proved, ended sqldb.Time
		err = r.Scan(&s.Account, &s.ID, &s.Staff, &s.Alien, &created, &seen, &proved, &ended, &s.why, &s.Confined, &s.source)
		s.Created, s.Seen, s.Proved, s.ended = created.Time, seen.Time, proved.Time, ended.Time
		return s, err
	}, `SELECT account, id, staff, alien, created_at, seen_at, proved_at, ended_at, ended_why, confined, source FROM account_session WHERE account = $1 AND secret = $2`, account, hash)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Session{}, nil
	}
	return s, err
}

// openSessions returns the sessions that were not ended, newest first; some may
// be over by time.
func openSessions(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) ([]Session, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (s Session, err error) {
		var created, seen, proved sqldb.Time
		var device []byte
		if err := r.Scan(&s.Account, &s.ID, &device, &s.Staff, &s.Alien, &created, &seen, &proved); err != nil {
			return s, err
		}
		s.Created, s.Seen, s.Proved = created.Time, seen.Time, proved.Time
		return s, keys.OpenJSON("account_session", "device", account, device, &s.Device)
	}, `SELECT account, id, device, staff, alien, created_at, seen_at, proved_at FROM account_session
		WHERE account = $1 AND ended_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 200`, account)
}

func sawSession(ctx context.Context, db *sqldb.DB, account, id string, at time.Time) error {
	_, err := db.Exec(ctx, `UPDATE account_session SET seen_at = $1 WHERE account = $2 AND id = $3 AND ended_at IS NULL`, sqldb.At(at), account, id)
	return err
}

func proveSession(ctx context.Context, tx *sqldb.DB, account, id string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE account_session SET proved_at = $1 WHERE account = $2 AND id = $3 AND ended_at IS NULL`, sqldb.At(at), account, id)
	return err
}

// endSession reports whether the session was open.
func endSession(ctx context.Context, tx *sqldb.DB, account, id, why string, at time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE account_session SET ended_at = $1, ended_why = $2 WHERE account = $3 AND id = $4 AND ended_at IS NULL`,
		sqldb.At(at), why, account, id)
	return n > 0, err
}

// endOthers ends every session but keep ("" keeps none) and returns how many.
func endOthers(ctx context.Context, tx *sqldb.DB, account, keep, why string, at time.Time) (int64, error) {
	return tx.Exec(ctx, `UPDATE account_session SET ended_at = $1, ended_why = $2 WHERE account = $3 AND id <> $4 AND ended_at IS NULL`,
		sqldb.At(at), why, account, keep)
}

// Known devices.

// KnownDevice is a browser in which the account was signed in before.
type KnownDevice struct {
	ID      string
	Device  Device
	Trusted bool // no code is asked for there
	Created time.Time
	Until   time.Time
}

func insertDevice(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, k KnownDevice, hash []byte) error {
	device, err := keys.SealJSON("account_device", "device", account, k.Device)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_device (account, id, secret, device, trusted, created_at, until) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		account, k.ID, hash, device, k.Trusted, sqldb.At(k.Created), sqldb.At(k.Until))
	return err
}

func scanKnown(keys *secret.Keyring, account string) func(sqldb.Row) (KnownDevice, error) {
	return func(r sqldb.Row) (k KnownDevice, err error) {
		var device []byte
		var created, until sqldb.Time
		if err := r.Scan(&k.ID, &device, &k.Trusted, &created, &until); err != nil {
			return k, err
		}
		k.Created, k.Until = created.Time, until.Time
		return k, keys.OpenJSON("account_device", "device", account, device, &k.Device)
	}
}

// deviceBySecret returns the zero KnownDevice when there is none at now.
func deviceBySecret(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string, hash []byte, now time.Time) (KnownDevice, error) {
	k, err := sqldb.One(ctx, db, scanKnown(keys, account),
		`SELECT id, device, trusted, created_at, until FROM account_device WHERE account = $1 AND secret = $2 AND until > $3`, account, hash, sqldb.At(now))
	if errors.Is(err, sqldb.ErrNoRow) {
		return KnownDevice{}, nil
	}
	return k, err
}

func trustedDevices(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string, now time.Time) ([]KnownDevice, error) {
	return sqldb.All(ctx, db, scanKnown(keys, account), `SELECT id, device, trusted, created_at, until FROM account_device
		WHERE account = $1 AND trusted AND until > $2 ORDER BY created_at DESC, id LIMIT 200`, account, sqldb.At(now))
}

func deleteDevice(ctx context.Context, tx *sqldb.DB, account, id string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM account_device WHERE account = $1 AND id = $2`, account, id)
	return n > 0, err
}

func deleteDevices(ctx context.Context, tx *sqldb.DB, account string) error {
	_, err := tx.Exec(ctx, `DELETE FROM account_device WHERE account = $1`, account)
	return err
}

// History of sign-ins.

// SignedIn is a line of the history of sign-ins.
type SignedIn struct {
	ID      string // of its session, when there was one
	At      time.Time
	Method  string // message key
	Outcome Outcome
	Device  Device
	Denied  time.Time // when the holder said that it was somebody else; zero: never
}

func insertSignIn(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, e SignedIn) error {
	device, err := keys.SealJSON("account_signin", "device", account, e.Device)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO account_signin (account, id, at, method, device, outcome) VALUES ($1, $2, $3, $4, $5, $6)`,
		account, e.ID, sqldb.At(e.At), e.Method, device, string(e.Outcome))
	return err
}

const signInColumns = `id, at, method, device, outcome, denied_at`

func scanSignIn(keys *secret.Keyring, account string) func(sqldb.Row) (SignedIn, error) {
	return func(r sqldb.Row) (e SignedIn, err error) {
		var at, denied sqldb.Time
		var device []byte
		if err := r.Scan(&e.ID, &at, &e.Method, &device, (*string)(&e.Outcome), &denied); err != nil {
			return e, err
		}
		e.At, e.Denied = at.Time, denied.Time
		return e, keys.OpenJSON("account_signin", "device", account, device, &e.Device)
	}
}

// Which lines of the history are shown.
const (
	ShowAll     = ""
	ShowEntries = "entries" // those that let somebody in
	ShowFailed  = "failed"  // and those that did not
)

// signIns returns lines older than the one with ID before, all from the newest
// when it is "".
func signIns(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, show, before string, limit int) ([]SignedIn, error) {
	if before == "" {
		before = "~" // after every ID
	}
	which := map[string]string{ShowEntries: ` AND outcome = ''`, ShowFailed: ` AND outcome <> ''`}[show]
	return sqldb.All(ctx, db, scanSignIn(keys, account), `SELECT `+signInColumns+` FROM account_signin WHERE account = $1 AND id < $2`+which+` ORDER BY id DESC LIMIT $3`,
		account, before, limit)
}

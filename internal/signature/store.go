package signature

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// Answered challenges.

// useChallenge returns false when the challenge was answered before.
func useChallenge(ctx context.Context, tx *sqldb.DB, challenge string, until time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO signature_used (challenge, until) VALUES ($1, $2) ON CONFLICT (challenge) DO NOTHING`, challenge, sqldb.At(until))
	return n == 1, err
}

// Newcomers.

// newcomer is somebody who signed and has no account yet.
type newcomer struct {
	id      string
	browser []byte
	data    arrival
	until   time.Time
	done    time.Time
}

// arrival is what is remembered of a newcomer, sealed.
type arrival struct {
	Facts    Facts    `json:"facts"`
	Next     string   `json:"next,omitempty"`
	Phone    string   `json:"phone,omitempty"` // as typed last
	Flow     string   `json:"flow,omitempty"`  // of the code that was sent to it
	Consents []string `json:"consents,omitempty"`
}

func insertNewcomer(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, n newcomer) error {
	data, err := keys.SealJSON("signature_newcomer", "data", n.id, n.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO signature_newcomer (id, browser, data, until) VALUES ($1, $2, $3, $4)`, n.id, n.browser, data, sqldb.At(n.until))
	return err
}

// newcomerByID returns ErrNewcomer when there is none.
func newcomerByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, id, lock string) (newcomer, error) {
	n, err := sqldb.One(ctx, db, func(r sqldb.Row) (n newcomer, err error) {
		var data []byte
		var until, done sqldb.Time
		if err := r.Scan(&n.id, &n.browser, &data, &until, &done); err != nil {
			return n, err
		}
		n.until, n.done = until.Time, done.Time
		return n, keys.OpenJSON("signature_newcomer", "data", n.id, data, &n.data)
	}, `SELECT id, browser, data, until, done_at FROM signature_newcomer WHERE id = $1`+lock, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return n, ErrNewcomer
	}
	return n, err
}

func updateNewcomer(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, n newcomer) error {
	data, err := keys.SealJSON("signature_newcomer", "data", n.id, n.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE signature_newcomer SET data = $1, done_at = $2 WHERE id = $3`, data, sqldb.At(n.done), n.id)
	return err
}

// purge deletes what is over.
func purge(ctx context.Context, db *sqldb.DB, now time.Time) error {
	if _, err := db.Exec(ctx, `DELETE FROM signature_used WHERE until < $1`, sqldb.At(now)); err != nil {
		return err
	}
	_, err := db.Exec(ctx, `DELETE FROM signature_newcomer WHERE until < $1`, sqldb.At(now))
	return err
}

// Bound certificates.

// bound is a certificate of an account.
type bound struct {
	account, id string
	print       []byte // keyed hash of the certificate
	raw         []byte // DER
	state       Standing
	ends        time.Time
	since       time.Time
	used        time.Time
	look        time.Time // when it is to be checked again
	warned      int       // the last warning, in days before the end; 0 for none
}

// claimPrint returns false when the certificate is bound to an account already.
func claimPrint(ctx context.Context, tx *sqldb.DB, b bound) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO signature_print (print, account, certificate) VALUES ($1, $2, $3) ON CONFLICT (print) DO NOTHING`, b.print, b.account, b.id)
	return n == 1, err
}

func insertBound(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, b bound) error {
	_, err := tx.Exec(ctx, `INSERT INTO signature_certificate (account, id, print, data, state, ends_at, bound_at, look_at, warned) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		b.account, b.id, b.print, keys.Seal("signature_certificate", "data", b.account, b.raw), string(b.state), sqldb.At(b.ends), sqldb.At(b.since), sqldb.At(b.look), b.warned)
	return err
}

const boundColumns = `account, id, print, data, state, ends_at, bound_at, used_at, look_at, warned`

func scanBound(keys *secret.Keyring) func(r sqldb.Row) (bound, error) {
	return func(r sqldb.Row) (b bound, err error) {
		var data []byte
		var ends, since, used, look sqldb.Time
		if err := r.Scan(&b.account, &b.id, &b.print, &data, (*string)(&b.state), &ends, &since, &used, &look, &b.warned); err != nil {
			return b, err
		}
		b.ends, b.since, b.used, b.look = ends.Time, since.Time, used.Time, look.Time
		b.raw, err = keys.Open("signature_certificate", "data", b.account, data)
		return b, err
	}
}

const boundQuery = `SELECT ` + boundColumns + ` FROM signature_certificate WHERE account = $1 ORDER BY id DESC`

func boundOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string) ([]bound, error) {
	return sqldb.All(ctx, db, scanBound(keys), boundQuery, account)
}

// boundByID returns ErrNoCertificate when the account has none such.
func boundByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id, lock string) (bound, error) {
	b, err := sqldb.One(ctx, db, scanBound(keys), `SELECT `+boundColumns+` FROM signature_certificate WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return b, ErrNoCertificate
	}
	return b, err
}

// accountOf returns whose the bound certificate is, "" for nobody's.
func accountOf(ctx context.Context, db *sqldb.DB, print []byte) (string, error) {
	account, err := sqldb.One(ctx, db, sqldb.Text, `SELECT account FROM signature_print WHERE print = $1`, print)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	return account, err
}

func usedBound(ctx context.Context, tx *sqldb.DB, account string, print []byte, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE signature_certificate SET used_at = $1 WHERE account = $2 AND print = $3`, sqldb.At(at), account, print)
	return err
}

func lookedAt(ctx context.Context, tx *sqldb.DB, b bound) error {
	_, err := tx.Exec(ctx, `UPDATE signature_certificate SET state = $1, look_at = $2, warned = $3 WHERE account = $4 AND id = $5`,
		string(b.state), sqldb.At(b.look), b.warned, b.account, b.id)
	return err
}

func deleteBound(ctx context.Context, tx *sqldb.DB, b bound) error {
	if _, err := tx.Exec(ctx, `DELETE FROM signature_certificate WHERE account = $1 AND id = $2`, b.account, b.id); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM signature_print WHERE print = $1`, b.print)
	return err
}

const dueQuery = `SELECT ` + boundColumns + ` FROM signature_certificate WHERE look_at <= $1 ORDER BY look_at LIMIT $2`

// due returns certificates that are to be checked.
func due(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, now time.Time, limit int) ([]bound, error) {
	return sqldb.All(ctx, db, scanBound(keys), dueQuery, sqldb.At(now), limit)
}

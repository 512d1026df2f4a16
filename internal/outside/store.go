package outside

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/consent"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

const (
	linksQuery   = `SELECT provider, linked_at, used_at FROM outside_link WHERE account = $1 ORDER BY linked_at, provider`
	subjectQuery = `SELECT subject FROM outside_link WHERE account = $1 AND provider = $2`
	ownerQuery   = `SELECT account FROM outside_subject WHERE provider = $1 AND hash = $2`
	purgeQuery   = `DELETE FROM outside_arrival WHERE until < $1`
)

// insertLink returns ErrTwo when the account has a link to the provider.
func insertLink(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, provider, subject string, at time.Time) error {
	n, err := tx.Exec(ctx, `INSERT INTO outside_link (account, provider, subject, linked_at, used_at) VALUES ($1, $2, $3, $4, $4) ON CONFLICT DO NOTHING`,
		account, provider, keys.SealString("outside_link", "subject", account, subject), sqldb.At(at))
	if err == nil && n == 0 {
		return ErrTwo
	}
	return err
}

// links returns the links of an account, those first that were made first.
func links(ctx context.Context, db *sqldb.DB, account string) ([]Link, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (l Link, err error) {
		var linked, used sqldb.Time
		err = r.Scan(&l.Provider, &linked, &used)
		l.Linked, l.Used = linked.Time, used.Time
		return l, err
	}, linksQuery, account)
}

// subjectOf returns "" when the account is not linked to the provider.
func subjectOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, provider string) (string, error) {
	sealed, err := sqldb.One(ctx, db, func(r sqldb.Row) (b []byte, err error) { err = r.Scan(&b); return b, err },
		subjectQuery, account, provider)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return keys.OpenString("outside_link", "subject", account, sealed)
}

func usedLink(ctx context.Context, tx *sqldb.DB, account, provider string, at time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE outside_link SET used_at = $1 WHERE account = $2 AND provider = $3`, sqldb.At(at), account, provider)
	return err
}

func deleteLink(ctx context.Context, tx *sqldb.DB, account, provider string) error {
	_, err := tx.Exec(ctx, `DELETE FROM outside_link WHERE account = $1 AND provider = $2`, account, provider)
	return err
}

// Look-up by subject.

// claimSubject reports false when the subject belongs to another account.
func claimSubject(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, provider, subject string) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO outside_subject (provider, hash, account) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		provider, index(keys, provider, subject), account)
	if err != nil || n == 1 {
		return err == nil, err
	}
	owner, err := accountOf(ctx, tx, keys, provider, subject)
	return owner == account, err
}

func releaseSubject(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account, provider, subject string) error {
	_, err := tx.Exec(ctx, `DELETE FROM outside_subject WHERE provider = $1 AND hash = $2 AND account = $3`, provider, index(keys, provider, subject), account)
	return err
}

// accountOf returns "" when no account is linked to the subject.
func accountOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, provider, subject string) (string, error) {
	owner, err := sqldb.One(ctx, db, sqldb.Text, ownerQuery,
		provider, index(keys, provider, subject))
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", nil
	}
	return owner, err
}

func index(keys *secret.Keyring, provider, subject string) []byte {
	return keys.Index("outside "+provider, subject)
}

// Arrivals.

// arrival is somebody who came back from a provider, or who waits for a second
// device, in one browser.
type arrival struct {
	id      string
	browser []byte // hash of the browser's cookie
	data    arrivalData
	until   time.Time
	done    time.Time
}

// arrivalData is what an arrival remembers, sealed.
type arrivalData struct {
	Provider string
	Next     string
	Said     *Said  // nil while it waits for a second device
	Owner    string // account that is linked already, whose consent is over
	Agreed   time.Time
	Shown    consent.Values // of the text that was agreed to
	Phone    string         // typed; confirmed when Proved
	Flow     string         // of the code that was sent to Phone, see package account
	Proved   bool
	Scan     scan
}

// scan is a code that a second device confirms.
type scan struct {
	Code, UserCode, URL string
	Interval            time.Duration
	Next                time.Time // no question before
	Until               time.Time
	Failed              string // message key of why nothing will come of it
}

func insertArrival(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, a arrival) error {
	data, err := keys.SealJSON("outside_arrival", "data", a.id, a.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO outside_arrival (id, browser, data, until) VALUES ($1, $2, $3, $4)`, a.id, a.browser, data, sqldb.At(a.until))
	return err
}

// arrivalByID returns ErrOver.
func arrivalByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, id, lock string) (arrival, error) {
	a, err := sqldb.One(ctx, db, func(r sqldb.Row) (a arrival, err error) {
		var data []byte
		var until, done sqldb.Time
		if err := r.Scan(&a.id, &a.browser, &data, &until, &done); err != nil {
			return a, err
		}
		a.until, a.done = until.Time, done.Time
		return a, keys.OpenJSON("outside_arrival", "data", a.id, data, &a.data)
	}, `SELECT id, browser, data, until, done_at FROM outside_arrival WHERE id = $1`+lock, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return a, ErrOver
	}
	return a, err
}

func updateArrival(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, a arrival) error {
	data, err := keys.SealJSON("outside_arrival", "data", a.id, a.data)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE outside_arrival SET data = $1, done_at = $2 WHERE id = $3`, data, sqldb.At(a.done), a.id)
	return err
}

func deleteArrival(ctx context.Context, tx *sqldb.DB, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM outside_arrival WHERE id = $1`, id)
	return err
}

func purge(ctx context.Context, db *sqldb.DB, now time.Time) error {
	_, err := db.Exec(ctx, purgeQuery, sqldb.At(now))
	return err
}

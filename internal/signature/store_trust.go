package signature

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/sqldb"
)

// List is a trust list that was taken.
type List struct {
	Version int64
	Digest  string // SHA-256 of the file, hex
	Dated   string // as it says itself
	Centres int
	Active  int // accredited now
	Source  string
	Taken   time.Time
}

const listColumns = `version, digest, dated, centres, active, source, taken_at`

func scanList(r sqldb.Row) (l List, err error) {
	var taken sqldb.Time
	err = r.Scan(&l.Version, &l.Digest, &l.Dated, &l.Centres, &l.Active, &l.Source, &taken)
	l.Taken = taken.Time
	return l, err
}

const newestQuery = `SELECT ` + listColumns + ` FROM signature_trust WHERE version > 0 ORDER BY version DESC LIMIT 1`

// newestList returns the zero List when there is none.
func newestList(ctx context.Context, db *sqldb.DB) (List, error) {
	l, err := sqldb.One(ctx, db, scanList, newestQuery)
	if errors.Is(err, sqldb.ErrNoRow) {
		return List{}, nil
	}
	return l, err
}

// listData returns the packed file of a version.
func listData(ctx context.Context, db *sqldb.DB, version int64) ([]byte, error) {
	return sqldb.One(ctx, db, func(r sqldb.Row) (b []byte, err error) {
		err = r.Scan(&b)
		return b, err
	}, `SELECT data FROM signature_trust WHERE version = $1`, version)
}

func insertTrustList(ctx context.Context, tx *sqldb.DB, l List, data []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO signature_trust (version, data, digest, dated, centres, active, source, taken_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		l.Version, data, l.Digest, l.Dated, l.Centres, l.Active, l.Source, sqldb.At(l.Taken))
	return err
}

// deleteOldLists keeps the version and the one before it.
func deleteOldLists(ctx context.Context, tx *sqldb.DB, version int64) error {
	_, err := tx.Exec(ctx, `DELETE FROM signature_trust WHERE version < (SELECT max(version) FROM signature_trust WHERE version < $1)`, version)
	return err
}

// Revocation lists.

// cachedList is a revocation list of a centre as it was fetched last.
type cachedList struct {
	issuer, address string
	next            time.Time
	fetched         time.Time // zero: never
	tried           time.Time
	failed          bool // the last try
}

const cachedColumns = `issuer, address, next_at, fetched_at, tried_at, failed`

func scanCached(r sqldb.Row) (l cachedList, err error) {
	var next, fetched, tried sqldb.Time
	err = r.Scan(&l.issuer, &l.address, &next, &fetched, &tried, &l.failed)
	l.next, l.fetched, l.tried = next.Time, fetched.Time, tried.Time
	return l, err
}

// cached returns the zero value when the list was never asked for.
func cached(ctx context.Context, db *sqldb.DB, issuer, address string) (cachedList, error) {
	l, err := sqldb.One(ctx, db, scanCached, `SELECT `+cachedColumns+` FROM signature_list WHERE issuer = $1 AND address = $2`, issuer, address)
	if errors.Is(err, sqldb.ErrNoRow) {
		return cachedList{}, nil
	}
	return l, err
}

func cachedData(ctx context.Context, db *sqldb.DB, issuer, address string) ([]byte, error) {
	return sqldb.One(ctx, db, func(r sqldb.Row) (b []byte, err error) {
		err = r.Scan(&b)
		return b, err
	}, `SELECT data FROM signature_list WHERE issuer = $1 AND address = $2`, issuer, address)
}

// keepList returns false when a newer list is kept already.
func keepList(ctx context.Context, db *sqldb.DB, issuer, address string, data []byte, this, next, now time.Time) (bool, error) {
	n, err := db.Exec(ctx, `INSERT INTO signature_list (issuer, address, data, this_at, next_at, fetched_at, tried_at, failed) VALUES ($1, $2, $3, $4, $5, $6, $6, false)
		ON CONFLICT (issuer, address) DO UPDATE SET data = excluded.data, this_at = excluded.this_at, next_at = excluded.next_at, fetched_at = excluded.fetched_at,
			tried_at = excluded.tried_at, failed = false
		WHERE signature_list.this_at IS NULL OR signature_list.this_at <= excluded.this_at`,
		issuer, address, data, sqldb.At(this), sqldb.At(next), sqldb.At(now))
	return n == 1, err
}

// failList notes a try that brought nothing; what was fetched before stays.
func failList(ctx context.Context, db *sqldb.DB, issuer, address string, now time.Time) error {
	_, err := db.Exec(ctx, `INSERT INTO signature_list (issuer, address, data, tried_at, failed) VALUES ($1, $2, $3, $4, true)
		ON CONFLICT (issuer, address) DO UPDATE SET tried_at = excluded.tried_at, failed = true`, issuer, address, []byte{}, sqldb.At(now))
	return err
}

const cachedQuery = `SELECT ` + cachedColumns + ` FROM signature_list WHERE tried_at <= $1 ORDER BY tried_at DESC LIMIT $2`

// allCached returns revocation lists that were tried no later than a time, the
// last first.
func allCached(ctx context.Context, db *sqldb.DB, tried time.Time, limit int) ([]cachedList, error) {
	return sqldb.All(ctx, db, scanCached, cachedQuery, sqldb.At(tried), limit)
}

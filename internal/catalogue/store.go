package catalogue

import (
	"context"
	"time"

	"kabinet/internal/platform/sqldb"
)

// head is what is known of a service's latest version without its text.
type head struct {
	code    string
	version int
	hash    string
	card    string // JSON of a record
}

// latestHeads returns the latest version of every service.
func latestHeads(ctx context.Context, db *sqldb.DB) ([]head, error) {
	return sqldb.All(ctx, db, scanHead, `
		SELECT v.code, v.version, v.hash, v.card FROM service_version v
		JOIN (SELECT code, max(version) AS version FROM service_version GROUP BY code) last
			ON last.code = v.code AND last.version = v.version`)
}

// latestHead returns the latest version of one service, sqldb.ErrNoRow when
// there is none.
func latestHead(ctx context.Context, db *sqldb.DB, code string) (head, error) {
	return sqldb.One(ctx, db, scanHead, `
		SELECT code, version, hash, card FROM service_version WHERE code = $1 ORDER BY version DESC LIMIT 1`, code)
}

func scanHead(r sqldb.Row) (h head, err error) {
	err = r.Scan(&h.code, &h.version, &h.hash, &h.card)
	return h, err
}

func insertVersion(ctx context.Context, tx *sqldb.DB, h head, definition []byte, at time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO service_version (code, version, hash, card, definition, published_at)
		VALUES ($1, $2, $3, $4, $5, $6)`, h.code, h.version, h.hash, h.card, definition, sqldb.At(at))
	return err
}

func updateCard(ctx context.Context, tx *sqldb.DB, h head) error {
	_, err := tx.Exec(ctx, `UPDATE service_version SET card = $3 WHERE code = $1 AND version = $2`,
		h.code, h.version, h.card)
	return err
}

// definitionOf returns the text of a version, sqldb.ErrNoRow when there is none.
func definitionOf(ctx context.Context, db *sqldb.DB, code string, version int) ([]byte, error) {
	return sqldb.One(ctx, db, func(r sqldb.Row) (text []byte, err error) {
		err = r.Scan(&text)
		return text, err
	}, `SELECT definition FROM service_version WHERE code = $1 AND version = $2`, code, version)
}

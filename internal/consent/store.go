package consent

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// insertConsent stores a consent with its evidence sealed.
func insertConsent(ctx context.Context, tx *sqldb.DB, c Consent, evidence []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO consent (account, id, purpose, object, version, lang, hash, given_at, until, channel, evidence)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		c.Account, c.ID, string(c.Purpose), c.Object, c.Version, string(c.Lang), c.Hash, sqldb.At(c.Given), sqldb.At(c.Until), string(c.Channel), evidence)
	return err
}

// insertEnd returns sqldb.ErrDuplicate for a consent that ended before.
func insertEnd(ctx context.Context, tx *sqldb.DB, c Consent, at time.Time, why Reason, through Channel, session string) error {
	n, err := tx.Exec(ctx, `INSERT INTO consent_end (account, consent, at, reason, channel, session) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`,
		c.Account, c.ID, sqldb.At(at), string(why), string(through), session)
	if err == nil && n == 0 {
		return sqldb.ErrDuplicate
	}
	return err
}

const columns = `c.account, c.id, c.purpose, c.object, c.version, c.lang, c.hash, c.given_at, c.until, c.channel, c.evidence, e.at, e.reason, e.channel`

const joined = ` FROM consent c LEFT JOIN consent_end e ON e.account = c.account AND e.consent = c.id`

// scan reads a consent; keys nil leaves the evidence sealed.
func scan(keys *secret.Keyring) func(sqldb.Row) (Consent, error) {
	return func(r sqldb.Row) (c Consent, err error) {
		var given, until, ended sqldb.Time
		var why, through *string
		var evidence []byte
		if err := r.Scan(&c.Account, &c.ID, (*string)(&c.Purpose), &c.Object, &c.Version, (*string)(&c.Lang), &c.Hash, &given, &until, (*string)(&c.Channel), &evidence,
			&ended, &why, &through); err != nil {
			return c, err
		}
		c.Given, c.Until, c.Ended = given.Time, until.Time, ended.Time
		if why != nil && through != nil {
			c.Why, c.Through = Reason(*why), Channel(*through)
		}
		if c.Lang == "" {
			c.Lang = i18n.RU
		}
		if keys != nil && len(evidence) > 0 {
			err = keys.OpenJSON("consent", "evidence", c.Account, evidence, &c.Proof)
		}
		return c, err
	}
}

func consentByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, id string) (Consent, error) {
	c, err := sqldb.One(ctx, db, scan(keys), `SELECT `+columns+joined+` WHERE c.account = $1 AND c.id = $2`, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, ErrNone
	}
	return c, err
}

const activeQuery = `SELECT ` + columns + joined + ` WHERE c.account = $1 AND c.purpose = $2 AND c.object = $3 AND e.at IS NULL AND (c.until IS NULL OR c.until > $4) ORDER BY c.id DESC`

// activeOf returns what holds of a purpose and object: one, or none.
func activeOf(ctx context.Context, db *sqldb.DB, account string, p Purpose, object string, now time.Time) ([]Consent, error) {
	return sqldb.All(ctx, db, scan(nil), activeQuery, account, string(p), object, sqldb.At(now))
}

// listQuery is the query of a list and its arguments.
func listQuery(account string, f Filter, now time.Time, before string, limit int) (string, []any) {
	if before == "" {
		before = "~" // after every ID
	}
	query, args := `SELECT `+columns+joined+` WHERE c.account = $1 AND c.id < $2`, []any{account, before, limit}
	switch f {
	case OnlyActive:
		query, args = query+` AND e.at IS NULL AND (c.until IS NULL OR c.until > $4)`, append(args, sqldb.At(now))
	case OnlyPast:
		query, args = query+` AND (e.at IS NOT NULL OR c.until <= $4)`, append(args, sqldb.At(now))
	}
	return query + ` ORDER BY c.id DESC LIMIT $3`, args
}

func consentsOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account string, f Filter, now time.Time, before string, limit int) ([]Consent, error) {
	query, args := listQuery(account, f, now, before, limit)
	return sqldb.All(ctx, db, scan(keys), query, args...)
}

const outdatedQuery = `SELECT DISTINCT c.account` + joined + ` WHERE c.purpose = $1 AND c.account > $2 AND c.version < $3 AND c.object = '' AND e.at IS NULL ORDER BY c.account LIMIT $4`

// outdated returns accounts, in their order and after one, whose consent is to
// a text older than the version.
func outdated(ctx context.Context, db *sqldb.DB, p Purpose, version, after string, limit int) ([]string, error) {
	return sqldb.All(ctx, db, sqldb.Text, outdatedQuery, string(p), after, version, limit)
}

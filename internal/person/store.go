package person

import (
	"context"
	"errors"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// personOf returns the zero Person when nothing is known.
func personOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, lock string) (Person, error) {
	p, err := sqldb.One(ctx, db, func(r sqldb.Row) (p Person, err error) {
		var data []byte
		var version int64
		if err := r.Scan(&data, &version); err != nil {
			return p, err
		}
		err = keys.OpenJSON("person", "data", account, data, &p)
		p.version = version
		return p, err
	}, `SELECT data, version FROM person WHERE account = $1`+lock, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Person{}, nil
	}
	return p, err
}

func savePerson(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, p Person, at time.Time) error {
	data, err := keys.SealJSON("person", "data", account, p)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO person (account, data, version, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account) DO UPDATE SET data = excluded.data, version = excluded.version, updated_at = excluded.updated_at`,
		account, data, p.version+1, sqldb.At(at))
	return err
}

// insertChange keeps what a part held before.
func insertChange(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, account string, c Change, before Person) error {
	data, err := keys.SealJSON("person_change", "data", account, before)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO person_change (account, id, at, part, actor_kind, data) VALUES ($1, $2, $3, $4, $5, $6)`,
		account, c.ID, sqldb.At(c.At), string(c.Part), c.By, data)
	return err
}

// changes returns lines older than the one with ID before, all from the newest
// when it is "".
func changes(ctx context.Context, db *sqldb.DB, account string, part Part, before string, limit int) ([]Change, error) {
	query, args := changesQuery(account, part, before, limit)
	return sqldb.All(ctx, db, func(r sqldb.Row) (c Change, err error) {
		var at sqldb.Time
		err = r.Scan(&c.ID, &at, (*string)(&c.Part), &c.By)
		c.At = at.Time
		return c, err
	}, query, args...)
}

// changesQuery is the query of changes and its arguments.
func changesQuery(account string, part Part, before string, limit int) (string, []any) {
	if before == "" {
		before = "~" // after every ID
	}
	query, args := `SELECT id, at, part, actor_kind FROM person_change WHERE account = $1 AND id < $2`, []any{account, before, limit}
	if part != "" {
		query, args = query+` AND part = $4`, append(args, string(part))
	}
	return query + ` ORDER BY id DESC LIMIT $3`, args
}

// oldValue is a line of the history with what the part held before.
type oldValue struct {
	Change
	before Person
}

// oldValues is changes with what stood there before.
func oldValues(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, account, before string, limit int) ([]oldValue, error) {
	if before == "" {
		before = "~" // after every ID
	}
	return sqldb.All(ctx, db, func(r sqldb.Row) (c oldValue, err error) {
		var at sqldb.Time
		var data []byte
		if err := r.Scan(&c.ID, &at, (*string)(&c.Part), &c.By, &data); err != nil {
			return c, err
		}
		c.At = at.Time
		return c, keys.OpenJSON("person_change", "data", account, data, &c.before)
	}, `SELECT id, at, part, actor_kind, data FROM person_change WHERE account = $1 AND id < $2 ORDER BY id DESC LIMIT $3`, account, before, limit)
}

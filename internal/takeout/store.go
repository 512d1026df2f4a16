package takeout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
)

const copyColumns = `id, format, state, asked_at, ready_at, until, size, sha256, blob`

func scanCopy(r sqldb.Row) (c Copy, err error) {
	var asked, ready, until sqldb.Time
	err = r.Scan(&c.ID, &c.Format, &c.State, &asked, &ready, &until, &c.Size, &c.sum, &c.blob)
	c.AskedAt, c.ReadyAt, c.Until = asked.Time, ready.Time, until.Time
	return c, err
}

func insertCopy(ctx context.Context, tx *sqldb.DB, account string, c Copy) error {
	_, err := tx.Exec(ctx, `INSERT INTO takeout_copy (account, id, format, state, asked_at, size, blob) VALUES ($1, $2, $3, $4, $5, 0, '')`,
		account, c.ID, string(c.Format), string(c.State), sqldb.At(c.AskedAt))
	return err
}

// updateCopy writes how far a copy has got.
func updateCopy(ctx context.Context, tx *sqldb.DB, account string, c Copy) error {
	_, err := tx.Exec(ctx, `UPDATE takeout_copy SET state = $1, ready_at = $2, until = $3, size = $4, sha256 = $5, blob = $6 WHERE account = $7 AND id = $8`,
		string(c.State), sqldb.At(c.ReadyAt), sqldb.At(c.Until), c.Size, c.sum, c.blob, account, c.ID)
	return err
}

// copyByID returns ErrNoCopy.
func copyByID(ctx context.Context, db *sqldb.DB, account, id, lock string) (Copy, error) {
	c, err := sqldb.One(ctx, db, scanCopy, `SELECT `+copyColumns+` FROM takeout_copy WHERE account = $1 AND id = $2`+lock, account, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return c, ErrNoCopy
	}
	return c, err
}

// copiesOf returns the newest copies. IDs sort by when they were made.
func copiesOf(ctx context.Context, db *sqldb.DB, account string, limit int) ([]Copy, error) {
	return sqldb.All(ctx, db, scanCopy, `SELECT `+copyColumns+` FROM takeout_copy WHERE account = $1 ORDER BY id DESC LIMIT $2`, account, limit)
}

// filesOf returns the names of all files of copies of an account.
func filesOf(ctx context.Context, db *sqldb.DB, account string) ([]string, error) {
	return sqldb.All(ctx, db, sqldb.Text, `SELECT blob FROM takeout_copy WHERE account = $1 AND blob <> ''`, account)
}

// place is a copy and whose it is.
type place struct{ account, id string }

func scanPlace(r sqldb.Row) (p place, err error) {
	err = r.Scan(&p.account, &p.id)
	return p, err
}

const overQuery = `SELECT account, id FROM takeout_copy WHERE state = 'ready' AND until <= $1 ORDER BY until LIMIT $2`

func copiesOver(ctx context.Context, db *sqldb.DB, now time.Time, limit int) ([]place, error) {
	return sqldb.All(ctx, db, scanPlace, overQuery, sqldb.At(now), limit)
}

const deletionColumns = `id, asked_at, due_at, cancelled_at, done_at, kept_until, farewell`

func scanDeletion(r sqldb.Row) (d Deletion, err error) {
	var asked, due, cancelled, done, kept sqldb.Time
	err = r.Scan(&d.ID, &asked, &due, &cancelled, &done, &kept, &d.farewell)
	d.AskedAt, d.DueAt, d.CancelledAt, d.DoneAt, d.KeptUntil = asked.Time, due.Time, cancelled.Time, done.Time, kept.Time
	return d, err
}

// deletionOf returns the zero Deletion when there never was one.
func deletionOf(ctx context.Context, db *sqldb.DB, account, lock string) (Deletion, error) {
	d, err := sqldb.One(ctx, db, scanDeletion, `SELECT `+deletionColumns+` FROM takeout_deletion WHERE account = $1`+lock, account)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Deletion{}, nil
	}
	return d, err
}

func putDeletion(ctx context.Context, tx *sqldb.DB, account string, d Deletion) error {
	_, err := tx.Exec(ctx, `INSERT INTO takeout_deletion (account, `+deletionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (account) DO UPDATE SET id = excluded.id, asked_at = excluded.asked_at, due_at = excluded.due_at, cancelled_at = excluded.cancelled_at,
		done_at = excluded.done_at, kept_until = excluded.kept_until, farewell = excluded.farewell`,
		account, d.ID, sqldb.At(d.AskedAt), sqldb.At(d.DueAt), sqldb.At(d.CancelledAt), sqldb.At(d.DoneAt), sqldb.At(d.KeptUntil), d.farewell)
	return err
}

const keptQuery = `SELECT account FROM takeout_deletion WHERE kept_until <= $1 ORDER BY kept_until LIMIT $2`

// keptOver returns accounts of which nothing has to be kept any more.
func keptOver(ctx context.Context, db *sqldb.DB, now time.Time, limit int) ([]string, error) {
	return sqldb.All(ctx, db, sqldb.Text, keptQuery, sqldb.At(now), limit)
}

// eraseRows removes the rows about an account from the tables: those that go at
// once, or those that were kept.
func eraseRows(ctx context.Context, tx *sqldb.DB, tables []schema.Table, account string, kept bool) error {
	for _, t := range tables {
		if t.Person == "" || (t.Kept != "") != kept {
			continue
		}
		if _, err := tx.Exec(ctx, `DELETE FROM `+t.Name+` WHERE `+t.Person+` = $1`, account); err != nil {
			return fmt.Errorf("erasing %s: %w", t.Name, err)
		}
	}
	return nil
}

package recovery

import (
	"context"
	"errors"
	"slices"
	"time"

	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

func insertCase(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, k Case) error {
	data, err := keys.SealJSON("recovery_case", "data", k.ID, k.Claim)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO recovery_case (id, number, state, browser, account, data, code_hash, code, sends, tries, code_sent_at, created_at, first_by, second_by, reason)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, '', '', '')`,
		k.ID, k.Number, string(k.State), k.browser, k.Account, data, k.codeHash, k.code, k.sends, sqldb.At(k.codeSent), sqldb.At(k.created))
	return err
}

func updateCase(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, k Case) error {
	data, err := keys.SealJSON("recovery_case", "data", k.ID, k.Claim)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE recovery_case SET state = $1, account = $2, data = $3, code_hash = $4, code = $5, sends = $6, tries = $7, code_sent_at = $8, secret = $9,
		proved_at = $10, sent_at = $11, first_by = $12, first_at = $13, second_by = $14, closed_at = $15, ready_at = $16, reason = $17 WHERE id = $18`,
		string(k.State), k.Account, data, k.codeHash, k.code, k.sends, k.tries, sqldb.At(k.codeSent), k.secret,
		sqldb.At(k.proved), sqldb.At(k.Sent), k.FirstBy, sqldb.At(k.FirstAt), k.Second, sqldb.At(k.Closed), sqldb.At(k.Ready), string(k.Reason), k.ID)
	return err
}

const caseColumns = `id, number, state, browser, account, data, code_hash, code, sends, tries, code_sent_at, secret, created_at, proved_at, sent_at,
	first_by, first_at, second_by, closed_at, ready_at, reason`

func scanCase(keys *secret.Keyring) func(sqldb.Row) (Case, error) {
	return func(r sqldb.Row) (k Case, err error) {
		var data []byte
		var codeSent, created, proved, sent, first, closed, ready sqldb.Time
		if err := r.Scan(&k.ID, &k.Number, (*string)(&k.State), &k.browser, &k.Account, &data, &k.codeHash, &k.code, &k.sends, &k.tries, &codeSent, &k.secret, &created,
			&proved, &sent, &k.FirstBy, &first, &k.Second, &closed, &ready, (*string)(&k.Reason)); err != nil {
			return k, err
		}
		k.codeSent, k.created, k.proved, k.Sent = codeSent.Time, created.Time, proved.Time, sent.Time
		k.FirstAt, k.Closed, k.Ready = first.Time, closed.Time, ready.Time
		return k, keys.OpenJSON("recovery_case", "data", k.ID, data, &k.Claim)
	}
}

// caseByID returns the case with its files, or ErrNone.
func caseByID(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, id, lock string) (Case, error) {
	k, err := sqldb.One(ctx, db, scanCase(keys), `SELECT `+caseColumns+` FROM recovery_case WHERE id = $1`+lock, id)
	if errors.Is(err, sqldb.ErrNoRow) {
		return k, ErrNone
	}
	if err != nil {
		return k, err
	}
	k.Files, err = filesOf(ctx, db, keys, id)
	return k, err
}

const numberQuery = `SELECT ` + caseColumns + ` FROM recovery_case WHERE number = $1 ORDER BY id LIMIT 5`

// casesByNumber returns those with that number: one, or by a rare chance more.
func casesByNumber(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, number string) ([]Case, error) {
	return sqldb.All(ctx, db, scanCase(keys), numberQuery, number)
}

const (
	openQuery = `SELECT ` + caseColumns + ` FROM recovery_case WHERE state IN ('new', 'second') AND id > $1 ORDER BY id LIMIT $2`
	// doneQuery goes on before the case with that ID; IDs sort by when they were
	// made.
	doneQuery = `SELECT ` + caseColumns + ` FROM recovery_case WHERE state IN ('approved', 'refused', 'cancelled', 'expired', 'done') AND id < $1 ORDER BY id DESC LIMIT $2`
)

const countQuery = `SELECT count(*) FROM recovery_case WHERE state IN ('new', 'second')`

// lastID is behind every ID.
const lastID = "~"

func listCases(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, closed bool, after string, limit int) ([]Case, error) {
	query := openQuery
	if closed {
		query = doneQuery
		if after == "" {
			after = lastID
		}
	}
	return sqldb.All(ctx, db, scanCase(keys), query, after, limit)
}

func countOpen(ctx context.Context, db *sqldb.DB) (int, error) {
	return sqldb.One(ctx, db, sqldb.Int, countQuery)
}

func forgetCode(ctx context.Context, db *sqldb.DB, id string) error {
	_, err := db.Exec(ctx, `UPDATE recovery_case SET code = $1 WHERE id = $2`, []byte{}, id)
	return err
}

func deleteCase(ctx context.Context, tx *sqldb.DB, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM recovery_case WHERE id = $1`, id)
	return err
}

// staleBatch is how many cases one sweep looks at.
const staleBatch = 200

// staleCases returns drafts begun before a time, decided cases that still have
// pictures or are older than a time, and approved ones.
func staleCases(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, drafts, files, cases time.Time) ([]Case, error) {
	ids, err := sqldb.All(ctx, db, sqldb.Text, `SELECT id FROM recovery_case WHERE state = 'draft' AND created_at < $1
		OR state IN ('refused', 'cancelled', 'expired', 'done') AND closed_at < $2 AND (closed_at < $3 OR EXISTS (SELECT 1 FROM recovery_file f WHERE f.case_id = recovery_case.id))
		OR state = 'approved' ORDER BY id LIMIT $4`, sqldb.At(drafts), sqldb.At(files), sqldb.At(cases), staleBatch)
	if err != nil {
		return nil, err
	}
	list := make([]Case, 0, len(ids))
	for _, id := range ids {
		k, err := caseByID(ctx, db, keys, id, "")
		if errors.Is(err, ErrNone) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

// Files.

func insertFile(ctx context.Context, tx *sqldb.DB, keys *secret.Keyring, caseID string, f File) error {
	data, err := keys.SealJSON("recovery_file", "data", caseID, f.Screened)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO recovery_file (case_id, id, kind, data, blob) VALUES ($1, $2, $3, $4, $5)`, caseID, f.ID, f.Kind, data, f.Ref.ID)
	return err
}

func filesOf(ctx context.Context, db *sqldb.DB, keys *secret.Keyring, caseID string) ([]File, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (f File, err error) {
		var data []byte
		if err := r.Scan(&f.ID, &f.Kind, &data); err != nil {
			return f, err
		}
		return f, keys.OpenJSON("recovery_file", "data", caseID, data, &f.Screened)
	}, `SELECT id, kind, data FROM recovery_file WHERE case_id = $1 ORDER BY id`, caseID)
}

func deleteFile(ctx context.Context, tx *sqldb.DB, caseID, id string) error {
	_, err := tx.Exec(ctx, `DELETE FROM recovery_file WHERE case_id = $1 AND id = $2`, caseID, id)
	return err
}

// dropOrphans forgets the files of cases that went with their account; their
// content goes with the next sweep of the store.
func dropOrphans(ctx context.Context, db *sqldb.DB) error {
	_, err := db.Exec(ctx, `DELETE FROM recovery_file WHERE NOT EXISTS (SELECT 1 FROM recovery_case c WHERE c.id = recovery_file.case_id)`)
	return err
}

// blobsOf returns those of the stored contents that a file refers to.
func blobsOf(ctx context.Context, db *sqldb.DB, ids []string) (needed []string, err error) {
	for _, id := range ids {
		found, err := sqldb.All(ctx, db, sqldb.Text, `SELECT blob FROM recovery_file WHERE blob = $1`, id)
		if err != nil {
			return nil, err
		}
		needed = append(needed, found...)
	}
	return slices.Compact(needed), nil
}

// Holds.

// insertHold reports false when the account waits for that case already.
func insertHold(ctx context.Context, tx *sqldb.DB, h hold) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO recovery_hold (account, case_id, ready_at, until, links) VALUES ($1, $2, $3, $4, 0) ON CONFLICT DO NOTHING`,
		h.account, h.caseID, sqldb.At(h.ready), sqldb.At(h.until))
	return n > 0, err
}

// holdOf returns ErrLink when the account does not wait for that case.
func holdOf(ctx context.Context, db *sqldb.DB, account, caseID, lock string) (hold, error) {
	h, err := sqldb.One(ctx, db, func(r sqldb.Row) (h hold, err error) {
		var ready, until, link, cancelled, done sqldb.Time
		err = r.Scan(&h.account, &h.caseID, &ready, &until, &h.secret, &h.sealed, &link, &h.links, &cancelled, &done)
		h.ready, h.until, h.linkUntil, h.cancelled, h.done = ready.Time, until.Time, link.Time, cancelled.Time, done.Time
		return h, err
	}, `SELECT account, case_id, ready_at, until, secret, sealed, link_until, links, cancelled_at, done_at FROM recovery_hold WHERE account = $1 AND case_id = $2`+lock, account, caseID)
	if errors.Is(err, sqldb.ErrNoRow) {
		return h, ErrLink
	}
	return h, err
}

func updateHold(ctx context.Context, tx *sqldb.DB, h hold) error {
	_, err := tx.Exec(ctx, `UPDATE recovery_hold SET secret = $1, sealed = $2, link_until = $3, links = $4, cancelled_at = $5, done_at = $6 WHERE account = $7 AND case_id = $8`,
		h.secret, h.sealed, sqldb.At(h.linkUntil), h.links, sqldb.At(h.cancelled), sqldb.At(h.done), h.account, h.caseID)
	return err
}

func forgetLink(ctx context.Context, db *sqldb.DB, account, caseID string, link int) error {
	_, err := db.Exec(ctx, `UPDATE recovery_hold SET sealed = $1 WHERE account = $2 AND case_id = $3 AND links = $4`, []byte{}, account, caseID, link)
	return err
}

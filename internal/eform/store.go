package eform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/platform/sqldb"
)

const (
	table   = "eform_draft"
	columns = `account, id, form, version, step, content, rev, created_at, updated_at, sent_at`
)

func (s *Service) scanDraft(r sqldb.Row) (d Draft, err error) {
	var sealed []byte
	var created, updated, sent sqldb.Time
	if err := r.Scan(&d.Account, &d.ID, &d.Form, &d.Version, &d.Step, &sealed, &d.Rev, &created, &updated, &sent); err != nil {
		return Draft{}, err
	}
	d.Created, d.Updated, d.Sent = created.Time, updated.Time, sent.Time
	var c content
	if len(sealed) > 0 {
		if err := s.keys.OpenJSON(table, "content", d.Account+"/"+d.ID, sealed, &c); err != nil {
			return Draft{}, err
		}
	}
	d.Answers, d.changes = c.Answers, c.Changes
	if d.Answers == nil {
		d.Answers = Answers{}
	}
	return d, nil
}

// seal returns the content of a draft for its row. It returns ErrTooMuch.
func (s *Service) seal(d Draft) ([]byte, error) {
	plain, err := json.Marshal(content{d.Answers, d.changes})
	if err != nil {
		return nil, err
	}
	if len(plain) > maxContent {
		return nil, ErrTooMuch
	}
	return s.keys.Seal(table, "content", d.Account+"/"+d.ID, plain), nil
}

func (s *Service) insertDraft(ctx context.Context, tx *sqldb.DB, d Draft) error {
	sealed, err := s.seal(d)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO eform_draft (`+columns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		d.Account, d.ID, d.Form, d.Version, d.Step, sealed, d.Rev, sqldb.At(d.Created), sqldb.At(d.Updated), sqldb.Time{})
	if err != nil {
		return fmt.Errorf("adding draft %s: %w", d.ID, err)
	}
	return nil
}

// updateDraft writes what can change of a draft.
func (s *Service) updateDraft(ctx context.Context, tx *sqldb.DB, d Draft) error {
	sealed := []byte{}
	if d.Sent.IsZero() {
		var err error
		if sealed, err = s.seal(d); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `UPDATE eform_draft SET step = $1, content = $2, rev = $3, updated_at = $4, sent_at = $5 WHERE account = $6 AND id = $7`,
		d.Step, sealed, d.Rev, sqldb.At(d.Updated), sqldb.At(d.Sent), d.Account, d.ID)
	if err != nil {
		return fmt.Errorf("changing draft %s: %w", d.ID, err)
	}
	return nil
}

// draftByID reads a draft; lock is what ends the query of a transaction that
// goes on to change it. It returns ErrNoDraft.
func (s *Service) draftByID(ctx context.Context, db *sqldb.DB, account, draft, lock string) (Draft, error) {
	d, err := sqldb.One(ctx, db, s.scanDraft, `SELECT `+columns+` FROM eform_draft WHERE account = $1 AND id = $2`+lock, account, draft)
	if errors.Is(err, sqldb.ErrNoRow) {
		return Draft{}, ErrNoDraft
	}
	if err != nil {
		return Draft{}, fmt.Errorf("reading draft %s: %w", draft, err)
	}
	return d, nil
}

func deleteDraft(ctx context.Context, tx *sqldb.DB, account, draft string) error {
	_, err := tx.Exec(ctx, `DELETE FROM eform_draft WHERE account = $1 AND id = $2`, account, draft)
	return err
}

func countDrafts(ctx context.Context, tx *sqldb.DB, account string) (int, error) {
	return sqldb.One(ctx, tx, sqldb.Int, `SELECT count(*) FROM eform_draft WHERE account = $1 AND sent_at IS NULL`, account)
}

const listQuery = `SELECT account, id, form, version, step, rev, created_at, updated_at FROM eform_draft
	WHERE account = $1 AND (updated_at, id) < ($2, $3) AND sent_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT $4`

// listDrafts reads drafts without their answers.
func listDrafts(ctx context.Context, db *sqldb.DB, account string, before time.Time, id string, limit int) ([]Draft, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (d Draft, err error) {
		var created, updated sqldb.Time
		err = r.Scan(&d.Account, &d.ID, &d.Form, &d.Version, &d.Step, &d.Rev, &created, &updated)
		d.Created, d.Updated = created.Time, updated.Time
		return d, err
	}, listQuery, account, sqldb.At(before), id, limit)
}

type place struct{ account, draft string }

const idleQuery = `SELECT account, id FROM eform_draft WHERE updated_at < $1 ORDER BY updated_at LIMIT $2`

// idleDrafts finds drafts that nobody touched since a moment, sent ones too.
func idleDrafts(ctx context.Context, db *sqldb.DB, since time.Time, limit int) ([]place, error) {
	return sqldb.All(ctx, db, func(r sqldb.Row) (p place, err error) {
		err = r.Scan(&p.account, &p.draft)
		return p, err
	}, idleQuery, sqldb.At(since), limit)
}

// deleteIdle removes a draft if nobody touched it since, and reports whether
// it did.
func deleteIdle(ctx context.Context, tx *sqldb.DB, p place, since time.Time) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM eform_draft WHERE account = $1 AND id = $2 AND updated_at < $3`, p.account, p.draft, sqldb.At(since))
	return n > 0, err
}

package document

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kabinet/internal/platform/sqldb"
)

const (
	tableFile   = "document_file"
	tableIssued = "document_issued"
)

const fileColumns = `f.account, f.id, f.kind, f.type, f.name, f.format, f.size, f.sha256, f.blob, f.status, f.flaw, f.valid_until, f.created_at,
	EXISTS (SELECT 1 FROM document_use u WHERE u.account = f.account AND u.file = f.id)`

func (s *Service) scanFile(r sqldb.Row) (f File, err error) {
	var name, sum []byte
	var at sqldb.Time
	if err := r.Scan(&f.Account, &f.ID, &f.Kind, &f.Type, &name, &f.Format, &f.Size, &sum, &f.blob, &f.Status, &f.Flaw, &f.Until, &at, &f.Attached); err != nil {
		return File{}, err
	}
	if f.Name, err = s.cfg.Keys.OpenString(tableFile, "name", f.Account+"/"+f.ID, name); err != nil {
		return File{}, err
	}
	f.At = at.Time
	if copy(f.SHA256[:], sum) != len(f.SHA256) {
		return File{}, fmt.Errorf("file %s has a hash of %d bytes", f.ID, len(sum))
	}
	return f, nil
}

func (s *Service) insertFile(ctx context.Context, tx *sqldb.DB, f File, scanned bool) error {
	_, err := tx.Exec(ctx, `INSERT INTO document_file
		(account, id, kind, type, name, format, size, sha256, blob, status, flaw, scanned, valid_until, created_at, checked_at, damaged)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14, $15)`,
		f.Account, f.ID, string(f.Kind), string(f.Type), s.cfg.Keys.SealString(tableFile, "name", f.Account+"/"+f.ID, f.Name),
		string(f.Format), f.Size, f.SHA256[:], f.blob, string(f.Status), string(f.Flaw), scanned, f.Until, sqldb.At(f.At), false)
	if err != nil {
		return fmt.Errorf("adding file %s: %w", f.ID, err)
	}
	return nil
}

// fileByID reads a file; lock is what ends the query of a transaction that
// goes on to change it.
func (s *Service) fileByID(ctx context.Context, db *sqldb.DB, account, file, lock string) (File, error) {
	f, err := sqldb.One(ctx, db, s.scanFile,
		`SELECT `+fileColumns+` FROM document_file f WHERE f.account = $1 AND f.id = $2`+lock, account, file)
	if errors.Is(err, sqldb.ErrNoRow) {
		return File{}, ErrNone
	}
	if err != nil {
		return File{}, fmt.Errorf("reading file %s: %w", file, err)
	}
	return f, nil
}

const narrowed = ` AND ($3 = '' OR f.kind = $3) AND ($4 = '' OR f.type = $4) AND ($5 = '' OR f.status = $5) AND f.created_at >= $6`

// listNewest filters and pages by what lies open. IDs sort by time, so the key
// of the table is the order too.
func (s *Service) listNewest(ctx context.Context, account string, q Query, limit int) ([]File, error) {
	after := q.After
	if after == "" {
		after = "~" // sorts behind every ID
	}
	return sqldb.All(ctx, s.db, s.scanFile, `SELECT `+fileColumns+` FROM document_file f WHERE f.account = $1 AND f.id < $2`+narrowed+
		` ORDER BY f.id DESC LIMIT $7`,
		account, after, string(q.Kind), string(q.Type), string(q.Status), sqldb.At(since(q.Since)), limit)
}

// listBefore returns the files that stand before one, the nearest first.
func (s *Service) listBefore(ctx context.Context, account string, q Query, limit int) ([]File, error) {
	return sqldb.All(ctx, s.db, s.scanFile, `SELECT `+fileColumns+` FROM document_file f WHERE f.account = $1 AND f.id > $2`+narrowed+
		` ORDER BY f.id LIMIT $7`,
		account, q.Before, string(q.Kind), string(q.Type), string(q.Status), sqldb.At(since(q.Since)), limit)
}

// since turns "any time" into a moment before all files.
func since(t time.Time) time.Time {
	if t.IsZero() {
		return time.Unix(0, 0)
	}
	return t
}

// usage returns how much the uploads of an account are.
func usage(ctx context.Context, tx *sqldb.DB, account string) (files int, bytes int64, err error) {
	type used struct {
		files int
		bytes int64
	}
	u, err := sqldb.One(ctx, tx, func(r sqldb.Row) (u used, err error) {
		err = r.Scan(&u.files, &u.bytes)
		return u, err
	}, `SELECT count(*), coalesce(CAST(sum(size) AS BIGINT), 0) FROM document_file WHERE account = $1 AND kind = 'upload'`, account)
	return u.files, u.bytes, err
}

func (s *Service) updateFile(ctx context.Context, tx *sqldb.DB, account, file, name string, kind Type) error {
	_, err := tx.Exec(ctx, `UPDATE document_file SET name = $1, type = $2 WHERE account = $3 AND id = $4`,
		s.cfg.Keys.SealString(tableFile, "name", account+"/"+file, name), string(kind), account, file)
	if err != nil {
		return fmt.Errorf("changing file %s: %w", file, err)
	}
	return nil
}

// deleteFile deletes a file that nothing refers to, and reports false when
// something does: also something that was sent while this waited for the row.
func deleteFile(ctx context.Context, tx *sqldb.DB, account, file string) (bool, error) {
	n, err := tx.Exec(ctx, `DELETE FROM document_file WHERE account = $1 AND id = $2
		AND NOT EXISTS (SELECT 1 FROM document_use u WHERE u.account = $1 AND u.file = $2)`, account, file)
	return n == 1, err
}

func insertUse(ctx context.Context, tx *sqldb.DB, account, file, object string, at time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO document_use (account, file, object, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		account, file, object, sqldb.At(at))
	return err
}

func countUses(ctx context.Context, tx *sqldb.DB, account, file string) (int, error) {
	return sqldb.One(ctx, tx, sqldb.Int, `SELECT count(*) FROM document_use WHERE account = $1 AND file = $2`, account, file)
}

// insertIssued adds what an issued document says, and reports false when there
// is one of this source already.
func (s *Service) insertIssued(ctx context.Context, tx *sqldb.DB, account, file, source string, facts Facts) (bool, error) {
	sealed, err := s.cfg.Keys.SealJSON(tableIssued, "facts", account+"/"+file, facts)
	if err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `INSERT INTO document_issued (account, id, source, facts) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account, source) DO NOTHING`, account, file, source, sealed)
	return n == 1, err
}

func issuedBySource(ctx context.Context, db *sqldb.DB, account, source string) (file string, err error) {
	file, err = sqldb.One(ctx, db, sqldb.Text, `SELECT id FROM document_issued WHERE account = $1 AND source = $2`, account, source)
	if errors.Is(err, sqldb.ErrNoRow) {
		return "", ErrNone
	}
	return file, err
}

type issuedRow struct {
	source string
	facts  Facts
}

func (s *Service) issuedByID(ctx context.Context, db *sqldb.DB, account, file string) (issuedRow, error) {
	row, err := sqldb.One(ctx, db, func(r sqldb.Row) (i issuedRow, err error) {
		var sealed []byte
		if err := r.Scan(&i.source, &sealed); err != nil {
			return i, err
		}
		return i, s.cfg.Keys.OpenJSON(tableIssued, "facts", account+"/"+file, sealed, &i.facts)
	}, `SELECT source, facts FROM document_issued WHERE account = $1 AND id = $2`, account, file)
	if errors.Is(err, sqldb.ErrNoRow) {
		return row, ErrNone
	}
	if err != nil {
		return row, fmt.Errorf("reading issued document %s: %w", file, err)
	}
	return row, nil
}

const (
	lookupCode    = "code"
	lookupContent = "content"
)

type place struct{ account, file string }

func (s *Service) insertLookup(ctx context.Context, tx *sqldb.DB, kind, value string, p place) error {
	_, err := tx.Exec(ctx, `INSERT INTO document_lookup (kind, hash, account, file) VALUES ($1, $2, $3, $4)`,
		kind, s.cfg.Keys.Index("document."+kind, value), p.account, p.file)
	return err
}

func (s *Service) lookUp(ctx context.Context, kind, value string) (place, error) {
	p, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (p place, err error) {
		err = r.Scan(&p.account, &p.file)
		return p, err
	}, `SELECT account, file FROM document_lookup WHERE kind = $1 AND hash = $2`, kind, s.cfg.Keys.Index("document."+kind, value))
	if errors.Is(err, sqldb.ErrNoRow) {
		return place{}, ErrNone
	}
	return p, err
}

// unchecked returns files whose content was not compared since a moment, those
// that waited longest first.
func (s *Service) unchecked(ctx context.Context, before time.Time, limit int) ([]File, error) {
	return sqldb.All(ctx, s.db, s.scanFile, `SELECT `+fileColumns+` FROM document_file f WHERE f.checked_at < $1 ORDER BY f.checked_at LIMIT $2`,
		sqldb.At(before), limit)
}

// markChecked notes the result of a comparison and reports whether it was
// another the time before.
func markChecked(ctx context.Context, tx *sqldb.DB, f File, at time.Time, damaged bool) (news bool, err error) {
	n, err := tx.Exec(ctx, `UPDATE document_file SET damaged = $1 WHERE account = $2 AND id = $3 AND damaged <> $1`, damaged, f.Account, f.ID)
	if err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE document_file SET checked_at = $1 WHERE account = $2 AND id = $3`, sqldb.At(at), f.Account, f.ID)
	return n > 0, err
}

// referred returns those of the IDs, 50 at most, that rows refer to. The query
// always has as many places, so that it is one text.
func (s *Service) referred(ctx context.Context, ids []string) ([]string, error) {
	args := make([]any, 50)
	places := make([]string, len(args))
	for i := range args {
		args[i], places[i] = "", "$"+strconv.Itoa(i+1)
		if i < len(ids) {
			args[i] = ids[i]
		}
	}
	return sqldb.All(ctx, s.db, sqldb.Text, `SELECT blob FROM document_file WHERE blob IN (`+strings.Join(places, ", ")+`)`, args...)
}

// eraseFiles deletes uploads that nothing refers to, or with all every file of
// the account with what belongs to it, and returns the names of the contents.
func eraseFiles(ctx context.Context, tx *sqldb.DB, account string, all bool) ([]string, error) {
	if !all {
		return sqldb.All(ctx, tx, sqldb.Text, `DELETE FROM document_file WHERE account = $1 AND kind = 'upload'
			AND NOT EXISTS (SELECT 1 FROM document_use u WHERE u.account = document_file.account AND u.file = document_file.id) RETURNING blob`, account)
	}
	for _, query := range []string{`DELETE FROM document_use WHERE account = $1`, `DELETE FROM document_issued WHERE account = $1`, `DELETE FROM document_lookup WHERE account = $1`} {
		if _, err := tx.Exec(ctx, query, account); err != nil {
			return nil, err
		}
	}
	return sqldb.All(ctx, tx, sqldb.Text, `DELETE FROM document_file WHERE account = $1 RETURNING blob`, account)
}

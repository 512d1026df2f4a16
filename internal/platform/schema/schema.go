// Package schema brings the database to the shape that the code expects.
//
// Each feature owns its tables: it embeds its migrations and declares, for each
// table, the column that names the owner of a row. All features' migrations
// form one sequence, ordered by the number in the file name
// (YYYYMMDDNNNN_what.sql), and only go forward. A feature may bring one whose
// number is below those that were applied: features grow side by side.
package schema

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"kabinet/internal/platform/sqldb"
)

// Feature is what one feature keeps in the database.
type Feature struct {
	Name   string
	FS     fs.FS // holds migrations/*.sql in goose's format
	Tables []Table
}

// Table declares who owns the rows of a table. Owner is the column that stands
// first in its primary key and in every unique key, so that the table can be
// sharded by owner. A table without an owner says why: it is looked up by a
// hash of something global, holds reference data, or stays on one node.
//
// Person is the column that names the account of the person whom a row is
// about, "" when it is about nobody. When the account is deleted its rows go
// too, at once, or, with Kept, which says why as a message key, after the term
// for which the law wants them. What holds no personal data may stay for good:
// then Kept stands alone.
type Table struct {
	Name   string
	Owner  string
	Why    string
	Person string
	Kept   string
}

// Up applies the migrations that are missing and returns how many there were.
// Processes that start at once on PostgreSQL wait for each other.
func Up(ctx context.Context, db *sqldb.DB, features ...Feature) (int, error) {
	files, err := union(features)
	if err != nil {
		return 0, err
	}
	dialect, opts := goose.DialectSQLite3, []goose.ProviderOption{goose.WithVerbose(false), goose.WithAllowOutofOrder(true)}
	if db.Postgres() {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return 0, fmt.Errorf("migrating: %w", err)
		}
		dialect, opts = goose.DialectPostgres, append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, db.Pool(), files, opts...)
	if err != nil {
		return 0, fmt.Errorf("migrating: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrating: %w", err)
	}
	return len(done), nil
}

// Current reports whether every migration was applied.
func Current(ctx context.Context, db *sqldb.DB, features ...Feature) (bool, error) {
	files, err := union(features)
	if err != nil {
		return false, err
	}
	applied, err := sqldb.All(ctx, db, sqldb.Text, `SELECT CAST(version_id AS TEXT) FROM goose_db_version`)
	if err != nil {
		return false, nil //nolint:nilerr // no such table yet: nothing was applied
	}
	for name := range files {
		number, _, _ := strings.Cut(name, "_")
		if !slices.Contains(applied, number) {
			return false, nil
		}
	}
	return true, nil
}

// merged is the migrations of all features as one folder: name → file.
type merged map[string]file

type file struct {
	in   fs.FS
	path string
}

func union(features []Feature) (merged, error) {
	all := merged{}
	seen := map[string]string{}
	var errs []error
	for _, f := range features {
		names, err := fs.Glob(f.FS, "migrations/*.sql")
		if err != nil {
			return nil, fmt.Errorf("listing migrations of %s: %w", f.Name, err)
		}
		for _, name := range names {
			base := path.Base(name)
			number, _, ok := strings.Cut(base, "_")
			if !ok || len(number) != 12 {
				errs = append(errs, fmt.Errorf("%s: %s: the name must be YYYYMMDDNNNN_what.sql", f.Name, base))
			}
			if other := seen[number]; other != "" {
				errs = append(errs, fmt.Errorf("%s and %s have the same number", other, base))
			}
			seen[number] = base
			all[base] = file{f.FS, name}
		}
	}
	return all, errors.Join(errs...)
}

// Open implements fs.FS.
func (m merged) Open(name string) (fs.File, error) {
	f, ok := m[path.Clean(name)]
	if !ok {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return f.in.Open(f.path)
}

// ReadDir implements fs.ReadDirFS for the one folder there is.
func (m merged) ReadDir(string) ([]fs.DirEntry, error) {
	list := make([]fs.DirEntry, 0, len(m))
	for name, f := range m {
		info, err := fs.Stat(f.in, f.path)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", name, err)
		}
		list = append(list, fs.FileInfoToDirEntry(info))
	}
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return list, nil
}

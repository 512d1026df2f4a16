// Package sqldbtest gives a test its own empty database.
package sqldbtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/sqldb"
)

// PGEnv names the variable that holds the URL of a PostgreSQL server. With it
// every test runs there, in a schema of its own; without it on SQLite.
const PGEnv = "KABINET_TEST_PG"

var seq atomic.Int64

// New returns a fresh database with the features' tables.
func New(t testing.TB, features ...schema.Feature) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(context.Background(), URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if len(features) > 0 {
		if _, err := schema.Up(context.Background(), db, features...); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// URL returns the address of a database that is empty and the test's own.
func URL(t testing.TB) string {
	t.Helper()
	pg := os.Getenv(PGEnv)
	if pg == "" {
		return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
	}
	name := fmt.Sprintf("t%d_%d", os.Getpid(), seq.Add(1))
	admin, err := sqldb.Open(context.Background(), pg)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec(context.Background(), "CREATE SCHEMA "+name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin, err := sqldb.Open(context.Background(), pg)
		if err != nil {
			return
		}
		defer admin.Close()
		admin.Exec(context.Background(), "DROP SCHEMA "+name+" CASCADE")
	})
	u, err := url.Parse(pg)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// NoFullScan fails the test when SQLite would read a whole table or index to
// answer the query. On PostgreSQL, whose plans depend on how much is in a
// table, it checks nothing.
func NoFullScan(t testing.TB, db *sqldb.DB, query string, args ...any) {
	t.Helper()
	if db.Postgres() {
		return
	}
	plan, err := sqldb.All(context.Background(), db, func(r sqldb.Row) (step string, err error) {
		var skip int
		err = r.Scan(&skip, &skip, &skip, &step)
		return step, err
	}, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{} // names of subqueries, whose rows are all wanted
	for _, step := range plan {
		for _, how := range []string{"CO-ROUTINE ", "MATERIALIZE "} {
			if name, ok := strings.CutPrefix(step, how); ok {
				made[name] = true
			}
		}
		what, scan := strings.CutPrefix(step, "SCAN ")
		if scan && !made[what] && !strings.HasPrefix(what, "(") && !strings.HasPrefix(what, "CONSTANT") {
			t.Errorf("a full scan: %s\nof %s\nin the plan:\n  %s", step, query, strings.Join(plan, "\n  "))
		}
	}
}

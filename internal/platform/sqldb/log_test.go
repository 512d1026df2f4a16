package sqldb_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

// A transaction that does not fit into the writer's memory goes to the log
// before its end, and what is written there is read back and written over.
func TestTransactionsLargerThanMemoryAreWholeOrNotThereAtAll(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	if db.Postgres() {
		t.Skip("about the log of SQLite")
	}
	filler := strings.Repeat("x", 4000)
	large := func(owner string, end error) error {
		return db.Tx(t.Context(), func(tx *sqldb.DB) error {
			for i := range 6000 { // 24 MB; the writer keeps 16
				if _, err := tx.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ($1, $2)`, owner, fmt.Sprint(i, filler)); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(t.Context(), `UPDATE thing SET at = $1 WHERE owner = $2`, sqldb.Time{}, owner); err != nil {
				return err
			}
			return end
		})
	}
	boom := errors.New("boom")
	for i := range 2 {
		if err := large(fmt.Sprint("lost", i), boom); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ('small', $1)`, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if err := large(fmt.Sprint("kept", i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if n := count(t, db); n != 2*6000+2 {
		t.Errorf("%d rows", n)
	}
	if s, err := sqldb.One(t.Context(), db, sqldb.Text, `PRAGMA integrity_check`); s != "ok" || err != nil {
		t.Errorf("the file: %s, %v", s, err)
	}
}

// What was committed is in the file before anybody is told so: a second process
// that opens it at any moment finds it.
func TestAnotherConnectionFindsEveryCommitInTheLog(t *testing.T) {
	t.Parallel()
	url := sqldbtest.URL(t)
	if !strings.HasPrefix(url, "sqlite:") {
		t.Skip("about the log of SQLite")
	}
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(t.Context(), `CREATE TABLE thing (owner TEXT, id TEXT)`); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ('o', $1)`, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		other, err := sqldb.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if n := count(t, other); n != i+1 {
			t.Errorf("%d rows after %d commits", n, i+1)
		}
		if err := other.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

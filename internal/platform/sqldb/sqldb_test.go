package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

func newTest(t testing.TB) *sqldb.DB {
	db := sqldbtest.New(t)
	for _, q := range []string{
		`CREATE TABLE thing (owner TEXT NOT NULL, id TEXT NOT NULL, at timestamptz, PRIMARY KEY (owner, id))`,
	} {
		if _, err := db.Exec(context.Background(), q); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func count(t testing.TB, db *sqldb.DB) int {
	n, err := sqldb.One(context.Background(), db, sqldb.Int, `SELECT count(*) FROM thing`)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestAFailedTransactionLeavesNothingAndDoesNotHurtItsNeighbours(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	boom := errors.New("boom")
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			committed := false
			err := db.Tx(t.Context(), func(tx *sqldb.DB) error {
				tx.OnCommit(func() { committed = true })
				if _, err := tx.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ($1, $2)`, "o", fmt.Sprint(i)); err != nil {
					return err
				}
				if i%2 == 1 {
					return boom
				}
				return nil
			})
			if want := i%2 == 0; (err == nil) != want || committed != want {
				t.Errorf("transaction %d: %v, committed %v", i, err, committed)
			}
		})
	}
	wg.Wait()
	if n := count(t, db); n != 100 {
		t.Errorf("%d rows, want 100", n)
	}
}

func TestAPanicInATransactionReachesTheCallerAndUndoesIt(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	func() {
		defer func() {
			if p := recover(); p != "oops" {
				t.Errorf("recovered %v", p)
			}
		}()
		db.Tx(t.Context(), func(tx *sqldb.DB) error {
			tx.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ('o', 'x')`)
			panic("oops")
		})
	}()
	if n := count(t, db); n != 0 {
		t.Errorf("%d rows, want 0", n)
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ('o', 'y')`); err != nil {
		t.Errorf("the next transaction: %v", err)
	}
}

func TestADuplicateIsNamed(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	const q = `INSERT INTO thing (owner, id) VALUES ('o', 'x')`
	if _, err := db.Exec(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), q); !errors.Is(err, sqldb.ErrDuplicate) {
		t.Errorf("%v, want ErrDuplicate", err)
	}
	_, err := sqldb.One(t.Context(), db, sqldb.Text, `SELECT id FROM thing WHERE owner = $1`, "nobody")
	if !errors.Is(err, sqldb.ErrNoRow) {
		t.Errorf("%v, want ErrNoRow", err)
	}
}

func TestTimesComeBackToTheMicrosecondAndSort(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	moscow := time.FixedZone("MSK", 3*3600)
	at := time.Date(2026, 11, 21, 2, 3, 4, 567_891_234, moscow)
	for i, when := range []time.Time{at.Add(time.Microsecond), at, at.Add(-time.Hour)} {
		if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id, at) VALUES ('o', $1, $2)`, fmt.Sprint(i), sqldb.At(when)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id, at) VALUES ('o', 'never', $1)`, sqldb.Time{}); err != nil {
		t.Fatal(err)
	}
	type row struct {
		id string
		at sqldb.Time
	}
	rows, err := sqldb.All(t.Context(), db, func(r sqldb.Row) (v row, err error) { err = r.Scan(&v.id, &v.at); return },
		`SELECT id, at FROM thing WHERE at <= $1 ORDER BY at`, sqldb.At(at))
	if err != nil || len(rows) != 2 || rows[0].id != "2" || rows[1].id != "1" {
		t.Fatalf("%v %v", rows, err)
	}
	if want := at.UTC().Truncate(time.Microsecond); !rows[1].at.Equal(want) || rows[1].at.Location() != time.UTC {
		t.Errorf("%v, want %v", rows[1].at, want)
	}
	never, err := sqldb.One(t.Context(), db, func(r sqldb.Row) (v sqldb.Time, err error) { err = r.Scan(&v); return },
		`SELECT at FROM thing WHERE id = 'never'`)
	if err != nil || !never.IsZero() {
		t.Errorf("%v %v", never, err)
	}
}

func TestAClosedDatabaseRefusesWork(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	db.Close()
	if _, err := db.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ('o', 'x')`); err == nil {
		t.Error("no error")
	}
}

func BenchmarkInsert(b *testing.B) {
	db := newTest(b)
	n := 0
	var mu sync.Mutex
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			mu.Lock()
			n++
			id := fmt.Sprint(n)
			mu.Unlock()
			if _, err := db.Exec(b.Context(), `INSERT INTO thing (owner, id) VALUES ('o', $1)`, id); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkPointRead(b *testing.B) {
	db := newTest(b)
	if _, err := db.Exec(b.Context(), `INSERT INTO thing (owner, id) VALUES ('o', 'x')`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := sqldb.One(b.Context(), db, sqldb.Text, `SELECT id FROM thing WHERE owner = $1 AND id = $2`, "o", "x"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkList(b *testing.B) {
	db := newTest(b)
	for i := range 100 {
		if _, err := db.Exec(b.Context(), `INSERT INTO thing (owner, id) VALUES ('o', $1)`, fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if _, err := sqldb.All(b.Context(), db, sqldb.Text, `SELECT id FROM thing WHERE owner = $1 ORDER BY id LIMIT $2`, "o", 20); err != nil {
			b.Fatal(err)
		}
	}
}

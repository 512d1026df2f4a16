package sqldb_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kabinet/internal/platform/sqldb"
)

type word string

// value is a row of every type that tables have.
type value struct {
	Text    string
	Word    word
	Number  int
	Big     int64
	Yes     bool
	Bytes   []byte
	At      sqldb.Time
	Maybe   *string
	Some    *int
	Nothing []byte
	Never   sqldb.Time
}

func scanValue(r sqldb.Row) (v value, err error) {
	err = r.Scan(&v.Text, &v.Word, &v.Number, &v.Big, &v.Yes, &v.Bytes, &v.At, &v.Maybe, &v.Some, &v.Nothing, &v.Never)
	return v, err
}

func newValues(t testing.TB) *sqldb.DB {
	t.Helper()
	db := newTest(t)
	_, err := db.Exec(context.Background(), `CREATE TABLE value (id TEXT PRIMARY KEY, word TEXT NOT NULL, number INTEGER NOT NULL, big BIGINT NOT NULL,
		yes boolean NOT NULL, bytes bytea NOT NULL, at timestamptz NOT NULL, maybe TEXT, few INTEGER, empty bytea, never timestamptz)`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

const (
	insertValue = `INSERT INTO value (id, word, number, big, yes, bytes, at, maybe, few, empty, never) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`
	selectValue = `SELECT id, word, number, big, yes, bytes, at, maybe, few, empty, never FROM value WHERE id = $1`
)

func TestEveryTypeComesBackAsItWas(t *testing.T) {
	t.Parallel()
	db, empty, four := newValues(t), "", 4
	at := sqldb.At(time.Date(2026, 11, 22, 1, 2, 3, 456789000, time.UTC))
	for name, want := range map[string]value{
		"full":    {"full", "слово\x01 'quoted'", -7, 1 << 60, true, []byte{0, 1, 255}, at, &empty, &four, []byte{9}, at},
		"nothing": {"nothing", "", 0, 0, false, []byte{}, at, nil, nil, nil, sqldb.Time{}},
		"long":    {"long", word(strings.Repeat("ж", 100_000)), 1, 1, true, make([]byte, 100_000), at, nil, nil, nil, sqldb.Time{}},
	} {
		if _, err := db.Exec(t.Context(), insertValue, want.Text, want.Word, want.Number, want.Big, want.Yes, want.Bytes, want.At, want.Maybe, want.Some,
			want.Nothing, want.Never); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := sqldb.One(t.Context(), db, scanValue, selectValue, name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	t.Parallel()
	db := newValues(t)
	if _, err := db.Exec(t.Context(), insertValue, "a", "x", 1, 1, true, []byte{}, sqldb.At(time.Unix(1, 0)), nil, nil, nil, nil); err != nil {
		t.Fatal(err)
	}
	var text string
	var number int
	for query, dest := range map[string][]any{
		`SELECT maybe FROM value`:    {&text},
		`SELECT few FROM value`:      {&number},
		`SELECT word FROM value`:     {&number},
		`SELECT id, word FROM value`: {&text},
	} {
		_, err := sqldb.One(t.Context(), db, func(r sqldb.Row) (n int, err error) { return 0, r.Scan(dest...) }, query)
		if err == nil {
			t.Errorf("%s was read into %T", query, dest[0])
		}
	}
	if _, err := sqldb.One(t.Context(), db, sqldb.Int, `SELECT count(*) FROM value WHERE id = $1`); err == nil {
		t.Error("an argument was missing")
	}
}

func TestArgumentsGoWhereTheirNumberSays(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	got, err := sqldb.One(t.Context(), db, sqldb.Text, `SELECT CAST($2 AS TEXT) || CAST($1 AS TEXT) || CAST($2 AS TEXT)`, "a", "b")
	if err != nil || got != "bab" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestATransactionSeesWhatItWroteAndOthersDoNot(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	err := db.Tx(t.Context(), func(tx *sqldb.DB) error {
		if _, err := tx.Exec(t.Context(), `INSERT INTO thing (owner, id) VALUES ($1, $2)`, "o", "x"); err != nil {
			return err
		}
		if inside, outside := count(t, tx), count(t, db); inside != 1 || outside != 0 {
			t.Errorf("inside %d, outside %d", inside, outside)
		}
		return nil
	})
	if err != nil || count(t, db) != 1 {
		t.Error(err)
	}
}

func TestManyReadersWaitForEachOther(t *testing.T) {
	t.Parallel()
	db := newTest(t)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for range 20 {
				_, err := sqldb.All(t.Context(), db, sqldb.Int, `SELECT count(*) FROM thing WHERE owner = $1`, "o")
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if _, err := sqldb.All(t.Context(), db, sqldb.Int, `SELECT count(*) FROM thing`); err == nil {
		t.Error("a closed database was read")
	}
}

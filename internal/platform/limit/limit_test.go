package limit

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret/secrettest"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.UnixMicro(c.at.Load()).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(d.Microseconds()) }

func newTest(t *testing.T) (*Limiter, *clock) {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMicro())
	return New(sqldbtest.New(t, Schema(), jobs.Schema()), c.now, secrettest.New(t), nil), c
}

// both runs a test against the counts in the database and those in memory.
func both(t *testing.T, f func(t *testing.T, c *clock, take func(Rule, string) error)) {
	t.Run("stored", func(t *testing.T) {
		t.Parallel()
		l, c := newTest(t)
		f(t, c, func(r Rule, key string) error { return l.Take(t.Context(), r, key) })
	})
	t.Run("in memory", func(t *testing.T) {
		t.Parallel()
		l, c := newTest(t)
		f(t, c, l.TakeFast)
	})
}

func TestTwoInAMinuteThenOneEachHalf(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, c *clock, take func(Rule, string) error) {
		r := Rule{"test.codes", 2, time.Minute}
		for step, want := range []struct {
			wait  time.Duration
			retry time.Duration // 0: allowed
		}{{0, 0}, {0, 0}, {0, 30 * time.Second}, {29 * time.Second, time.Second}, {time.Second, 0}, {0, 30 * time.Second}, {time.Hour, 0}, {0, 0}, {0, 30 * time.Second}} {
			c.forward(want.wait)
			err := take(r, "anna")
			if After(err) != want.retry || (err != nil) != errors.Is(err, ErrTooMany) {
				t.Fatalf("step %d: got %v, wait %s", step, err, After(err))
			}
			if err != nil && fault.Of(err).Kind != fault.TooMany {
				t.Fatal("not a TooMany")
			}
		}
	})
}

func TestKeysAndRulesAreCountedApart(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, _ *clock, take func(Rule, string) error) {
		r, other := Rule{"test.a", 1, time.Hour}, Rule{"test.b", 1, time.Hour}
		if err := errors.Join(take(r, "anna"), take(r, "boris"), take(other, "anna")); err != nil {
			t.Fatal(err)
		}
		if take(r, "anna") == nil {
			t.Error("a second use was allowed")
		}
	})
}

// Invariant I12: at once and from several processes no more than allowed.
func TestUsesAtOnceNeverExceedTheLimit(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, _ *clock, take func(Rule, string) error) {
		r := Rule{"test.codes", 3, time.Hour}
		var allowed atomic.Int32
		var wg sync.WaitGroup
		for range 30 {
			wg.Go(func() {
				switch err := take(r, "anna"); {
				case err == nil:
					allowed.Add(1)
				case !errors.Is(err, ErrTooMany):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := allowed.Load(); n != 3 {
			t.Errorf("%d were allowed", n)
		}
	})
}

func TestALimitOutlivesARestart(t *testing.T) {
	t.Parallel()
	url, keys, c := sqldbtest.URL(t), secrettest.New(t), &clock{}
	r := Rule{"test.codes", 2, time.Hour}
	for start, want := range []bool{true, true, false} {
		db, err := sqldb.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		if start == 0 {
			if _, err := schema.Up(t.Context(), db, Schema()); err != nil {
				t.Fatal(err)
			}
		}
		if err := New(db, c.now, keys, nil).Take(t.Context(), r, "anna"); (err == nil) != want {
			t.Errorf("start %d: %v", start, err)
		}
		db.Close()
	}
}

func TestOldRowsAreSwept(t *testing.T) {
	t.Parallel()
	l, c := newTest(t)
	for _, r := range []Rule{{"test.short", 3, time.Minute}, {"test.long", 3, 24 * time.Hour}} {
		if err := l.Take(t.Context(), r, "anna"); err != nil {
			t.Fatal(err)
		}
	}
	c.forward(time.Hour)
	if err := l.sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := sqldb.One(t.Context(), l.db, sqldb.Int, `SELECT count(*) FROM rate`); n != 1 || err != nil {
		t.Errorf("%d rows are left, %v", n, err)
	}
	sqldbtest.NoFullScan(t, l.db, takeQuery, []byte{1}, 1, 1, 1, 1)
	sqldbtest.NoFullScan(t, l.db, sweepQuery, 1, 1)
	sqldbtest.NoFullScan(t, l.db, fullQuery, []byte{1})
}

func TestMemoryIsBoundedUnderAFloodOfKeys(t *testing.T) {
	t.Parallel()
	s := shard{full: map[uint64]int64{}}
	for i := range uint64(shardMax) {
		s.full[i] = 100 + int64(i%2)
	}
	s.makeRoom(100)
	if len(s.full) != shardMax/2 {
		t.Errorf("%d keys kept of those not given back", len(s.full))
	}
	for i := range uint64(shardMax) {
		s.full[i] = 200
	}
	s.makeRoom(100)
	if len(s.full) != shardMax-1 {
		t.Errorf("%d keys after room was made", len(s.full))
	}
}

func TestOverridesReplaceNumbersAndFaultyOnesAreNamed(t *testing.T) {
	t.Parallel()
	rules := []Rule{{"test.a", 1, time.Hour}, {"test.b", 2, time.Hour}}
	l, _ := newTest(t)
	l.overrides = map[string]Override{"test.a": {Burst: 2}}
	if err := Check(rules, l.overrides); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, true, false} {
		if err := l.Take(t.Context(), rules[0], "anna"); (err == nil) != want {
			t.Errorf("use %d: %v", i, err)
		}
	}
	for name, bad := range map[string]map[string]Override{
		"unknown name":   {"test.c": {Burst: 1}},
		"negative uses":  {"test.a": {Burst: -1}},
		"negative time":  {"test.b": {Per: -time.Hour}},
		"endless memory": {"test.b": {Per: 10_000 * time.Hour}},
	} {
		if Check(rules, bad) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if Check([]Rule{rules[0], rules[0]}, nil) == nil {
		t.Error("a rule declared twice: taken")
	}
}

func TestEveryUseIsObserved(t *testing.T) {
	t.Parallel()
	l, _ := newTest(t)
	got := map[bool]int{}
	l.Observe = func(rule string, refused bool) { got[refused]++ }
	for range 3 {
		l.TakeFast(Rule{"test.a", 2, time.Hour}, "anna")
	}
	if got[false] != 2 || got[true] != 1 {
		t.Errorf("observed %v", got)
	}
}

func TestUsesThatAreKeptElsewhereAreCountedExactly(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	l := New(nil, func() time.Time { return now }, nil, map[string]Override{"a.more": {Burst: 4}})
	ago := func(minutes ...int) (uses []time.Time) {
		for _, m := range minutes {
			uses = append(uses, now.Add(-time.Duration(m)*time.Minute))
		}
		return uses
	}
	for _, tt := range []struct {
		says string
		name string
		uses []time.Time
		wait time.Duration // 0: allowed
	}{
		{"none yet", "a.three", nil, 0},
		{"two in the hour", "a.three", ago(5, 50), 0},
		{"three in the hour wait for the oldest", "a.three", ago(10, 50, 30), 10 * time.Minute},
		{"one was exactly an hour ago", "a.three", ago(60, 50, 30), 0},
		{"the clock stepped back", "a.three", ago(-5, 50, 30), 0},
		{"the operator allows four", "a.more", ago(10, 50, 30), 0},
	} {
		err := l.Counted(Rule{Name: tt.name, Burst: 3, Per: time.Hour}, tt.uses...)
		if After(err) != tt.wait || (err != nil) != (tt.wait != 0) {
			t.Errorf("%s: %v, wait %v, want %v", tt.says, err, After(err), tt.wait)
		}
	}
}

package jobs_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/sqldb"
	"kabinet/internal/platform/sqldb/sqldbtest"
)

type ping struct{ Thing string }

func (ping) Kind() string { return "test.ping" }

type clock struct{ at atomic.Int64 }

func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()).UTC() }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

func newClock() *clock {
	c := &clock{}
	c.at.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func newTest(t *testing.T) (*sqldb.DB, *clock, *jobs.Runner) {
	t.Helper()
	db, c := sqldbtest.New(t, jobs.Schema()), newClock()
	return db, c, jobs.NewRunner(db, c.now, 4)
}

func add(t *testing.T, db *sqldb.DB, a jobs.Args, opts ...jobs.Option) {
	t.Helper()
	if err := db.Tx(t.Context(), func(tx *sqldb.DB) error { return jobs.Add(t.Context(), tx, a, opts...) }); err != nil {
		t.Fatal(err)
	}
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if err := r.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestAJobRunsOnlyIfItsTransactionCommits(t *testing.T) {
	t.Parallel()
	db, _, r := newTest(t)
	var got []string
	jobs.Handle(r, jobs.Policy{}, func(_ context.Context, j jobs.Job[ping]) error { got = append(got, j.Args.Thing); return nil })
	add(t, db, ping{"a"})
	db.Tx(t.Context(), func(tx *sqldb.DB) error {
		if err := jobs.Add(t.Context(), tx, ping{"b"}); err != nil {
			t.Error(err)
		}
		return errors.New("no")
	})
	drain(t, r)
	if len(got) != 1 || got[0] != "a" {
		t.Errorf("ran %q, want a", got)
	}
	if c, _ := jobs.Counts(t.Context(), db); c["ready"]+c["run"]+c["dead"] != 0 {
		t.Errorf("left %v", c)
	}
}

func TestAFailureIsTriedAgainLaterAndThenLeftForAnOperator(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	var tries []time.Time
	jobs.Handle(r, jobs.Policy{Attempts: 3}, func(_ context.Context, j jobs.Job[ping]) error {
		tries = append(tries, c.now())
		if j.Last != (len(tries) == 3) {
			t.Errorf("try %d is last: %v", len(tries), j.Last)
		}
		return errors.New("partner is down")
	})
	add(t, db, ping{"a"})
	for range 5 {
		drain(t, r)
		c.forward(10 * time.Second)
	}
	if len(tries) != 3 {
		t.Fatalf("%d tries, want 3", len(tries))
	}
	dead, err := jobs.ListDead(t.Context(), db, 10)
	if err != nil || len(dead) != 1 || dead[0].Error != "partner is down" || dead[0].Attempt != 3 {
		t.Fatalf("dead: %+v %v", dead, err)
	}
	if ok, err := jobs.Revive(t.Context(), db, dead[0].ID, c.now()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	tries = nil
	drain(t, r)
	if len(tries) != 1 {
		t.Errorf("after revival %d tries", len(tries))
	}
}

func TestAPermanentFailureIsNotTriedAgain(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	n := 0
	jobs.Handle(r, jobs.Policy{}, func(context.Context, jobs.Job[ping]) error { n++; return jobs.Permanent(errors.New("nonsense")) })
	add(t, db, ping{"a"})
	for range 3 {
		drain(t, r)
		c.forward(time.Hour)
	}
	if n != 1 {
		t.Errorf("%d tries, want 1", n)
	}
}

func TestAPanicIsAFailure(t *testing.T) {
	t.Parallel()
	db, _, r := newTest(t)
	jobs.Handle(r, jobs.Policy{Attempts: 1}, func(context.Context, jobs.Job[ping]) error { panic("oops") })
	add(t, db, ping{"a"})
	drain(t, r)
	if dead, _ := jobs.ListDead(t.Context(), db, 10); len(dead) != 1 || dead[0].Error != "panic: oops" {
		t.Errorf("dead: %+v", dead)
	}
}

func TestAUniqueJobIsThereOnceUntilItRan(t *testing.T) {
	t.Parallel()
	db, _, r := newTest(t)
	n := 0
	jobs.Handle(r, jobs.Policy{}, func(context.Context, jobs.Job[ping]) error { n++; return nil })
	add(t, db, ping{"a"}, jobs.Unique("k"))
	add(t, db, ping{"a"}, jobs.Unique("k"))
	drain(t, r)
	add(t, db, ping{"a"}, jobs.Unique("k"))
	drain(t, r)
	if n != 2 {
		t.Errorf("ran %d times, want 2", n)
	}
}

func TestALateResultOfOneWhoLostTheLeaseIsRefused(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	other := jobs.NewRunner(db, c.now, 1)
	effects := 0
	apply := func(ctx context.Context, j jobs.Job[ping]) error {
		return db.Tx(ctx, func(tx *sqldb.DB) error {
			if err := j.Finish(ctx, tx); err != nil {
				return err
			}
			effects++
			return nil
		})
	}
	jobs.Handle(other, jobs.Policy{}, apply)
	jobs.Handle(r, jobs.Policy{}, func(ctx context.Context, j jobs.Job[ping]) error {
		// This runner sleeps past its lease; another takes the job and does it.
		if err := other.Adopt(ctx); err != nil {
			t.Error(err)
		}
		c.forward(time.Hour)
		if err := other.Drain(ctx); err != nil {
			t.Error(err)
		}
		return apply(ctx, j)
	})
	add(t, db, ping{"a"})
	drain(t, r)
	if effects != 1 {
		t.Errorf("%d effects, want 1", effects)
	}
}

func TestWhatADeadProcessWasRunningIsRunAgainAtOnce(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	after := jobs.NewRunner(db, c.now, 1)
	ran := 0
	jobs.Handle(after, jobs.Policy{}, func(context.Context, jobs.Job[ping]) error { ran++; return nil })
	jobs.Handle(r, jobs.Policy{}, func(ctx context.Context, _ jobs.Job[ping]) error {
		// The process dies here; the next one starts and takes the job over.
		if err := after.Adopt(ctx); err != nil {
			t.Error(err)
		}
		return after.Drain(ctx)
	})
	add(t, db, ping{"a"})
	drain(t, r)
	if ran != 1 {
		t.Errorf("ran %d times, want 1", ran)
	}
}

func TestTwoRunnersShareTheWorkAndNothingIsDoneTwice(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	other := jobs.NewRunner(db, c.now, 4)
	var mu sync.Mutex
	seen := map[string]int{}
	done := make(chan struct{})
	handle := func(_ context.Context, j jobs.Job[ping]) error {
		mu.Lock()
		defer mu.Unlock()
		seen[j.ID]++
		if len(seen) == 100 {
			close(done)
		}
		return nil
	}
	jobs.Handle(r, jobs.Policy{}, handle)
	jobs.Handle(other, jobs.Policy{}, handle)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, runner := range []*jobs.Runner{r, other} {
		wg.Go(func() {
			if err := runner.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for range 100 {
		add(t, db, ping{"x"})
	}
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Error("the work was not done in time")
	}
	stop()
	wg.Wait()
	for id, n := range seen {
		if n != 1 {
			t.Errorf("job %s ran %d times", id, n)
		}
	}
}

type tidy struct{}

func (tidy) Kind() string { return "test.tidy" }

func TestPeriodicWorkComesBack(t *testing.T) {
	t.Parallel()
	db, c, r := newTest(t)
	ran := make(chan struct{}, 10)
	jobs.Handle(r, jobs.Policy{Every: time.Hour}, func(context.Context, jobs.Job[tidy]) error { ran <- struct{}{}; return nil })
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() { r.Run(ctx) })
	<-ran
	stop()
	wg.Wait()
	drain(t, r)
	if len(ran) != 0 {
		t.Error("it came back at once")
	}
	c.forward(time.Hour + time.Second)
	drain(t, r)
	if len(ran) != 1 {
		t.Error("it did not come back after an hour")
	}
	if n, _ := jobs.Counts(t.Context(), db); n["ready"] != 1 {
		t.Errorf("left %v", n)
	}
}

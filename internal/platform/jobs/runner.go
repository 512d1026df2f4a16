package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"kabinet/internal/platform/sqldb"
)

const (
	// lease is how long a job belongs to its runner without a sign of life. A
	// runner shows one every third of it.
	lease = 30 * time.Second
	// poll is how often a runner looks for work that no signal told it of: what
	// another process added while a connection was lost, and what was put off.
	poll = time.Second
	// gather is how long a busy runner waits before it takes more jobs: those
	// that end with one commit are followed by as many taken with one.
	gather = time.Millisecond
)

// Runner takes jobs and runs their handlers.
type Runner struct {
	db      *sqldb.DB
	now     func() time.Time
	workers int
	kinds   map[string]kind

	// Around, when set, runs every attempt, for logs, metrics and traces: it must
	// call run once and return its error.
	Around func(ctx context.Context, kind string, run func(context.Context) error) error
}

type kind struct {
	policy Policy
	run    func(ctx context.Context, r row, now time.Time, ended *bool) error
	args   string // of the periodic job
}

// NewRunner returns a runner of at most workers jobs at a time.
func NewRunner(db *sqldb.DB, now func() time.Time, workers int) *Runner {
	return &Runner{db: db, now: now, workers: max(workers, 1), kinds: map[string]kind{}}
}

// Handle names what does the work of kind T. It must be called before Run.
func Handle[T Args](r *Runner, p Policy, f func(context.Context, Job[T]) error) {
	var zero T
	args, err := json.Marshal(zero)
	if err != nil {
		panic(err) // a type that cannot be stored is a fault of the code
	}
	r.kinds[zero.Kind()] = kind{policy: p, args: string(args), run: func(ctx context.Context, j row, now time.Time, ended *bool) error {
		job := Job[T]{ID: j.id, Attempt: j.attempt, Last: j.attempt >= p.attempts(), every: p.Every, now: now, ended: ended}
		if err := json.Unmarshal([]byte(j.args), &job.Args); err != nil {
			return Permanent(fmt.Errorf("reading arguments: %w", err))
		}
		return f(ctx, job)
	}}
}

// Adopt takes back the jobs that a process which died was running. It may be
// called only where no other process can run jobs on this database, which is
// so on SQLite; elsewhere leases run out by themselves.
func (r *Runner) Adopt(ctx context.Context) error {
	_, err := release(ctx, r.db, r.now().Add(100*lease), r.now())
	return err
}

// Run takes jobs until ctx ends, then waits for those that run.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.addPeriodic(ctx); err != nil {
		return err
	}
	wake := make(chan struct{}, 1)
	poke := func(string) {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
	cancel := r.db.Subscribe(signal, poke) //nolint:contextcheck // cancel ends it
	defer cancel()
	free := make(chan struct{}, r.workers)
	for range r.workers {
		free <- struct{}{}
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	tick := time.NewTicker(poll)
	defer tick.Stop()
	var last time.Time
	for {
		if now := r.now(); now.Sub(last) >= lease/3 {
			last = now
			if _, err := release(ctx, r.db, now, now); err != nil && ctx.Err() == nil {
				slog.ErrorContext(ctx, "giving back jobs failed", "err", err)
			}
		}
		if r.start(ctx, free, &wg, poke) {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
			if len(free) < r.workers {
				time.Sleep(gather)
			}
		case <-tick.C:
		}
	}
}

// start begins as many jobs as there are free workers and reports whether it
// should be called again at once.
func (r *Runner) start(ctx context.Context, free chan struct{}, wg *sync.WaitGroup, poke func(string)) bool {
	n := len(free)
	if n == 0 || ctx.Err() != nil {
		return false
	}
	if ready, _, err := due(ctx, r.db, r.now()); err != nil || !ready {
		return false
	}
	batch, err := claim(ctx, r.db, r.now(), r.now().Add(lease), n)
	if err != nil {
		slog.ErrorContext(ctx, "taking jobs failed", "err", err)
		return false
	}
	for _, j := range batch {
		<-free
		wg.Go(func() {
			defer func() { free <- struct{}{}; poke("") }()
			r.attempt(context.WithoutCancel(ctx), j)
		})
	}
	return len(batch) == n
}

func (r *Runner) addPeriodic(ctx context.Context) error {
	return r.db.Tx(ctx, func(tx *sqldb.DB) error {
		for name, k := range r.kinds {
			if k.policy.Every > 0 {
				if err := insert(ctx, tx, "every-"+name, name, k.args, "every", r.now()); err != nil {
					return fmt.Errorf("planning %s: %w", name, err)
				}
			}
		}
		return nil
	})
}

// attempt runs a job once and writes down how it ended.
func (r *Runner) attempt(ctx context.Context, j row) {
	k, known := r.kinds[j.kind]
	ended := false
	err := errors.New("no handler for this kind in this version")
	if known {
		err = r.guarded(ctx, k, j, &ended)
	}
	if ended {
		err = nil
	} else if err == nil {
		err = r.db.Tx(ctx, func(tx *sqldb.DB) error { return finish(ctx, tx, j.id, j.attempt, k.policy.Every, r.now()) })
	}
	if err == nil || errors.Is(err, ErrLost) {
		return
	}
	state, at := "ready", r.now().Add(k.policy.backoff(j.attempt))
	if p := (permanent{}); errors.As(err, &p) || j.attempt >= k.policy.attempts() {
		state, at = "dead", r.now()
	}
	slog.WarnContext(ctx, "job failed", "kind", j.kind, "job", j.id, "attempt", j.attempt, "state", state, "err", err)
	if err := failed(ctx, r.db, j.id, j.attempt, state, at, clip(err.Error(), 500)); err != nil {
		slog.ErrorContext(ctx, "noting a failed job failed", "job", j.id, "err", err)
	}
}

// guarded runs the handler with its time limit, keeps the lease alive and turns
// a panic into an error.
func (r *Runner) guarded(ctx context.Context, k kind, j row, ended *bool) (err error) {
	ctx, cancel := context.WithTimeout(ctx, k.policy.timeout())
	defer cancel()
	go r.keep(ctx, cancel, j)
	defer func() {
		if p := recover(); p != nil {
			slog.ErrorContext(ctx, "job panicked", "kind", j.kind, "job", j.id, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	run := func(ctx context.Context) error { return k.run(ctx, j, r.now(), ended) }
	if r.Around != nil {
		return r.Around(ctx, j.kind, run)
	}
	return run(ctx)
}

// keep shows signs of life for the job until ctx ends, and ends it when the
// lease went to another runner.
func (r *Runner) keep(ctx context.Context, cancel func(), j row) {
	tick := time.NewTicker(lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if held, err := renew(ctx, r.db, j.id, j.attempt, r.now().Add(lease)); err == nil && !held {
				cancel()
				return
			}
		}
	}
}

// Drain runs every job that is due now, and those they add, one after another,
// until none is left. Tests use it in place of Run.
func (r *Runner) Drain(ctx context.Context) error {
	for {
		batch, err := claim(ctx, r.db, r.now(), r.now().Add(lease), 1)
		if err != nil || len(batch) == 0 {
			return err
		}
		r.attempt(ctx, batch[0])
	}
}

// clip shortens s to at most n bytes without cutting a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

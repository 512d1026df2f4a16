// Package jobs runs work later, at least once, outside the request.
//
// A job is added in the transaction that needs it: it is done if, and only if,
// that transaction commits. A job has a kind, arguments that are IDs, a time,
// and attempts. It is leased to one runner; a runner that dies loses the lease
// and another takes the job. A handler that ends its own transaction with
// Job.Finish has its effect exactly once: the transaction of one who lost the
// lease is refused (the attempt's number is the fencing token).
//
// A job that failed as often as its policy allows is dead: it stays in the
// table with its last error until an operator decides.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kabinet/internal/platform/id"
	"kabinet/internal/platform/sqldb"
)

// Args is the work to do. It is stored as JSON under its Kind, so it holds IDs
// and no personal data.
type Args interface{ Kind() string }

// Option changes how a job is added.
type Option func(*entry)

type entry struct {
	at   time.Time
	uniq string
}

// At has the job run at t or later.
func At(t time.Time) Option { return func(e *entry) { e.at = t } }

// Unique leaves the job out when one of its kind with this key waits or runs.
func Unique(key string) Option { return func(e *entry) { e.uniq = key } }

// signal is the topic on which runners hear that work came.
const signal = "job"

// Add stores the work in tx.
func Add(ctx context.Context, tx *sqldb.DB, a Args, opts ...Option) error {
	args, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("adding job %s: %w", a.Kind(), err)
	}
	e := entry{at: time.Unix(0, 0)}
	for _, opt := range opts {
		opt(&e)
	}
	if err := insert(ctx, tx, id.New(), a.Kind(), string(args), e.uniq, e.at); err != nil {
		return fmt.Errorf("adding job %s: %w", a.Kind(), err)
	}
	return tx.Signal(ctx, signal, "")
}

// ErrLost is returned by Job.Finish when the lease went to another runner.
var ErrLost = errors.New("the job's lease was lost")

// Job is a run of some work.
type Job[T Args] struct {
	Args    T
	ID      string
	Attempt int // 1 for the first
	Last    bool

	every time.Duration
	now   time.Time
	ended *bool
}

// Finish ends the job inside tx: the effect and the end of the job become
// durable together. It returns ErrLost when another runner has the job now,
// and tx must then be given up.
func (j Job[T]) Finish(ctx context.Context, tx *sqldb.DB) error {
	if err := finish(ctx, tx, j.ID, j.Attempt, j.every, j.now); err != nil {
		return err
	}
	tx.OnCommit(func() { *j.ended = true })
	return nil
}

// Policy says how a kind of job is run.
type Policy struct {
	Attempts int           // 0 means 10
	Timeout  time.Duration // of one attempt; 0 means a minute
	// Backoff returns the wait after the n-th failed attempt (1 is the first).
	// Nil doubles from a second up to an hour.
	Backoff func(n int) time.Duration
	// Every, when not 0, makes the work periodic: Run adds it when it is not
	// there, and after each success it waits for so long.
	Every time.Duration
}

func (p Policy) attempts() int {
	if p.Attempts == 0 {
		return 10
	}
	return p.Attempts
}

func (p Policy) timeout() time.Duration {
	if p.Timeout == 0 {
		return time.Minute
	}
	return p.Timeout
}

func (p Policy) backoff(n int) time.Duration {
	if p.Backoff != nil {
		return p.Backoff(n)
	}
	return min(time.Second<<min(n-1, 12), time.Hour)
}

// permanent is a failure that no further attempt can cure.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent marks err as one that trying again cannot cure: the job is dead at
// once.
func Permanent(err error) error { return permanent{err} }

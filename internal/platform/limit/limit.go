package limit

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"time"

	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/jobs"
	"kabinet/internal/platform/schema"
	"kabinet/internal/platform/secret"
	"kabinet/internal/platform/sqldb"
)

// ErrTooMany is what every refusal is, for errors.Is. After tells how long to
// wait.
var ErrTooMany = fault.New(fault.TooMany, "fault.too_many")

// Rule is one limit.
type Rule struct {
	Name  string        // "account.sms_per_phone": by it overrides and metrics know the rule
	Burst int           // uses that may follow one another at once, from 1
	Per   time.Duration // in which so many are given back
}

// Override replaces the numbers of a rule in one installation. A zero field
// leaves what the rule says.
type Override struct {
	Burst int
	Per   time.Duration
}

// Check reports every fault of the rules and of the overrides: rules without
// sense, names given twice, overrides of no rule.
func Check(rules []Rule, overrides map[string]Override) error {
	var faults []error
	known := map[string]bool{}
	for _, r := range rules {
		if known[r.Name] {
			faults = append(faults, fmt.Errorf("limit %s: declared twice", r.Name))
		}
		known[r.Name] = true
		if r = override(r, overrides); r.Burst < 1 || r.Burst > 1_000_000 || r.Per < time.Millisecond || r.Per > 366*24*time.Hour {
			faults = append(faults, fmt.Errorf("limit %s: %d in %s: from 1 to 1000000 uses in from 1ms to 366 days are possible", r.Name, r.Burst, r.Per))
		}
	}
	names := make([]string, 0, len(overrides))
	for name := range overrides {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if !known[name] {
			faults = append(faults, fmt.Errorf("limit %s: there is no such limit", name))
		}
	}
	return errors.Join(faults...)
}

func override(r Rule, overrides map[string]Override) Rule {
	if o, ok := overrides[r.Name]; ok {
		if o.Burst != 0 {
			r.Burst = o.Burst
		}
		if o.Per != 0 {
			r.Per = o.Per
		}
	}
	return r
}

// Error is a refusal.
type Error struct {
	Rule  string        // its name
	Retry time.Duration // after which one use will be allowed
}

func (e *Error) Error() string { return "limit " + e.Rule + " reached" }

// Unwrap makes the refusal an ErrTooMany.
func (e *Error) Unwrap() error { return ErrTooMany }

// RetryAfter is how long to wait, for the header of the same name.
func (e *Error) RetryAfter() time.Duration { return e.Retry }

// After returns how long to wait after err, 0 when err is no refusal.
func After(err error) time.Duration {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Retry
	}
	return 0
}

// Limiter counts uses.
type Limiter struct {
	db        *sqldb.DB
	now       func() time.Time
	keys      *secret.Keyring
	overrides map[string]Override
	fast      fast

	// Observe, when set, is told of every use.
	Observe func(rule string, refused bool)
}

// New returns a Limiter.
func New(db *sqldb.DB, now func() time.Time, keys *secret.Keyring, overrides map[string]Override) *Limiter {
	return &Limiter{db: db, now: now, keys: keys, overrides: overrides, fast: newFast()}
}

// Take uses the rule up by one for key. It returns an *Error, which is
// ErrTooMany, when no use is left; a refused use is not counted. The use is
// durable at once, whatever becomes of the act: so it must not be called inside
// a transaction, where on SQLite it would wait for itself.
func (l *Limiter) Take(ctx context.Context, r Rule, key string) error {
	r = override(r, l.overrides)
	now := l.now().UnixMicro()
	hash := l.keys.Index("limit", r.Name+"\x00"+key)
	back, err := take(ctx, l.db, hash, now, r)
	if err != nil {
		return fmt.Errorf("counting %s: %w", r.Name, err)
	}
	return l.answer(r, back, now)
}

// TakeFast is Take in the memory of this process.
func (l *Limiter) TakeFast(r Rule, key string) error {
	r = override(r, l.overrides)
	now := l.now().UnixMicro()
	return l.answer(r, l.fast.take(r, key, now), now)
}

// answer turns the moment from which one use is allowed into a refusal, unless
// it is 0.
func (l *Limiter) answer(r Rule, from, now int64) error {
	if l.Observe != nil {
		l.Observe(r.Name, from != 0)
	}
	if from == 0 {
		return nil
	}
	return &Error{Rule: r.Name, Retry: max(time.Duration(from-now)*time.Microsecond, time.Second)}
}

// Counted is Take for uses whose times the caller keeps, in any order: at most
// Burst of them may lie in any stretch as long as Per. It keeps nothing, so it
// may stand inside a transaction.
func (l *Limiter) Counted(r Rule, uses ...time.Time) error {
	r = override(r, l.overrides)
	now := l.now()
	uses = slices.DeleteFunc(slices.Clone(uses), func(t time.Time) bool { return !t.After(now.Add(-r.Per)) || t.After(now) })
	if len(uses) < r.Burst {
		return l.answer(r, 0, now.UnixMicro())
	}
	slices.SortFunc(uses, time.Time.Compare)
	return l.answer(r, uses[len(uses)-r.Burst].Add(r.Per).UnixMicro(), now.UnixMicro())
}

// step is how long one use takes to be given back, in microseconds.
func (r Rule) step() int64 { return max(r.Per.Microseconds()/int64(r.Burst), 1) }

// span is how far ahead of now the stored moment may be, in microseconds.
func (r Rule) span() int64 { return r.step() * int64(r.Burst) }

//go:embed migrations/*.sql
var migrations embed.FS

// Schema is the table of this package.
func Schema() schema.Feature {
	return schema.Feature{Name: "limit", FS: migrations, Tables: []schema.Table{
		{Name: "rate", Why: "local: keys are hashes of phone numbers, addresses and accounts alike, and rows live for hours"},
	}}
}

const (
	// The stored moment moves on by one step from itself or from now,
	// whichever is later, unless it would come to lie more than the span ahead.
	takeQuery = `INSERT INTO rate (key, full_at) VALUES ($1, $2)
		ON CONFLICT (key) DO UPDATE SET full_at = CASE WHEN rate.full_at > $3 THEN rate.full_at ELSE $3 END + $4
		WHERE rate.full_at <= $5 RETURNING full_at`
	fullQuery  = `SELECT full_at FROM rate WHERE key = $1`
	sweepQuery = `DELETE FROM rate WHERE key IN (SELECT key FROM rate WHERE full_at < $1 ORDER BY full_at LIMIT $2)`
)

// take returns 0 when a use was left, else the moment from which one will be.
func take(ctx context.Context, db *sqldb.DB, key []byte, now int64, r Rule) (from int64, err error) {
	scan := func(r sqldb.Row) (n int64, err error) { err = r.Scan(&n); return n, err }
	err = db.Tx(ctx, func(tx *sqldb.DB) error {
		from = 0
		room := now + r.span() - r.step() // the moment may lie so far ahead before this use
		_, err := sqldb.One(ctx, tx, scan, takeQuery, key, now+r.step(), now, r.step(), room)
		if !errors.Is(err, sqldb.ErrNoRow) {
			return err
		}
		full, err := sqldb.One(ctx, tx, scan, fullQuery, key)
		from = full - (r.span() - r.step())
		return err
	})
	return from, err
}

// sweepJob forgets keys whose uses were all given back.
type sweepJob struct{}

func (sweepJob) Kind() string { return "limit.sweep" }

// sweepBatch is how many rows are deleted in one transaction.
const sweepBatch = 1000

// RegisterJobs has old rows deleted every hour.
func (l *Limiter) RegisterJobs(r *jobs.Runner) {
	jobs.Handle(r, jobs.Policy{Every: time.Hour, Attempts: 1000}, func(ctx context.Context, _ jobs.Job[sweepJob]) error {
		return l.sweep(ctx)
	})
}

func (l *Limiter) sweep(ctx context.Context) error {
	for {
		n, err := l.db.Exec(ctx, sweepQuery, l.now().UnixMicro(), sweepBatch)
		if err != nil || n < sweepBatch {
			return err
		}
	}
}
